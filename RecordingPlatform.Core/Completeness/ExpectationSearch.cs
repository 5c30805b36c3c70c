using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Recordings;

namespace RecordingPlatform.Core.Completeness;

/// <summary>One page of ids, newest due first, and where the next begins; null at the end.</summary>
public sealed record ExpectationPage(IReadOnlyList<Guid> Ids, TimeCursor? Next);

/// <param name="Range">From 1, in the order of the bounds.</param>
/// <param name="Source">Its name.</param>
/// <param name="State">What they are now.</param>
/// <param name="Count">How many.</param>
public sealed record ExpectationLine(int Range, string Source, ExpectationState State, int Count);

/// <param name="Lines">One for each range, source and state that has any.</param>
/// <param name="CountedFrom">Null when all are counted; else the time of the oldest that is.</param>
public sealed record ExpectationTally(IReadOnlyList<ExpectationLine> Lines, DateTimeOffset? CountedFrom);

/// <summary>Finds and counts what should exist, of what the caller's role shows.</summary>
public sealed class ExpectationSearch(RecordingDb db)
{
    /// <summary>Counted at a time, the newest: so that it costs the same however much there is.</summary>
    public const int MostCounted = 50_000;

    public async Task<ExpectationPage> PageAsync(ExpectationFilter filter, Caller caller, TimeCursor? cursor, int skip, int take, CancellationToken ct)
    {
        if (Places(filter, caller, cursor, skip + take + 1) is not { } places)
            return new([], null);
        var found = await places.OrderByDescending(p => p.DueAt).ThenByDescending(p => p.Id).Skip(skip).Take(take + 1).ToListAsync(ct);
        var shown = found.Take(take).ToList();
        return new([.. shown.Select(p => p.Id)], found.Count > take ? new TimeCursor(shown[^1].DueAt, shown[^1].Id) : null);
    }

    /// <summary>Exact up to <see cref="RecordingSearch.CountLimit"/>; one more than that when there are more.</summary>
    public async Task<int> CountAsync(ExpectationFilter filter, Caller caller, CancellationToken ct) =>
        Places(filter, caller, null, RecordingSearch.CountLimit + 1) is { } places ? await places.Take(RecordingSearch.CountLimit + 1).CountAsync(ct) : 0;

    /// <param name="filter">Its states are not asked for: all are counted.</param>
    /// <param name="caller">Who asks.</param>
    /// <param name="bounds">Where each range begins, ascending and in UTC; none begins after what the filter asks for.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<ExpectationTally> TallyAsync(ExpectationFilter filter, Caller caller, DateTimeOffset[] bounds, CancellationToken ct)
    {
        if (db.ExpectationsVisibleTo(caller) is not { } visible)
            return new([], null);
        var newest = filter.Apply(db, visible).OrderByDescending(e => e.DueAt).ThenByDescending(e => e.Id).Select(e => new { e.DueAt, e.SourceId, e.State }).Take(MostCounted);
        var groups = await (
            from counted in newest
            group counted by new { Range = RecordingDb.RangeOf(counted.DueAt, bounds), counted.SourceId, counted.State } into same
            select new { same.Key.Range, same.Key.SourceId, same.Key.State, Count = same.Count(), Oldest = same.Min(e => e.DueAt) }).ToListAsync(ct);
        var ids = groups.Select(g => g.SourceId).Distinct().ToList();
        var names = await db.Sources.AsNoTracking().Where(s => ids.Contains(s.Id)).ToDictionaryAsync(s => s.Id, s => s.Name, ct);
        return new([.. groups.Select(g => new ExpectationLine(g.Range, names[g.SourceId], g.State, g.Count))], groups.Sum(g => g.Count) < MostCounted ? null : groups.Min(g => g.Oldest));
    }

    // Of each state on its own, so that each is a range of an index, however rare it is among the others.
    IQueryable<Place>? Places(ExpectationFilter filter, Caller caller, TimeCursor? cursor, int most)
    {
        if (db.ExpectationsVisibleTo(caller) is not { } visible)
            return null;
        var asked = filter.Apply(db, visible);
        if (cursor is var (at, id))
            asked = asked.Where(e => EF.Functions.LessThan(ValueTuple.Create(e.DueAt, e.Id), ValueTuple.Create(at, id)));
        var parts = filter.States is { } states ? states.Select(state => asked.Where(e => e.State == state)) : [asked];
        return parts.Select(part => part.OrderByDescending(e => e.DueAt).ThenByDescending(e => e.Id).Select(e => new Place { DueAt = e.DueAt, Id = e.Id }).Take(most))
            .Aggregate((one, other) => one.Concat(other));
    }

    sealed record Place
    {
        public required DateTimeOffset DueAt { get; init; }
        public required Guid Id { get; init; }
    }
}
