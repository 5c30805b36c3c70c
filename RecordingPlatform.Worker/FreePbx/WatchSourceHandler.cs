using RecordingPlatform.Core.Ingest;
using RecordingPlatform.Core.Jobs;

namespace RecordingPlatform.Worker.FreePbx;

/// <summary>Watches a source while anything is expected of it. Safe to run twice for the reasons of <see cref="SpoolWatch"/>.</summary>
sealed class WatchSourceHandler(SpoolWatch spools) : IJobHandler<WatchSource>
{
    public Task<JobOutcome> RunAsync(WatchSource arguments, JobContext context, CancellationToken ct) => spools.RunAsync(arguments.SourceId, ct);
}
