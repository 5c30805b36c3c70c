using Microsoft.Extensions.Options;
using Npgsql;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Jobs;

namespace RecordingPlatform.Worker.Jobs;

/// <summary>
/// What no single job's holder can do: puts back jobs whose worker died, ends those whose deadline passed, and keeps a run
/// of every recurring job queued. Every worker does all of it; they pass over each other's rows.
/// </summary>
internal sealed partial class JobUpkeep(JobTable table, JobKinds kinds, Wake<JobLoop> wake, IOptions<JobSettings> settings, TimeProvider clock, ILogger<JobUpkeep> logger)
{
    public async Task RunAsync(CancellationToken ct)
    {
        using var round = new PeriodicTimer(settings.Value.Heartbeat, clock);
        try
        {
            do
            {
                try
                {
                    await OnceAsync(ct);
                }
                catch (NpgsqlException e)
                {
                    Log.Skipped(logger, e);
                }
            }
            while (await round.WaitForNextTickAsync(ct));
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // The worker stops.
        }
    }

    async Task OnceAsync(CancellationToken ct)
    {
        while (await table.ReapAsync(ct) is { } died)
        {
            if (died.State is JobState.Dead)
                Log.DiedForGood(logger, died.Id, died.Kind, died.Failures);
            else
                Log.Died(logger, died.Id, died.Kind, died.Failures, JobQueue.MaxFailures, died.RunAt);
            wake.Set();
        }
        while (await table.BuryOverdueAsync(ct) is > 0 and var overdue)
            Log.Overdue(logger, overdue);
        foreach (var recurring in kinds.Recurring)
        {
            if (await table.EnsureQueuedAsync(recurring, ct))
                wake.Set();
        }
    }

    static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Job {JobId} ({Kind}) was put back: the worker that held it died. Failure {Failures} of {MaxFailures}; runs again at {RunAt:O}")]
        public static partial void Died(ILogger logger, Guid jobId, string kind, int failures, int maxFailures, DateTimeOffset runAt);

        [LoggerMessage(LogLevel.Error, "Job {JobId} ({Kind}) is dead: the worker that held it died, failure {Failures}. It waits for a requeue; job_errors says what happened")]
        public static partial void DiedForGood(ILogger logger, Guid jobId, string kind, int failures);

        [LoggerMessage(LogLevel.Error, "{Jobs} queued jobs are dead because their deadline passed. They wait for a requeue")]
        public static partial void Overdue(ILogger logger, int jobs);

        [LoggerMessage(LogLevel.Warning, "Upkeep of the jobs was skipped this time; jobs of dead workers wait. Is the database reachable?")]
        public static partial void Skipped(ILogger logger, Exception e);
    }
}
