using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Data;

namespace RecordingPlatform.Core.Recordings;

/// <summary>One page of ids, newest first, and where the next begins; null at the end.</summary>
public sealed record RecordingPage(IReadOnlyList<Guid> Ids, RecordingCursor? Next);

/// <summary>
/// Finds what a caller sees of what a filter asks for. Pages by cursor cost the same however deep they lie; nothing here
/// reads a recording that is not on the page, except to leave it out.
/// </summary>
public sealed class RecordingSearch(RecordingDb db)
{
    /// <summary>Counting further costs more than anyone learns from it.</summary>
    public const int CountLimit = 1000;

    public async Task<RecordingPage> PageAsync(RecordingFilter filter, Caller caller, RecordingCursor? cursor, int skip, int take, CancellationToken ct)
    {
        var matching = Matching(filter, caller);
        var found = await (cursor?.After(matching) ?? matching)
            .OrderByDescending(r => r.RecordedAt).ThenByDescending(r => r.Id)
            .Skip(skip).Take(take + 1)
            .Select(r => new { r.RecordedAt, r.Id }).ToListAsync(ct);
        var shown = found.Take(take).ToList();
        return new RecordingPage([.. shown.Select(r => r.Id)], found.Count > take ? new RecordingCursor(shown[^1].RecordedAt, shown[^1].Id) : null);
    }

    /// <summary>Exact up to <see cref="CountLimit"/>; one more than that when there are more.</summary>
    public Task<int> CountAsync(RecordingFilter filter, Caller caller, CancellationToken ct) => CountAsync(filter, caller, CountLimit + 1, ct);

    /// <summary>Counts no further than <paramref name="most"/>.</summary>
    public Task<int> CountAsync(RecordingFilter filter, Caller caller, int most, CancellationToken ct) =>
        Matching(filter, caller).Select(r => r.Id).Take(most).CountAsync(ct);

    IQueryable<Recording> Matching(RecordingFilter filter, Caller caller) => filter.Apply(db, db.Recordings.VisibleTo(caller));
}
