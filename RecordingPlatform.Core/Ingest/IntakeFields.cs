using RecordingPlatform.Core.Recordings;

namespace RecordingPlatform.Core.Ingest;

/// <summary>What is said about a recording as it comes in. All of it is optional.</summary>
public sealed record IntakeFields
{
    public string? CallId { get; init; }
    public string? CallerPhone { get; init; }
    public string? ReceiverPhone { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    public string? Title { get; init; }
    /// <summary>The id of a subject, or the outside system's own id of one, who is then made known.</summary>
    public string? SubjectId { get; init; }
    /// <summary>The clinic system's own id of the appointment.</summary>
    public string? AppointmentId { get; init; }
    public string? MeetingId { get; init; }
    public string? FileName { get; init; }

    /// <summary>What kind of conversation these facts speak of.</summary>
    public ConversationKind Kind =>
        AppointmentId is not null ? ConversationKind.Session
        : CallId is not null || CallerPhone is not null || ReceiverPhone is not null ? ConversationKind.Call
        : MeetingId is not null ? ConversationKind.Meeting
        : ConversationKind.Other;
}

/// <summary>Who or what a new recording names but nobody knows.</summary>
public sealed record UnknownReference(string Field, string Value);
