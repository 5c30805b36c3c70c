using RecordingPlatform.Core.Data;

namespace RecordingPlatform.Core.Jobs;

/// <summary>Wakes the workers once a transaction that enqueued has committed.</summary>
internal sealed class JobHint() : CommitHint(JobQueue.HintChannel)
{
    public static readonly JobHint Instance = new();

    /// <summary>This context's next commit makes a job due.</summary>
    public static void Owe(RecordingDb db) => Instance.OweBy(db);

    /// <summary>The hint is due now, unless a transaction is open: then at its end.</summary>
    public static Task AfterAsync(RecordingDb db)
    {
        Owe(db);
        return Instance.SettleAsync(db);
    }
}
