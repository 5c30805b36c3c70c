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
    public Guid? RecordingId { get; set; }
    public string? AbsentReason { get; set; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset UpdatedAt { get; set; }
}
