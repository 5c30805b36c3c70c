using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Jobs;

namespace RecordingPlatform.Core.Ingest;

/// <summary>Look where a source leaves its media for what is expected of it.</summary>
public sealed record WatchSource : IJobArguments
{
    public static string Kind => "source.watch";

    public required Guid SourceId { get; init; }

    public static string KeyOf(Guid sourceId) => $"watch:{sourceId}";

    /// <summary>Has the source looked at now, also when its next look was put off. In the caller's transaction, if one is open.</summary>
    public static async Task EnsureAsync(RecordingDb db, Guid sourceId, CancellationToken ct)
    {
        var key = KeyOf(sourceId);
        if (await JobQueue.WakeAsync(db, key, ct))
            return;
        db.Enqueue(new WatchSource { SourceId = sourceId }, new JobOptions { Priority = JobOptions.HighPriority, UniqueKey = key });
        await db.SaveChangesAsync(ct);
    }
}
