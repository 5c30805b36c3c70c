namespace RecordingPlatform.Core.Access;

public enum TicketKind { Playback, Upload, Connect }

/// <summary>A narrow, short right that a browser can carry in a URL. Bound to the session or API key that asked for it.</summary>
public sealed class Ticket
{
    public Guid Id { get; init; }
    public TicketKind Kind { get; init; }
    public byte[]? TokenHash { get; init; }
    public Guid? SessionId { get; init; }
    public Guid? ApiKeyId { get; init; }
    public Guid? RecordingId { get; init; }
    public Guid? ObjectId { get; init; }
    public Guid? UploadSessionId { get; init; }
    /// <summary>True when the bytes may be saved as a file (the right to download, not only to play).</summary>
    public bool Attachment { get; init; }
    public DateTimeOffset ExpiresAt { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? FirstUsedAt { get; set; }
    public DateTimeOffset? RevokedAt { get; set; }
}
