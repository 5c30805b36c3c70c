using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using RecordingPlatform.Core.Data;

namespace RecordingPlatform.Core.Events;

/// <summary>Wakes the sequencer once a transaction that added an event has committed.</summary>
internal sealed class EventHint() : CommitHint(EventChannels.Written)
{
    public static readonly EventHint Instance = new();

    public override ValueTask<InterceptionResult<int>> SavingChangesAsync(DbContextEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default)
    {
        if (eventData.Context is { } db && db.ChangeTracker.Entries<EventRow>().Any(e => e.State is EntityState.Added))
            OweBy(db);
        return ValueTask.FromResult(result);
    }
}
