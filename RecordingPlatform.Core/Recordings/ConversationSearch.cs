using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Data;

namespace RecordingPlatform.Core.Recordings;

/// <summary>One page of ids, newest first, and where its neighbours begin; null where there are none.</summary>
public sealed record ConversationPage(IReadOnlyList<Guid> Ids, TimeCursor? Next, TimeCursor? Previous);

/// <summary>
/// Finds the conversations that a caller sees of those that a filter asks for, as <see cref="RecordingSearch"/> does with
/// recordings: a union of parts, each read in order and no further than the page.
/// </summary>
public sealed class ConversationSearch(RecordingDb db)
{
    // What as many as 20 of the newest 2,000 have is common: a page of it is full before long, whatever else is passed on the way.
    const int Probed = 2000, Common = 20;

    (ConversationFilter Filter, bool AreRare)? _words;

    public async Task<ConversationPage> PageAsync(ConversationFilter filter, Caller caller, TimeCursor? cursor, int skip, int take, CancellationToken ct)
    {
        var found = await Together(Ordered(filter, caller, cursor, skip + take + 1, backwards: false, await AreRareAsync(filter, ct)))
            .OrderByDescending(c => c.StartedAt).ThenByDescending(c => c.Id)
            .Skip(skip).Take(take + 1).ToListAsync(ct);
        var shown = found.Take(take).ToList();
        return new ConversationPage([.. shown.Select(c => c.Id)], found.Count > take ? CursorOf(shown[^1]) : null, shown.Count > 0 && (cursor is not null || skip > 0) ? CursorOf(shown[0]) : null);
    }

    /// <summary>The page that ends just above <paramref name="cursor"/>: the way back from the page that begins there.</summary>
    public async Task<ConversationPage> PageBeforeAsync(ConversationFilter filter, Caller caller, TimeCursor cursor, int take, CancellationToken ct)
    {
        var found = await Together(Ordered(filter, caller, cursor, take + 1, backwards: true, await AreRareAsync(filter, ct)))
            .OrderBy(c => c.StartedAt).ThenBy(c => c.Id).Take(take + 1).ToListAsync(ct);
        var shown = found.Take(take).Reverse().ToList();
        return new ConversationPage([.. shown.Select(c => c.Id)], shown.Count > 0 ? CursorOf(shown[^1]) : null, found.Count > take ? CursorOf(shown[0]) : null);
    }

    /// <summary>Exact up to <see cref="RecordingSearch.CountLimit"/>; one more than that when there are more.</summary>
    public async Task<int> CountAsync(ConversationFilter filter, Caller caller, CancellationToken ct) =>
        await Together(Ordered(filter, caller, cursor: null, RecordingSearch.CountLimit + 1, backwards: false, await AreRareAsync(filter, ct))).Take(RecordingSearch.CountLimit + 1).CountAsync(ct);

    /// <summary>
    /// Whether what is looked for has to be found by its words first. The planner cannot tell: what it guesses of a pattern may be
    /// a hundred times wrong, and then it walks through half of all conversations for a page that one in ten thousand belongs on.
    /// </summary>
    async Task<bool> AreRareAsync(ConversationFilter filter, CancellationToken ct)
    {
        if (!filter.HasWords)
            return false;
        if (_words?.Filter != filter)
        {
            var newest = db.Conversations.OrderByDescending(c => c.StartedAt).ThenByDescending(c => c.Id).Take(Probed);
            _words = (filter, await filter.ApplyWords(newest).Take(Common).CountAsync(ct) < Common);
        }
        return _words.Value.AreRare;
    }

    static TimeCursor CursorOf(Place place) => new(place.StartedAt, place.Id);

    // A conversation that two rules show is one.
    static IQueryable<Place> Together(IEnumerable<IQueryable<Place>> parts) => parts.Aggregate((one, other) => one.Union(other));

    // In order also where only their number matters: it keeps the planner on the indexes that have them so.
    IEnumerable<IQueryable<Place>> Ordered(ConversationFilter filter, Caller caller, TimeCursor? cursor, int most, bool backwards, bool rare)
    {
        var visible = db.ConversationPartsVisibleTo(caller);
        foreach (var part in visible.Conversations)
            yield return InOrder(Beyond(filter.Apply(db, caller, part).Select(c => new Place { StartedAt = c.StartedAt, Id = c.Id }), cursor, backwards), most, backwards, rare);
        var rest = rare ? filter with { Digits = null, Participant = null, Text = null } : filter;
        foreach (var way in visible.Ways.Select(filter.Apply))
        {
            var viewers = rare ? way.Where(v => ByLetters(filter).Contains(v.ConversationId)) : way;
            var places = rest.HasRest
                ? viewers.Join(rest.ApplyRest(db, caller, db.Conversations), v => v.ConversationId, c => c.Id, (v, _) => new Place { StartedAt = v.StartedAt, Id = v.ConversationId })
                : viewers.Select(v => new Place { StartedAt = v.StartedAt, Id = v.ConversationId });
            // Once, whatever number of recordings are the reason. Grouped, because that is done in order while it is read.
            var each = Beyond(places, cursor, backwards).GroupBy(p => new { p.StartedAt, p.Id }).Select(g => new Place { StartedAt = g.Key.StartedAt, Id = g.Key.Id });
            yield return InOrder(each, most, backwards, rare);
        }
    }

    // The offset keeps the planner from asking each of a viewer's conversations for the words instead, where it guesses them common.
    IQueryable<Guid> ByLetters(ConversationFilter filter) => filter.ApplyWords(db.Conversations).Select(c => c.Id).Skip(0);

    static IQueryable<Place> Beyond(IQueryable<Place> places, TimeCursor? cursor, bool backwards)
    {
        if (cursor is not var (at, id))
            return places;
        return backwards
            ? places.Where(p => EF.Functions.GreaterThan(ValueTuple.Create(p.StartedAt, p.Id), ValueTuple.Create(at, id)))
            : places.Where(p => EF.Functions.LessThan(ValueTuple.Create(p.StartedAt, p.Id), ValueTuple.Create(at, id)));
    }

    static IQueryable<Place> InOrder(IQueryable<Place> places, int most, bool backwards, bool rare)
    {
        // A sum is in no index, so the order is made of what was found.
        Expression<Func<Place, DateTimeOffset>> time = rare ? p => p.StartedAt + TimeSpan.Zero : p => p.StartedAt;
        return (backwards ? places.OrderBy(time).ThenBy(p => p.Id) : places.OrderByDescending(time).ThenByDescending(p => p.Id)).Take(most);
    }

    sealed record Place
    {
        public required DateTimeOffset StartedAt { get; init; }
        public required Guid Id { get; init; }
    }
}
