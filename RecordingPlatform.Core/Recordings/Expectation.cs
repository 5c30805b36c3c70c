using System.Text.Json;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Events;

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
    /// <summary>Since when retrieval looks: often at first, then ever more rarely. Set anew by each report that makes the file likelier.</summary>
    public DateTimeOffset? LookFrom { get; set; }
    /// <summary>When retrieval looks next; null when nobody looks.</summary>
    public DateTimeOffset? LookAt { get; set; }
    public DateTimeOffset? LookUntil { get; set; }
    public int Looks { get; set; }
    public DateTimeOffset? LateAt { get; set; }
    public DateTimeOffset? ReceivedAt { get; set; }
    /// <summary>What kept retrieval from finding or taking it, the last time that it looked; of a received one, what is wrong with what came.</summary>
    public string? LastProblem { get; set; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset UpdatedAt { get; set; }

    /// <summary>Its recording came: nobody looks any further.</summary>
    /// <param name="recordingId">What came.</param>
    /// <param name="now">By the database's clock.</param>
    /// <param name="absentBecause">Why what came is not what was expected; null when it is.</param>
    public void Settle(Guid recordingId, DateTimeOffset now, string? absentBecause = null)
    {
        RecordingId = recordingId;
        State = absentBecause is null ? ExpectationState.Received : ExpectationState.Absent;
        AbsentReason = absentBecause;
        ReceivedAt = absentBecause is null ? now : null;
        (LookFrom, LookAt, LookUntil, LastProblem) = (null, null, null, null);
        UpdatedAt = now;
    }

    /// <summary>The kind of event that only those are told who may know of expectations.</summary>
    public const string ChangedKind = "expectation.changed";

    /// <summary>Tells those who follow it what it is now.</summary>
    public EventRow Changed() => Changed(ConversationId, State, Medium);

    public static EventRow Changed(Guid conversationId, ExpectationState state, ExpectedMedium medium) => new()
    {
        Kind = ChangedKind,
        ConversationId = conversationId,
        Data = JsonSerializer.Serialize(new { state = SnakeCase.Of(state), medium = SnakeCase.Of(medium) }),
    };
}
