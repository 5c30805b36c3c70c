using System.Diagnostics;
using Microsoft.Extensions.Options;
using Npgsql;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Jobs;

namespace RecordingPlatform.Worker.Jobs;

/// <summary>Runs one claimed job to its end and draws the arrow that follows. Never throws: what went wrong is kept with the job.</summary>
internal sealed partial class JobRunner(
    JobKinds kinds, JobTable table, IServiceScopeFactory scopes, NpgsqlDataSource source, IOptions<JobSettings> settings, TimeProvider clock, ILogger<JobRunner> logger)
{
    // Between attempts to write an outcome while the database is away; the lease bounds them.
    static readonly TimeSpan RetryEvery = TimeSpan.FromSeconds(1);

    // Keeps a worker from spinning on a job that it cannot take.
    static readonly TimeSpan HandBackPause = TimeSpan.FromSeconds(1);

    public async Task RunAsync(Lease lease)
    {
        using var activity = JobTelemetry.Begin(lease.Claim);
        var began = clock.GetTimestamp();
        var context = ContextOf(lease);
        var (outcome, error) = await HandleAsync(lease, context);
        var ended = await SettleAsync(lease, context, outcome, error);
        JobTelemetry.Ended(activity, lease.Claim, ended, clock.GetElapsedTime(began));
    }

    JobContext ContextOf(Lease lease) => new(source, clock)
    {
        JobId = lease.Claim.Id,
        Fence = lease.Claim.Fence,
        Failures = lease.Claim.Failures,
        Lease = settings.Value.Lease,
        LeaseLost = lease.Lost,
        Recurs = kinds.RecurrenceOf(lease.Claim),
    };

    async Task<(JobOutcome? Outcome, Exception? Error)> HandleAsync(Lease lease, JobContext context)
    {
        try
        {
            await using var scope = scopes.CreateAsyncScope();
            var outcome = await kinds[lease.Claim.Kind].RunAsync(scope.ServiceProvider, lease.Claim.Arguments, context, lease.Stopped);
            return (outcome ?? throw new InvalidOperationException($"The handler of {lease.Claim.Kind} returned no outcome."), null);
        }
        catch (LostLeaseException e) when (e.JobId == lease.Claim.Id)
        {
            lease.Stop(StopReason.LeaseLost);
            return (null, e);
        }
#pragma warning disable CA1031 // The edge of the loop: whatever a handler throws is kept with its job.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return (null, e);
        }
    }

    /// <returns>How it ended, in a word.</returns>
    async Task<string> SettleAsync(Lease lease, JobContext context, JobOutcome? outcome, Exception? error)
    {
        while (true)
        {
            try
            {
                return outcome is null ? await SettleErrorAsync(lease, error!) : await SettleOutcomeAsync(lease.Claim, context, outcome, lease.Reason);
            }
            catch (LostLeaseException)
            {
                return Lost(lease.Claim, error);
            }
            catch (Exception e) when (FromDatabase(e) is { } failure)
            {
                if (!failure.IsTransient || lease.Lost.IsCancellationRequested)
                {
                    Log.Unsettled(logger, failure, lease.Claim.Id, lease.Claim.Kind);
                    return "unsettled";
                }
                Log.SettlesLater(logger, failure, lease.Claim.Id, lease.Claim.Kind);
                await Task.Delay(RetryEvery, clock, lease.Lost).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    // A query through EF wraps what is transient.
    static NpgsqlException? FromDatabase(Exception e) => e as NpgsqlException ?? (e as InvalidOperationException)?.InnerException as NpgsqlException;

    async Task<string> SettleOutcomeAsync(JobClaim claim, JobContext context, JobOutcome outcome, StopReason reason)
    {
        switch (outcome)
        {
            case JobOutcome.Finished:
                await using (var scope = scopes.CreateAsyncScope())
                    await context.CompleteInAsync(scope.ServiceProvider.GetRequiredService<RecordingDb>(), CancellationToken.None);
                Log.Done(logger, claim.Id, claim.Kind);
                return "done";
            case JobOutcome.Snoozed snoozed:
                if (await table.SnoozeAsync(claim, snoozed, CancellationToken.None) is not { } runAt)
                    return Lost(claim, null);
                Log.Snoozed(logger, claim.Id, claim.Kind, snoozed.Why, runAt);
                return "snoozed";
            case JobOutcome.HandedBack:
                return await HandBackAsync(claim, reason is StopReason.Draining ? TimeSpan.Zero : HandBackPause);
            default:
                throw new UnreachableException($"{outcome.GetType()} is no outcome.");
        }
    }

    // Once the token was cancelled, what is thrown is its echo: a killed child, a closed pipe.
    async Task<string> SettleErrorAsync(Lease lease, Exception error)
    {
        var claim = lease.Claim;
        switch (lease.Reason)
        {
            case StopReason.LeaseLost:
                return Lost(claim, error);
            case StopReason.Draining:
                return await HandBackAsync(claim, TimeSpan.Zero);
            case StopReason.DeadlinePassed:
                if (!await table.BuryAsync(claim, $"Its deadline passed while it ran.\n{error}", CancellationToken.None))
                    return Lost(claim, error);
                Log.Overdue(logger, claim.Id, claim.Kind);
                return "overdue";
            default:
                if (await table.FailAsync(claim, error.ToString(), CancellationToken.None) is not { } failure)
                    return Lost(claim, error);
                if (failure.State is JobState.Dead)
                    Log.Dead(logger, claim.Id, claim.Kind, failure.Failures, error.GetType().Name);
                else
                    Log.Failed(logger, claim.Id, claim.Kind, failure.Failures, JobQueue.MaxFailures, error.GetType().Name, failure.RunAt);
                return "failed";
        }
    }

    async Task<string> HandBackAsync(JobClaim claim, TimeSpan after)
    {
        if (!await table.HandBackAsync(claim, after, CancellationToken.None))
            return Lost(claim, null);
        Log.HandedBack(logger, claim.Id, claim.Kind);
        return "handed_back";
    }

    string Lost(JobClaim claim, Exception? error)
    {
        Log.Lost(logger, claim.Id, claim.Kind, claim.Fence, error?.GetType().Name ?? "none");
        return "lost";
    }

    // Errors by type only: their messages can quote what a person said or is called. job_errors has them.
    static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Job {JobId} ({Kind}) is done")]
        public static partial void Done(ILogger logger, Guid jobId, string kind);

        [LoggerMessage(LogLevel.Information, "Job {JobId} ({Kind}) waits for {Why}; runs again at {RunAt:O}")]
        public static partial void Snoozed(ILogger logger, Guid jobId, string kind, string why, DateTimeOffset runAt);

        [LoggerMessage(LogLevel.Information, "Job {JobId} ({Kind}) was handed back for another worker")]
        public static partial void HandedBack(ILogger logger, Guid jobId, string kind);

        [LoggerMessage(LogLevel.Warning, "Job {JobId} ({Kind}) failed, {Failures} of {MaxFailures}, with {ErrorType}; runs again at {RunAt:O}. job_errors has the error")]
        public static partial void Failed(ILogger logger, Guid jobId, string kind, int failures, int maxFailures, string errorType, DateTimeOffset runAt);

        [LoggerMessage(LogLevel.Error, "Job {JobId} ({Kind}) is dead after {Failures} failures, the last with {ErrorType}. It waits for a requeue; job_errors has every error")]
        public static partial void Dead(ILogger logger, Guid jobId, string kind, int failures, string errorType);

        [LoggerMessage(LogLevel.Error, "Job {JobId} ({Kind}) is dead: its deadline passed while it ran. It waits for a requeue")]
        public static partial void Overdue(ILogger logger, Guid jobId, string kind);

        [LoggerMessage(LogLevel.Warning, "Job {JobId} ({Kind}) is no longer this worker's (fence {Fence}); what it did here was not published. It was cancelled, or another worker runs it. Error: {ErrorType}")]
        public static partial void Lost(ILogger logger, Guid jobId, string kind, long fence, string errorType);

        [LoggerMessage(LogLevel.Warning, "The outcome of job {JobId} ({Kind}) could not be written yet; tries again while the lease holds. Is the database reachable?")]
        public static partial void SettlesLater(ILogger logger, Exception e, Guid jobId, string kind);

        [LoggerMessage(LogLevel.Error, "The outcome of job {JobId} ({Kind}) could not be written; it runs again once its lease has run out, counted as a failure")]
        public static partial void Unsettled(ILogger logger, Exception e, Guid jobId, string kind);
    }
}
