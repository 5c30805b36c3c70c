namespace RecordingPlatform.Core.Retention;

/// <summary>The case that holds belong to.</summary>
public sealed class Matter
{
    public Guid Id { get; init; }
    public required string Name { get; set; }
    public string? Reference { get; set; }
    public Guid? CreatedBy { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? ClosedAt { get; set; }
}

public enum HoldTarget { Recording, Conversation, Subject }

/// <summary>Keeps what its target has now and will have, until released.</summary>
public sealed class Hold
{
    public Guid Id { get; init; }
    public Guid MatterId { get; init; }
    public HoldTarget TargetKind { get; init; }
    public Guid TargetId { get; init; }
    public required string Reason { get; init; }
    public Guid? PlacedBy { get; init; }
    public DateTimeOffset PlacedAt { get; init; }
    public Guid? ReleasedBy { get; set; }
    public DateTimeOffset? ReleasedAt { get; set; }
    public string? ReleaseReason { get; set; }
}
