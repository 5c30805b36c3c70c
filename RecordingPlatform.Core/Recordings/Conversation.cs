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
    /// <summary>What the history searches in, each of these; the database keeps them.</summary>
    public string? SearchText { get; private set; }
    /// <summary>Names and identities of who took part.</summary>
    public string? SearchPeople { get; private set; }
    /// <summary>The digits of each phone number, each with a line's end behind it.</summary>
    public string? SearchNumbers { get; private set; }
    public List<Participant> Participants { get; } = [];
}

/// <summary>Why somebody sees a conversation, other than by its kind or source.</summary>
public enum ViewerWay
{
    /// <summary>Held or joined the session.</summary>
    Attended,
    /// <summary>A recording is about them.</summary>
    Subject,
    /// <summary>Brought a recording.</summary>
    Uploaded,
}

/// <summary>That somebody has a conversation in their history. The database keeps it, with the order that the history has.</summary>
public sealed class ConversationViewer
{
    /// <summary>A user or an API key.</summary>
    public Guid ViewerId { get; private set; }
    public ViewerWay Way { get; private set; }
    public DateTimeOffset StartedAt { get; private set; }
    public Guid ConversationId { get; private set; }
    /// <summary>The recording that is the reason, as long as it is not deleted; null when the conversation itself is.</summary>
    public Guid? RecordingId { get; private set; }
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
