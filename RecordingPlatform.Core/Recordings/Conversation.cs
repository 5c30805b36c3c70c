namespace RecordingPlatform.Core.Recordings;

public enum ConversationKind { Call, Session, Meeting, Alarm, Other }

public enum Direction { None, Inbound, Outbound, Internal }

/// <summary>A call, session, meeting or alarm. Has as many recordings as there were tracks, legs and chunks.</summary>
public sealed class Conversation
{
    public Guid Id { get; init; }
    public Guid SourceId { get; init; }
    public required string ExternalId { get; init; }
    public ConversationKind Kind { get; set; }
    public Direction Direction { get; set; }
    public string? Title { get; set; }
    public string? CallerPhone { get; set; }
    public string? ReceiverPhone { get; set; }
    public string? MeetingId { get; set; }
    public DateTimeOffset StartedAt { get; set; }
    public DateTimeOffset? EndedAt { get; set; }
    public Guid? AppointmentId { get; set; }
    public Guid? SubjectId { get; set; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset UpdatedAt { get; set; }
    public List<Participant> Participants { get; } = [];
}

/// <summary>One of the ids by which a source speaks of a conversation.</summary>
public sealed class ConversationKey
{
    public Guid SourceId { get; init; }
    public required string Key { get; init; }
    public Guid ConversationId { get; set; }
}

public sealed class Participant
{
    public Guid Id { get; init; }
    public Guid ConversationId { get; init; }
    public string? Identity { get; set; }
    public string? DisplayName { get; set; }
    public string? Phone { get; set; }
    public string? Role { get; set; }
    /// <summary>Where their voice is alone, counted from 1; null where the source does not say.</summary>
    public short? Channel { get; set; }
    public Guid? UserId { get; set; }
    public Guid? SubjectId { get; set; }
    public DateTimeOffset? JoinedAt { get; set; }
    public DateTimeOffset? LeftAt { get; set; }
    public DateTimeOffset CreatedAt { get; init; }
}
