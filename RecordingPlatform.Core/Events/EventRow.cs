namespace RecordingPlatform.Core.Events;

/// <summary>Something that listeners are told about. Carries ids, so that each listener reads what it may see.</summary>
public sealed class EventRow
{
    public long Id { get; init; }
    public DateTimeOffset At { get; init; }
    public int Epoch { get; init; }
    public ulong Xid { get; init; }
    public required string Kind { get; init; }
    public Guid? ConversationId { get; init; }
    public Guid? RecordingId { get; init; }
    public string Data { get; init; } = "{}";
}

/// <summary>The public, gapless number of an event.</summary>
public sealed class EventSeq
{
    public long Seq { get; init; }
    public long EventId { get; init; }
    public DateTimeOffset EventAt { get; init; }
}
