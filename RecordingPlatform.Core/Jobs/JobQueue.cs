using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Core.Data;

namespace RecordingPlatform.Core.Jobs;

/// <summary>What waits, for health and for scaling.</summary>
/// <param name="Due">Could run now if a slot were free.</param>
/// <param name="Later">Queued for a later time: delays, retries, snoozes, the next recurring runs.</param>
/// <param name="Running">Claimed.</param>
/// <param name="Dead">Waits for a person.</param>
/// <param name="LongestWait">How long the oldest due job has been due; zero when none is.</param>
public sealed record JobDepth(long Due, long Later, long Running, long Dead, TimeSpan LongestWait);

public enum RequeueOutcome
{
    /// <summary>It is queued, with no failures and no deadline; its errors are kept.</summary>
    Queued,
    /// <summary>Another job of its key is queued already and does the work.</summary>
    Superseded,
    /// <summary>There is no such dead job.</summary>
    NotDead,
}

public static class JobQueue
{
    /// <summary>The fifth failure is the last.</summary>
    public const int MaxFailures = 5;

    /// <summary>Notified, without a payload, after a commit that made a job due.</summary>
    public const string HintChannel = "jobs";

    /// <summary>
    /// For a scaler that divides one number by a target per replica (KEDA's PostgreSQL scaler): work that is due or in
    /// hand. Counting only what waits would take a replica away as soon as it has claimed.
    /// </summary>
    public const string ScalerQuery = """
        select (select count(*) from jobs where state = 'running') + (select count(*) from jobs where state = 'queued' and run_at <= app_now())
        """;

    /// <summary>
    /// Adds a job to the context: it is inserted by the next SaveChanges, in the transaction of the changes that make it
    /// necessary, and not at all when that rolls back. Workers are woken after the commit.
    /// </summary>
    /// <returns>
    /// The tracked row. After SaveChanges, <see cref="Job.SupersededBy"/> names the queued job of the same
    /// <see cref="JobOptions.UniqueKey"/> that does the work instead, if there is one.
    /// </returns>
    /// <exception cref="ArgumentException">Both a time and a delay are given, or a negative delay.</exception>
    public static Job Enqueue<T>(this RecordingDb db, T arguments, JobOptions? options = null) where T : IJobArguments
    {
        options ??= JobOptions.Default;
        if (options is { RunAt: not null, Delay: not null })
            throw new ArgumentException("A job runs at a time or after a delay, not both.", nameof(options));
        if (options.Delay < TimeSpan.Zero)
            throw new ArgumentException($"A delay of {options.Delay} is in the past.", nameof(options));
        var job = new Job
        {
            Id = Guid.CreateVersion7(),
            Kind = T.Kind,
            Arguments = JobArguments.Write(arguments),
            Priority = options.Priority,
            // The default is the database's now.
            RunAt = options.RunAt ?? default,
            Delay = options.Delay,
            UniqueKey = options.UniqueKey,
            RecordingId = options.RecordingId,
            DeadlineAt = options.DeadlineAt,
        };
        db.Jobs.Add(job);
        if (options is { RunAt: null, Delay: null })
            JobHint.Owe(db);
        return job;
    }

    /// <summary>Gives a dead job its five tries back. Runs in the caller's transaction if one is open.</summary>
    public static async Task<RequeueOutcome> RequeueAsync(RecordingDb db, Guid id, CancellationToken ct)
    {
        // A deadline that has passed would end it again at once: who requeues wants it done now.
        var states = await db.Database.SqlQuery<string>($"""
            update jobs set state = 'queued', failures = 0, run_at = app_now(), deadline_at = null, finished_at = null
            where id = {id} and state = 'dead'
            returning state as "Value"
            """).ToListAsync(ct);
        switch (states)
        {
            case []:
                return RequeueOutcome.NotDead;
            case ["queued"]:
                await JobHint.AfterAsync(db);
                return RequeueOutcome.Queued;
            default:
                return RequeueOutcome.Superseded;
        }
    }

    /// <summary>
    /// Makes the queued job of a key due now, whatever time it was put off to: what it waits for has come. Its failures are
    /// kept. Runs in the caller's transaction if one is open, and holds the key to its end: the run sees the caller's changes,
    /// and where none is queued, what the caller enqueues next is not absorbed by a run that goes back to the queue meanwhile.
    /// </summary>
    /// <returns>Whether one is queued. One that runs already does not count: it may have looked too early.</returns>
    public static async Task<bool> WakeAsync(RecordingDb db, string uniqueKey, CancellationToken ct)
    {
        // A statement of its own: the next one sees what was queued while this one waited.
        await db.Database.ExecuteSqlAsync($"select pg_advisory_xact_lock(job_key_lock({uniqueKey}))", ct);
        var queued = await db.Database.ExecuteSqlAsync($"update jobs set run_at = least(run_at, app_now()), waiting_for = null where unique_key = {uniqueKey} and state = 'queued'", ct) == 1;
        if (queued)
            await JobHint.AfterAsync(db);
        return queued;
    }

    /// <summary>
    /// Ends a queued or running job. A running one loses its lease: it publishes nothing from here on, and its handler is
    /// stopped within a heartbeat. Runs in the caller's transaction if one is open.
    /// </summary>
    /// <returns>Whether there was such a job.</returns>
    public static async Task<bool> CancelAsync(RecordingDb db, Guid id, CancellationToken ct) =>
        await db.Database.ExecuteSqlAsync($"""
            update jobs set state = 'cancelled', finished_at = app_now(), leased_by = null, leased_until = null
            where id = {id} and state in ('queued', 'running')
            """, ct) == 1;

    public static Task<JobDepth> DepthAsync(RecordingDb db, CancellationToken ct) =>
        // One condition a subquery, as the partial indexes have them: the history of done jobs is not read.
        db.Database.SqlQuery<JobDepth>($"""
            select count(*) filter (where run_at <= clock.now) as "Due",
                   count(*) filter (where run_at > clock.now) as "Later",
                   (select count(*) from jobs where state = 'running') as "Running",
                   (select count(*) from jobs where state = 'dead') as "Dead",
                   coalesce(max(clock.now - run_at) filter (where run_at <= clock.now), interval '0') as "LongestWait"
            from (select app_now() as now) clock left join (select run_at from jobs where state = 'queued') queued on true
            """).SingleAsync(ct);
}
