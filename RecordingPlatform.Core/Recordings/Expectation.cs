namespace RecordingPlatform.Core.Recordings;

public enum ExpectationState { Expected, Late, Received, Absent }

public enum ExpectedMedium { Audio, Video, Composition }

/// <summary>This recording should exist by <see cref="DueAt"/>: what completeness is measured against.</summary>
public sealed class Expectation
{
    public Guid Id { get; init; }
    public Guid ConversationId { get; init; }
    public Guid SourceId { get; init; }
    public ExpectedMedium Medium { get; init; }
    public ExpectationState State { get; set; }
    public DateTimeOffset DueAt { get; set; }
    /// <summary>Tells several of one medium apart; empty where there can be one only.</summary>
    public string ExternalId { get; init; } = "";
    public Guid? RecordingId { get; set; }
    public string? AbsentReason { get; set; }
    /// <summary>When retrieval looks next; null when nobody looks.</summary>
    public DateTimeOffset? LookAt { get; set; }
    public DateTimeOffset? LookUntil { get; set; }
    public int Looks { get; set; }
    public DateTimeOffset? LateAt { get; set; }
    public DateTimeOffset? ReceivedAt { get; set; }
    /// <summary>What kept retrieval from finding or taking it, the last time that it looked.</summary>
    public string? LastProblem { get; set; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset UpdatedAt { get; set; }
}
