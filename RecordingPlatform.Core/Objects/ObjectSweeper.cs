using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Storage;

namespace RecordingPlatform.Core.Objects;

/// <summary>
/// Removes objects that were never published: first claims the row, so that it can no longer be published, then deletes
/// from the store, then deletes the row. Safe to run twice and beside itself; stopped midway it goes on next time.
/// </summary>
public sealed class ObjectSweeper(IObjectStore store, IDbContextFactory<RecordingDb> databases)
{
    /// <summary>Removes whatever stayed writing past its lease.</summary>
    /// <returns>How many objects were removed.</returns>
    public async Task<int> SweepAsync(CancellationToken ct)
    {
        List<Guid> expired;
        await using (var db = await databases.CreateDbContextAsync(ct))
        {
            expired = await db.Objects
                .Where(o => o.State == ObjectState.Writing && (o.WritingUntil < RecordingDb.Now() || o.Deletion == DeletionState.Deleting))
                .OrderBy(o => o.WritingUntil).Take(1000).Select(o => o.Id).ToListAsync(ct);
        }
        foreach (var id in expired)
            await RemoveUnpublishedAsync(id, ct);
        return expired.Count;
    }

    /// <summary>Removes one object unless it has been published.</summary>
    public async Task RemoveUnpublishedAsync(Guid objectId, CancellationToken ct)
    {
        await using var db = await databases.CreateDbContextAsync(ct);
        var unpublished = db.Objects.Where(o => o.Id == objectId && o.State == ObjectState.Writing);
        var claimed = await unpublished.ExecuteUpdateAsync(set => set
            .SetProperty(o => o.Deletion, DeletionState.Deleting)
            .SetProperty(o => o.MarkedAt, o => o.MarkedAt ?? RecordingDb.Now()), ct);
        if (claimed == 0)
            return;
        var name = await unpublished.Select(o => o.Name).SingleOrDefaultAsync(ct);
        if (name is null)
            return;
        await store.DeleteAsync(name, ct);
        await unpublished.ExecuteDeleteAsync(ct);
    }
}
