using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Audit;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Ingest;
using RecordingPlatform.Core.Sources;

namespace RecordingPlatform.Core.Recordings;

/// <summary>What of what is expected is asked for, by when it is due.</summary>
public sealed record CompletenessFilter
{
    public required DateTimeOffset From { get; init; }
    public required DateTimeOffset To { get; init; }
    /// <summary>Name of a source.</summary>
    public string? Source { get; init; }
    /// <summary>Any of these; all when empty.</summary>
    public IReadOnlyList<ExpectationState> States { get; init; } = [];
}

/// <summary>How many of one day and source are in each state.</summary>
/// <param name="Range">Number of the day, from 1.</param>
/// <param name="Source">Its name.</param>
/// <param name="State">One of the four.</param>
/// <param name="Count">How many.</param>
public sealed record CompletenessCount(int Range, string Source, ExpectationState State, int Count);

public enum ExpectationChange
{
    Changed,
    NotFound,
    /// <summary>Its recording came.</summary>
    Received,
    /// <summary>Its source has nowhere that could be looked at.</summary>
    CannotLook,
}

/// <summary>What should exist and does or does not: counted, listed, looked for again, or said not to exist.</summary>
public sealed class Completeness(RecordingDb db, AuditTrail audit)
{
    public const int CountLimit = 1000;

    /// <summary>How long a recording is looked for again.</summary>
    static readonly TimeSpan LooksFor = TimeSpan.FromHours(24);

    /// <summary>Null for whom completeness is no business of.</summary>
    public IQueryable<Expectation>? Find(CompletenessFilter filter, Caller caller)
    {
        if (db.ExpectationsVisibleTo(caller) is not { } visible)
            return null;
        visible = visible.Where(e => e.DueAt >= filter.From && e.DueAt < filter.To);
        if (filter.Source is { } source)
            visible = visible.Where(e => e.SourceId == db.Sources.Where(s => s.Name == source).Select(s => s.Id).FirstOrDefault());
        if (filter.States.Count > 0)
            visible = visible.Where(e => filter.States.Contains(e.State));
        return visible;
    }

    /// <summary>Counts all states whatever the filter asks for: a list of what is late stands beside how much arrived.</summary>
    /// <param name="filter">Times and source.</param>
    /// <param name="days">Where each day begins, ascending, in UTC; the first at or before the filter's beginning.</param>
    /// <param name="caller">Whose view.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<IReadOnlyList<CompletenessCount>> CountAsync(CompletenessFilter filter, DateTimeOffset[] days, Caller caller, CancellationToken ct)
    {
        if (Find(filter with { States = [] }, caller) is not { } visible)
            return [];
        var counted = await (
            from e in visible
            group e by new { Range = RecordingDb.RangeOf(e.DueAt, days), e.SourceId, e.State } into same
            select new { same.Key.Range, same.Key.SourceId, same.Key.State, Count = same.Count() }).ToListAsync(ct);
        var ids = counted.Select(c => c.SourceId).Distinct().ToList();
        var names = await db.Sources.Where(s => ids.Contains(s.Id)).ToDictionaryAsync(s => s.Id, s => s.Name, ct);
        return [.. counted.Select(c => new CompletenessCount(c.Range, names[c.SourceId], c.State, c.Count))];
    }

    /// <summary>Has it looked for at once, and for a day; what was said not to exist is expected again.</summary>
    public async Task<ExpectationChange> LookAgainAsync(Guid id, Caller caller, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        if (await LockAsync(id, caller, ct) is not { } expectation)
            return ExpectationChange.NotFound;
        if (expectation.State == ExpectationState.Received)
            return ExpectationChange.Received;
        var source = await db.Sources.SingleAsync(s => s.Id == expectation.SourceId, ct);
        if (source is not { Kind: SourceKind.Freepbx or SourceKind.Jibri, MediaLocation: not null } || expectation.ExternalId.StartsWith(CameraClip.ExpectationOf(""), StringComparison.Ordinal))
            return ExpectationChange.CannotLook;
        var now = await db.NowAsync(ct);
        expectation.State = expectation.DueAt < now ? ExpectationState.Late : ExpectationState.Expected;
        expectation.LateAt = expectation.State == ExpectationState.Late ? expectation.LateAt ?? now : null;
        (expectation.AbsentReason, expectation.LastProblem) = (null, null);
        (expectation.LookFrom, expectation.LookAt, expectation.LookUntil) = (now, now, now + LooksFor);
        await SaveAsync(expectation, AuditAction.ExpectationRetried, caller, null, now, ct);
        await WatchSource.EnsureAsync(db, expectation.SourceId, ct);
        await transaction.CommitAsync(ct);
        return ExpectationChange.Changed;
    }

    /// <summary>Says that there is no such recording, and why. Nobody looks for it any more; should it come all the same, it is received.</summary>
    public async Task<ExpectationChange> MarkAbsentAsync(Guid id, string reason, Caller caller, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        if (await LockAsync(id, caller, ct) is not { } expectation)
            return ExpectationChange.NotFound;
        if (expectation.State == ExpectationState.Received)
            return ExpectationChange.Received;
        var now = await db.NowAsync(ct);
        (expectation.State, expectation.AbsentReason) = (ExpectationState.Absent, reason);
        (expectation.LookFrom, expectation.LookAt, expectation.LookUntil) = (null, null, null);
        await SaveAsync(expectation, AuditAction.ExpectationMarkedAbsent, caller, reason, now, ct);
        await transaction.CommitAsync(ct);
        return ExpectationChange.Changed;
    }

    async Task<Expectation?> LockAsync(Guid id, Caller caller, CancellationToken ct)
    {
        if (db.ExpectationsVisibleTo(caller) is not { } visible || !await visible.AnyAsync(e => e.Id == id, ct))
            return null;
        return (await db.Expectations.FromSql($"select * from expectations where id = {id} for update").ToListAsync(ct)).Single();
    }

    async Task SaveAsync(Expectation expectation, AuditAction action, Caller caller, string? reason, DateTimeOffset now, CancellationToken ct)
    {
        expectation.UpdatedAt = now;
        db.Events.Add(expectation.Changed());
        await audit.RecordAsync(action, caller, ct, new AuditTarget("expectation", expectation.Id, expectation.RecordingId), new { conversation_id = expectation.ConversationId, medium = SnakeCase.Of(expectation.Medium) }, reason);
        await db.SaveChangesAsync(ct);
    }
}
