namespace RecordingPlatform.Core.Ingest;

public enum RawEventState { Received, Applied, Ignored, Refused }

/// <summary>What a source told us. Its body is a sealed object; duplicates meet at (source, dedupe key).</summary>
public sealed class RawEvent
{
    public Guid Id { get; init; }
    public Guid SourceId { get; init; }
    public required string DedupeKey { get; init; }
    public required string Kind { get; init; }
    public RawEventState State { get; set; }
    public string? Refusal { get; set; }
    public Guid? ConversationId { get; set; }
    public Guid? RecordingId { get; set; }
    public Guid? SubjectId { get; set; }
    public DateTimeOffset ReceivedAt { get; init; }
    public DateTimeOffset ExpiresAt { get; init; }
}
