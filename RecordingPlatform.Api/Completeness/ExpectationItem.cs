using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Api.Conversations;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Recordings;

namespace RecordingPlatform.Api.Completeness;

/// <summary>A recording that should exist, with the conversation that it is of.</summary>
internal sealed record ExpectationItem
{
    public required Guid Id { get; init; }
    public required ConversationFacts Conversation { get; init; }
    public required ExpectedMedium Medium { get; init; }
    public required ExpectationState State { get; init; }
    public required DateTimeOffset DueAt { get; init; }
    public DateTimeOffset? LateAt { get; init; }
    public DateTimeOffset? ReceivedAt { get; init; }
    public string? AbsentReason { get; init; }
    /// <summary>What kept it from being found or taken, the last time that somebody looked.</summary>
    public string? LastProblem { get; init; }
    /// <summary>How often it was looked for.</summary>
    public required int Looks { get; init; }
    /// <summary>Whether it is still looked for by itself.</summary>
    public required bool Looking { get; init; }
    public DateTimeOffset? NextLookAt { get; init; }
    public DateTimeOffset? LookUntil { get; init; }
    /// <summary>What came; null when that is not the caller's to see.</summary>
    public Guid? RecordingId { get; init; }

    /// <summary>In the order of the query.</summary>
    public static async Task<List<ExpectationItem>> ReadAsync(RecordingDb db, IQueryable<Expectation> expectations, Caller caller, CancellationToken ct)
    {
        var rows = await expectations.AsNoTracking().ToListAsync(ct);
        var conversations = rows.Select(e => e.ConversationId).Distinct().ToList();
        var known = await db.Conversations.AsNoTracking().Where(c => conversations.Contains(c.Id))
            .Join(db.Sources, c => c.SourceId, s => s.Id, (c, s) => new ConversationFacts
            {
                Id = c.Id,
                Source = s.Name,
                SourceKind = s.Kind,
                CallId = c.ExternalId,
                Kind = c.Kind,
                Direction = c.Direction,
                Title = c.Title,
                CallerPhone = c.CallerPhone,
                ReceiverPhone = c.ReceiverPhone,
                StartedAt = c.StartedAt,
                EndedAt = c.EndedAt,
            }).ToDictionaryAsync(c => c.Id, ct);
        var recordings = rows.Select(e => e.RecordingId).OfType<Guid>().ToList();
        var seen = (await db.Recordings.VisibleTo(caller).Where(r => recordings.Contains(r.Id)).Select(r => r.Id).ToListAsync(ct)).ToHashSet();
        return rows.ConvertAll(e => new ExpectationItem
        {
            Id = e.Id,
            Conversation = known[e.ConversationId],
            Medium = e.Medium,
            State = e.State,
            DueAt = e.DueAt,
            LateAt = e.LateAt,
            ReceivedAt = e.ReceivedAt,
            AbsentReason = e.AbsentReason,
            LastProblem = e.LastProblem,
            Looks = e.Looks,
            Looking = e.LookAt is not null,
            NextLookAt = e.LookAt,
            LookUntil = e.LookUntil,
            RecordingId = e.RecordingId is { } id && seen.Contains(id) ? id : null,
        });
    }
}
