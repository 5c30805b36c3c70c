using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Data;

namespace RecordingPlatform.Core.Recordings;

/// <summary>One page of ids, newest first, and where the next begins; null at the end.</summary>
public sealed record RecordingPage(IReadOnlyList<Guid> Ids, RecordingCursor? Next)
{
    /// <summary>Where the page of newer ones ends; null on the newest.</summary>
    public RecordingCursor? Previous { get; init; }
}

/// <summary>
/// Finds what a caller sees of what a filter asks for, as a union of the parts that each rule of visibility shows, each read
/// in order and no further than the page. Pages by cursor cost the same however deep they lie.
/// </summary>
public sealed class RecordingSearch(RecordingDb db)
{
    /// <summary>Counting further costs more than anyone learns from it.</summary>
    public const int CountLimit = 1000;

    public async Task<RecordingPage> PageAsync(RecordingFilter filter, Caller caller, RecordingCursor? cursor, int skip, int take, CancellationToken ct)
    {
        var reach = skip + take + 1;
        var found = await Together(Newest(filter, caller, cursor, reach))
            .OrderByDescending(r => r.RecordedAt).ThenByDescending(r => r.Id)
            .Skip(skip).Take(take + 1).ToListAsync(ct);
        var shown = found.Take(take).ToList();
        return new RecordingPage([.. shown.Select(r => r.Id)], found.Count > take ? CursorOf(shown[^1]) : null)
        {
            Previous = shown.Count > 0 && (cursor is not null || skip > 0) ? CursorOf(shown[0]) : null,
        };
    }

    /// <summary>The page that ends just above <paramref name="cursor"/>: the way back from the page that begins there.</summary>
    public async Task<RecordingPage> PageBeforeAsync(RecordingFilter filter, Caller caller, RecordingCursor cursor, int take, CancellationToken ct)
    {
        var found = await Together(Ordered(filter, caller, cursor, take + 1, backwards: true))
            .OrderBy(r => r.RecordedAt).ThenBy(r => r.Id).Take(take + 1).ToListAsync(ct);
        var shown = found.Take(take).Reverse().ToList();
        return new RecordingPage([.. shown.Select(r => r.Id)], shown.Count > 0 ? CursorOf(shown[^1]) : null)
        {
            Previous = found.Count > take ? CursorOf(shown[0]) : null,
        };
    }

    /// <summary>Exact up to <see cref="CountLimit"/>; one more than that when there are more.</summary>
    public Task<int> CountAsync(RecordingFilter filter, Caller caller, CancellationToken ct) => CountAsync(filter, caller, CountLimit + 1, ct);

    /// <summary>Counts no further than <paramref name="most"/>.</summary>
    public Task<int> CountAsync(RecordingFilter filter, Caller caller, int most, CancellationToken ct) =>
        Together(Newest(filter, caller, cursor: null, most)).Take(most).CountAsync(ct);

    static RecordingCursor CursorOf(Place place) => new(place.RecordedAt, place.Id);

    // A recording that two rules show is one.
    static IQueryable<Place> Together(IEnumerable<IQueryable<Place>> parts) => parts.Aggregate((one, other) => one.Union(other));

    IEnumerable<IQueryable<Place>> Newest(RecordingFilter filter, Caller caller, RecordingCursor? cursor, int most) => Ordered(filter, caller, cursor, most, backwards: false);

    // In order also where only their number matters: it keeps the planner on the indexes that have them so.
    IEnumerable<IQueryable<Place>> Ordered(RecordingFilter filter, Caller caller, RecordingCursor? cursor, int most, bool backwards)
    {
        // Few recordings hang on a name: each of them is asked for, rather than each of a part whether it is one of them.
        var visible = filter.NamesFew ? new([db.VisibleAmongFew(caller)], null) : db.PartsVisibleTo(caller);
        foreach (var part in visible.Recordings.Select(part => filter.Apply(db, part)))
        {
            var ordered = backwards
                ? cursor!.Value.Before(part).OrderBy(r => r.RecordedAt).ThenBy(r => r.Id)
                : (cursor?.After(part) ?? part).OrderByDescending(r => r.RecordedAt).ThenByDescending(r => r.Id);
            yield return ordered.Select(r => new Place { RecordedAt = r.RecordedAt, Id = r.Id }).Take(most);
        }
        if (visible.Attended is null)
            yield break;
        var attended = filter.Apply(visible.Attended);
        attended = backwards ? cursor!.Value.Before(attended) : cursor?.After(attended) ?? attended;
        if (filter.HasRest)
            attended = attended.Join(filter.ApplyRest(db, db.Recordings), a => a.RecordingId, r => r.Id, (a, _) => a);
        var inOrder = backwards
            ? attended.OrderBy(a => a.RecordedAt).ThenBy(a => a.RecordingId)
            : attended.OrderByDescending(a => a.RecordedAt).ThenByDescending(a => a.RecordingId);
        yield return inOrder.Select(a => new Place { RecordedAt = a.RecordedAt, Id = a.RecordingId }).Take(most);
    }

    sealed record Place
    {
        public required DateTimeOffset RecordedAt { get; init; }
        public required Guid Id { get; init; }
    }
}
