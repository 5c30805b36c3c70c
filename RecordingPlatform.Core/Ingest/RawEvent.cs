namespace RecordingPlatform.Core.Ingest;

public enum RawEventState { Received, Applied, Ignored, Refused }

/// <summary>
/// What a source reported. Duplicates meet at (source, dedupe key). Waits as received until a worker has made something of it;
/// its body stands here sealed until it is kept as an object. States: INGEST.md.
/// </summary>
public sealed class RawEvent
{
    public Guid Id { get; init; }
    public Guid SourceId { get; init; }
    public required string DedupeKey { get; init; }
    public required string Kind { get; init; }
    public RawEventState State { get; set; }
    /// <summary>Why nothing was made of it.</summary>
    public string? Refusal { get; set; }
    public Guid? ConversationId { get; set; }
    public Guid? RecordingId { get; set; }
    public Guid? SubjectId { get; set; }
    /// <summary>Sealed for this row (<c>EnvelopeKeys.UnsealAsync</c>).</summary>
    public byte[]? Body { get; set; }
    public Guid? BodyMasterKeyId { get; set; }
    public int Attempts { get; set; }
    public DateTimeOffset NextAttemptAt { get; set; }
    public DateTimeOffset? AppliedAt { get; set; }
    public string? LastError { get; set; }
    public DateTimeOffset ReceivedAt { get; init; }
    public DateTimeOffset ExpiresAt { get; init; }
}

/// <summary>Deliveries that were turned away, counted by source, reason and hour.</summary>
public sealed class RefusedDelivery
{
    public Guid Id { get; init; }
    /// <summary>As <see cref="Sources.SourceKind"/>, for whose is not known.</summary>
    public Sources.SourceKind SourceKind { get; init; }
    public Guid? SourceId { get; init; }
    public required string Code { get; init; }
    /// <summary>What was wrong with the last one; nothing of its body.</summary>
    public required string Detail { get; set; }
    public DateTimeOffset Hour { get; init; }
    public long Count { get; set; }
    public DateTimeOffset LastAt { get; set; }
}
