using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Api.Conversations;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Recordings;
using RecordingPlatform.Core.Sources;

namespace RecordingPlatform.Api.Completeness;

/// <summary>A recording that should exist by a time, and what has become of it.</summary>
internal sealed record ExpectationItem
{
    public required Guid Id { get; init; }
    public required ConversationSummary Conversation { get; init; }
    public required ExpectedMedium Medium { get; init; }
    public required ExpectationState State { get; init; }
    public required DateTimeOffset DueAt { get; init; }
    /// <summary>When it was found to be late.</summary>
    public DateTimeOffset? LateAt { get; init; }
    public DateTimeOffset? ReceivedAt { get; init; }
    public string? AbsentReason { get; init; }
    /// <summary>What is wrong with it: why it was not found or not read the last time, or why what was received may not be all of it.</summary>
    public string? LastProblem { get; init; }
    /// <summary>How often it was looked for.</summary>
    public required int Looks { get; init; }
    /// <summary>It is looked for.</summary>
    public required bool Looking { get; init; }
    public DateTimeOffset? NextLookAt { get; init; }
    /// <summary>After that a person has to ask for it.</summary>
    public DateTimeOffset? LookUntil { get; init; }
    /// <summary>Null also when this caller does not see it, or when it was deleted.</summary>
    public Guid? RecordingId { get; init; }

    sealed record Row(Expectation Expectation, Conversation Conversation, string Source, SourceKind SourceKind);

    /// <summary>Those that the caller may know of, in the order given.</summary>
    public static async Task<IReadOnlyList<ExpectationItem>> ReadAsync(RecordingDb db, Caller caller, IReadOnlyList<Guid> ids, CancellationToken ct)
    {
        if (ids.Count == 0 || db.ExpectationsVisibleTo(caller) is not { } visible)
            return [];
        var rows = await (
            from expectation in visible.AsNoTracking()
            where ids.Contains(expectation.Id)
            join conversation in db.Conversations.AsNoTracking() on expectation.ConversationId equals conversation.Id
            join source in db.Sources on expectation.SourceId equals source.Id
            select new Row(expectation, conversation, source.Name, source.Kind)).ToDictionaryAsync(r => r.Expectation.Id, ct);
        var recordings = rows.Values.Select(r => r.Expectation.RecordingId).OfType<Guid>().ToList();
        HashSet<Guid> shown = recordings.Count == 0 ? [] : [.. await db.VisibleAmongFew(caller).Where(r => recordings.Contains(r.Id) && r.DeletedAt == null).Select(r => r.Id).ToListAsync(ct)];
        return [.. ids.Select(rows.GetValueOrDefault).OfType<Row>().Select(row => Of(row, shown))];
    }

    static ExpectationItem Of(Row row, HashSet<Guid> shown) => new()
    {
        Id = row.Expectation.Id,
        Conversation = new ConversationSummary
        {
            Id = row.Conversation.Id,
            Source = row.Source,
            SourceKind = row.SourceKind,
            CallId = row.Conversation.ExternalId,
            Kind = row.Conversation.Kind,
            Direction = row.Conversation.Direction,
            Title = row.Conversation.Title,
            CallerPhone = row.Conversation.CallerPhone,
            ReceiverPhone = row.Conversation.ReceiverPhone,
            StartedAt = row.Conversation.StartedAt,
            EndedAt = row.Conversation.EndedAt,
        },
        Medium = row.Expectation.Medium,
        State = row.Expectation.State,
        DueAt = row.Expectation.DueAt,
        LateAt = row.Expectation.LateAt,
        ReceivedAt = row.Expectation.ReceivedAt,
        AbsentReason = row.Expectation.AbsentReason,
        LastProblem = row.Expectation.LastProblem,
        Looks = row.Expectation.Looks,
        Looking = row.Expectation.LookAt is not null,
        NextLookAt = row.Expectation.LookAt,
        LookUntil = row.Expectation.LookUntil,
        RecordingId = row.Expectation.RecordingId is { } recording && shown.Contains(recording) ? recording : null,
    };
}
