using RecordingPlatform.Core.Recordings;
using RecordingPlatform.Core.Sources;

namespace RecordingPlatform.Api.Conversations;

/// <summary>A conversation without its media: who spoke with whom, when, and what reported it.</summary>
internal record ConversationSummary
{
    public required Guid Id { get; init; }
    /// <summary>Its name.</summary>
    public required string Source { get; init; }
    public required SourceKind SourceKind { get; init; }
    /// <summary>As its source calls it.</summary>
    public required string CallId { get; init; }
    public required ConversationKind Kind { get; init; }
    public required Direction Direction { get; init; }
    public string? Title { get; init; }
    public string? CallerPhone { get; init; }
    public string? ReceiverPhone { get; init; }
    public required DateTimeOffset StartedAt { get; init; }
    /// <summary>Null while it lasts, or when nobody has said.</summary>
    public DateTimeOffset? EndedAt { get; init; }
}

/// <summary>A conversation as this caller sees it, with those of its media that are theirs to see.</summary>
internal sealed record ConversationItem : ConversationSummary
{
    public string? MeetingId { get; init; }
    public Guid? AppointmentId { get; init; }
    public double? DurationSeconds { get; init; }
    public required IReadOnlyList<Participant> Participants { get; init; }
    /// <summary>Deleted ones are left out.</summary>
    public required IReadOnlyList<Medium> Media { get; init; }
    /// <summary>None for patients: completeness is the organisation's business.</summary>
    public required IReadOnlyList<Expected> Expectations { get; init; }
    public required bool LegalHold { get; init; }

    public sealed record Participant
    {
        public string? Identity { get; init; }
        public string? DisplayName { get; init; }
        public string? Phone { get; init; }
        public string? Role { get; init; }
        /// <summary>Where their voice is alone, counted from 1.</summary>
        public int? Channel { get; init; }
    }

    public sealed record Medium
    {
        public required Guid RecordingId { get; init; }
        /// <summary>audio, or video when there is a picture.</summary>
        [JsonPropertyName("medium")] public required string Kind { get; init; }
        public required string Status { get; init; }
        public double? DurationSeconds { get; init; }
        public required DateTimeOffset RecordedAt { get; init; }
        public long? SizeBytes { get; init; }
        /// <summary>It is ready, and this caller may hear it.</summary>
        public required bool Playable { get; init; }
        public string? StateReason { get; init; }
    }

    public sealed record Expected
    {
        public required Guid Id { get; init; }
        public required ExpectedMedium Medium { get; init; }
        public required ExpectationState State { get; init; }
        public required DateTimeOffset DueAt { get; init; }
        public string? AbsentReason { get; init; }
        /// <summary>What is wrong with it: why it was not found or not read the last time, or why what was received may not be all of it.</summary>
        public string? LastProblem { get; init; }
        /// <summary>It is looked for.</summary>
        public required bool Looking { get; init; }
        public DateTimeOffset? NextLookAt { get; init; }
        /// <summary>One of <c>media</c>; null for others.</summary>
        public Guid? RecordingId { get; init; }
    }
}
