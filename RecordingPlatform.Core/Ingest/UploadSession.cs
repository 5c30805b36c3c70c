namespace RecordingPlatform.Core.Ingest;

public enum UploadKind { Tus, Live, SocketIo }

public enum UploadState { Open, Assembling, Completed, Aborted, Expired }

/// <summary>A recording that arrives in ordered sealed parts.</summary>
public sealed class UploadSession
{
    public Guid Id { get; init; }
    public UploadKind Kind { get; init; }
    public Guid? RecordingId { get; set; }
    public Guid? UserId { get; init; }
    public Guid? ApiKeyId { get; init; }
    public UploadState State { get; set; }
    /// <summary>Rises when another writer takes over; parts of a lower epoch are refused.</summary>
    public int Epoch { get; set; } = 1;
    public long ReceivedBytes { get; set; }
    public long LastSequence { get; set; }
    public long? DeclaredBytes { get; set; }
    public string Metadata { get; set; } = "{}";
    public DateTimeOffset ExpiresAt { get; set; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset UpdatedAt { get; set; }
}
