using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Jobs;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Jobs;

public sealed class LeaseTests(PostgresCluster cluster)
{
    [Fact]
    public async Task A_job_whose_worker_died_runs_again_and_counts_a_failure()
    {
        await using var shop = await Workshop.OpenAsync(cluster);
        var id = await shop.EnqueueAsync("left behind");
        await shop.ClaimAndFreezeAsync();
        await shop.MoveClockAsync(TimeSpan.FromSeconds(41));
        await shop.StartWorkerAsync((_, _, _, _) => Task.FromResult(JobOutcome.Done));
        var job = await shop.UntilStateAsync(id, JobState.Done);
        Assert.Equal((1, 2L), (job.Failures, job.Fence));
        Assert.Contains("The worker that held it died", Assert.Single(await shop.ErrorsAsync(id)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lease_that_has_not_run_out_is_nobody_elses()
    {
        await using var shop = await Workshop.OpenAsync(cluster);
        var id = await shop.EnqueueAsync("held");
        await shop.ClaimAndFreezeAsync();
        await shop.MoveClockAsync(TimeSpan.FromSeconds(20));
        await shop.StartWorkerAsync((_, _, _, _) => Task.FromResult(JobOutcome.Done));
        // Upkeep queues the worker's own first job after it has looked for leases that ran out.
        await shop.UntilQuietAsync();
        Assert.Equal((JobState.Running, 1L), ((await shop.JobAsync(id)).State, (await shop.JobAsync(id)).Fence));
    }

    [Fact]
    public async Task A_job_that_kills_its_worker_every_time_ends_dead_with_every_death_kept()
    {
        await using var shop = await Workshop.OpenAsync(cluster);
        var id = await shop.EnqueueAsync("kills");
        await shop.StartWorkerAsync();
        for (var death = 1; death <= JobQueue.MaxFailures; death++)
        {
            await shop.ClaimAndFreezeAsync();
            await shop.MoveClockAsync(TimeSpan.FromHours(2));
            await shop.UntilAsync(id, j => j.Failures == death, $"death {death} is counted");
            await shop.MoveClockAsync(TimeSpan.FromHours(2));
        }
        Assert.Equal(JobState.Dead, (await shop.JobAsync(id)).State);
        Assert.Equal(JobQueue.MaxFailures, (await shop.ErrorsAsync(id)).Count);
        Assert.Empty(await shop.ClaimAsync(1));
    }

    [Fact]
    public async Task A_stalled_workers_publish_is_refused()
    {
        await using var shop = await Workshop.OpenAsync(cluster);
        var id = await shop.EnqueueAsync("slow");
        var (_, stalled) = await shop.ClaimAndFreezeAsync();
        await shop.MoveClockAsync(TimeSpan.FromSeconds(41));
        await shop.StartWorkerAsync(PublishAsync);
        await shop.UntilStateAsync(id, JobState.Done);
        await using var db = shop.Db();
        var refused = await Assert.ThrowsAsync<LostLeaseException>(() => PublishAsync(new("slow"), stalled, db, default));
        Assert.Equal((id, 1L), (refused.JobId, refused.Fence));
        await using (await db.Database.BeginTransactionAsync())
            await Assert.ThrowsAsync<LostLeaseException>(() => stalled.GuardAsync(db, default));
        Assert.Equal(1, await shop.CountAsync($"published where job_id = '{id}' and fence = 2"));
        Assert.Equal(1, await shop.CountAsync("published"));
    }

    [Fact]
    public async Task While_the_next_worker_is_still_at_the_job_its_claim_alone_publishes()
    {
        await using var shop = await Workshop.OpenAsync(cluster);
        var id = await shop.EnqueueAsync("slow");
        var (_, stalled) = await shop.ClaimAndFreezeAsync();
        await shop.MoveClockAsync(TimeSpan.FromSeconds(41));
        var go = new TaskCompletionSource();
        await shop.StartWorkerAsync(async (act, context, db, ct) =>
        {
            await go.Task.WaitAsync(ct);
            return await PublishAsync(act, context, db, ct);
        });
        await shop.UntilAsync(id, j => j is { State: JobState.Running, Fence: 2 }, "the next worker has the job");
        await using (var db = shop.Db())
        {
            // The job runs, so that nothing but the fence tells whose it is.
            await Assert.ThrowsAsync<LostLeaseException>(() => PublishAsync(new("slow"), stalled, db, default));
            await Assert.ThrowsAsync<LostLeaseException>(() => stalled.CompleteInAsync(db, default));
        }
        go.SetResult();
        await shop.UntilStateAsync(id, JobState.Done);
        Assert.Equal(1, await shop.CountAsync($"published where job_id = '{id}' and fence = 2"));
        Assert.Equal(1, await shop.CountAsync("published"));
    }

    [Fact]
    public async Task A_stalled_worker_whose_job_was_put_back_but_not_taken_is_refused_too()
    {
        await using var shop = await Workshop.OpenAsync(cluster);
        var id = await shop.EnqueueAsync("slow");
        var (_, stalled) = await shop.ClaimAndFreezeAsync();
        await shop.MoveClockAsync(TimeSpan.FromSeconds(41));
        await shop.StartWorkerAsync();
        await shop.UntilStateAsync(id, JobState.Queued);
        await using var db = shop.Db();
        await Assert.ThrowsAsync<LostLeaseException>(() => PublishAsync(new("slow"), stalled, db, default));
        Assert.Equal(0, await shop.CountAsync("published"));
    }

    [Fact]
    public async Task A_worker_cut_off_from_the_database_stops_its_handler_and_another_takes_over()
    {
        await using var shop = await Workshop.OpenAsync(cluster);
        await using var cable = new CutCable(shop.Database.App);
        var stopped = new TaskCompletionSource<bool>();
        await shop.StartWorkerAsync(async (_, context, _, ct) =>
        {
            try
            {
                await Task.Delay(Timeout.Infinite, ct);
            }
            catch (OperationCanceledException)
            {
                stopped.SetResult(context.LeaseLost.IsCancellationRequested);
                throw;
            }
            return JobOutcome.Done;
        }, cable.Connection);
        var id = await shop.EnqueueAsync("cut off");
        await shop.UntilStateAsync(id, JobState.Running);
        cable.Cut();
        Assert.True(await stopped.Task.WaitAsync(TimeSpan.FromSeconds(60)));
        await shop.StartWorkerAsync(PublishAsync);
        var job = await shop.UntilStateAsync(id, JobState.Done);
        Assert.Equal((2L, 1), (job.Fence, job.Failures));
        cable.Mend();
    }

    [Fact]
    public async Task An_outcome_that_the_database_was_away_for_is_written_when_it_is_back()
    {
        await using var shop = await Workshop.OpenAsync(cluster);
        await using var cable = new CutCable(shop.Database.App);
        await shop.StartWorkerAsync((_, _, _, _) =>
        {
            cable.Break();
            return Task.FromResult(JobOutcome.Done);
        }, cable.Connection, settings: ("Lease", "00:01:00"));
        var id = await shop.EnqueueAsync("done while the database was away");
        await shop.UntilTrueAsync(() => Task.FromResult(shop.Said.Contains("could not be written yet", StringComparison.Ordinal)), "the worker says that it tries again");
        cable.Mend();
        var job = await shop.UntilStateAsync(id, JobState.Done);
        Assert.Equal((1L, 0), (job.Fence, job.Failures));
    }

    [Fact]
    public async Task Heartbeats_keep_a_job_that_runs_longer_than_its_lease()
    {
        await using var shop = await Workshop.OpenAsync(cluster);
        var id = await shop.EnqueueAsync("long");
        var go = new TaskCompletionSource();
        for (var worker = 0; worker < 2; worker++)
        {
            await shop.StartWorkerAsync(async (_, _, _, ct) =>
            {
                await go.Task.WaitAsync(ct);
                return JobOutcome.Done;
            });
        }
        var began = await shop.UntilStateAsync(id, JobState.Running);
        await shop.UntilAsync(id, j => j.LeasedUntil > began.LeasedUntil + TimeSpan.FromSeconds(3), "the lease was renewed past its first end");
        go.SetResult();
        var job = await shop.UntilStateAsync(id, JobState.Done);
        Assert.Equal((1L, 0), (job.Fence, job.Failures));
    }

    [Fact]
    public async Task A_handler_that_takes_every_connection_of_its_worker_keeps_its_lease()
    {
        await using var shop = await Workshop.OpenAsync(cluster);
        var (pool, emptied, go) = (new TaskCompletionSource<NpgsqlDataSource>(), new TaskCompletionSource(), new TaskCompletionSource());
        var narrow = new NpgsqlConnectionStringBuilder(shop.Database.App) { MaxPoolSize = 5, Timeout = 2 }.ConnectionString;
        // A heartbeat that a busy machine answers too late would need another connection, and there is none: so each has two seconds.
        var lease = TimeSpan.FromSeconds(8);
        var worker = await shop.StartWorkerAsync(async (_, _, _, ct) =>
        {
            var taken = new List<NpgsqlConnection>();
            try
            {
                await TakeAllAsync(await pool.Task.WaitAsync(ct), taken, ct);
                emptied.TrySetResult();
                await go.Task.WaitAsync(ct);
                return JobOutcome.Done;
            }
            finally
            {
                foreach (var connection in taken)
                    await connection.DisposeAsync();
            }
        }, narrow, settings: ("Lease", $"{lease}"));
        var id = await shop.EnqueueAsync("greedy");
        var began = await shop.UntilStateAsync(id, JobState.Running);
        // Once it has renewed, the heartbeat has its connection.
        await shop.UntilAsync(id, j => j.LeasedUntil > began.LeasedUntil, "the lease was renewed");
        pool.SetResult(worker.Pool);
        await emptied.Task.WaitAsync(TimeSpan.FromSeconds(60));
        await shop.UntilTrueAsync(() => Task.FromResult(shop.Said.Contains("Could not claim jobs", StringComparison.Ordinal)), "the worker has no connection left to claim with");
        var held = await shop.JobAsync(id);
        await shop.StartWorkerAsync((_, _, _, _) => Task.FromResult(JobOutcome.Done));
        await shop.UntilAsync(id, j => j.LeasedUntil > held.LeasedUntil + lease, "the lease was renewed past its end");
        go.SetResult();
        var job = await shop.UntilStateAsync(id, JobState.Done);
        Assert.Equal((1L, 0), (job.Fence, job.Failures));
    }

    [Fact]
    public async Task A_publishing_transaction_keeps_its_job_from_being_taken()
    {
        await using var shop = await Workshop.OpenAsync(cluster);
        var id = await shop.EnqueueAsync("publishing");
        var (_, context) = await shop.ClaimAndFreezeAsync();
        await using var db = shop.Db();
        await using var transaction = await db.Database.BeginTransactionAsync();
        await context.GuardAsync(db, default);
        await shop.MoveClockAsync(TimeSpan.FromMinutes(10));
        await shop.StartWorkerAsync((_, _, _, _) => Task.FromResult(JobOutcome.Done));
        await shop.UntilStateAsync(await shop.EnqueueAsync("another"), JobState.Done);
        await context.CompleteInAsync(db, default);
        await transaction.CommitAsync();
        var job = await shop.JobAsync(id);
        Assert.Equal((JobState.Done, 1L, 0), (job.State, job.Fence, job.Failures));
    }

    [Fact]
    public async Task Guarding_outside_a_transaction_is_refused()
    {
        await using var shop = await Workshop.OpenAsync(cluster);
        await shop.EnqueueAsync("x");
        var (_, context) = await shop.ClaimAndFreezeAsync();
        await using var db = shop.Db();
        await Assert.ThrowsAsync<InvalidOperationException>(() => context.GuardAsync(db, default));
    }

    [Fact]
    public async Task What_is_published_and_that_the_job_is_done_stand_or_fall_together()
    {
        await using var shop = await Workshop.OpenAsync(cluster);
        var crashesBefore = await shop.EnqueueAsync("crashes before the commit");
        var crashesAfter = await shop.EnqueueAsync("crashes after the commit");
        var runs = new ConcurrentBag<Guid>();
        await shop.StartWorkerAsync(async (act, context, db, ct) =>
        {
            runs.Add(context.JobId);
            await using var transaction = await db.Database.BeginTransactionAsync(ct);
            await db.Database.ExecuteSqlAsync($"insert into published values ({context.JobId}, {context.Fence})", ct);
            await context.CompleteInAsync(db, ct);
            if (act.What == "crashes before the commit" && context.Fence == 1)
                throw new InvalidOperationException("crashed");
            await transaction.CommitAsync(ct);
            return act.What == "crashes after the commit" ? throw new InvalidOperationException("crashed") : JobOutcome.Done;
        });
        var before = await shop.UntilStateAsync(crashesBefore, JobState.Done);
        var after = await shop.UntilStateAsync(crashesAfter, JobState.Done);
        Assert.Equal((1, 2L), (before.Failures, before.Fence));
        Assert.Equal((0, 1L), (after.Failures, after.Fence));
        Assert.Equal(2, await shop.CountAsync("published"));
        await shop.UntilTrueAsync(async () => await shop.CountAsync("jobs where state = 'running'") == 0, "no run is left");
        Assert.Equal(3, runs.Count);
        Assert.Equal((JobState.Done, 1L), ((await shop.JobAsync(crashesAfter)).State, (await shop.JobAsync(crashesAfter)).Fence));
    }

    [Fact]
    public async Task A_cancelled_job_stops_its_handler_and_stays_cancelled()
    {
        await using var shop = await Workshop.OpenAsync(cluster);
        var stopped = new TaskCompletionSource<bool>();
        await shop.StartWorkerAsync(async (_, context, _, ct) =>
        {
            using var _ = ct.Register(() => stopped.TrySetResult(context.LeaseLost.IsCancellationRequested));
            await Task.Delay(Timeout.Infinite, ct);
            return JobOutcome.Done;
        });
        var id = await shop.EnqueueAsync("unwanted");
        await shop.UntilStateAsync(id, JobState.Running);
        await using var db = shop.Db();
        Assert.True(await JobQueue.CancelAsync(db, id, default));
        Assert.True(await stopped.Task.WaitAsync(TimeSpan.FromSeconds(60)));
        await shop.UntilTrueAsync(() => Task.FromResult(shop.Said.Contains("no longer this worker's", StringComparison.Ordinal)), "the worker says so");
        Assert.Equal((JobState.Cancelled, 0), ((await shop.JobAsync(id)).State, (await shop.JobAsync(id)).Failures));
        Assert.False(await JobQueue.CancelAsync(db, id, default));
    }

    // Who uses one for a moment gives it to whoever waits, so at the pool's time-out only those who keep theirs have one.
    static async Task TakeAllAsync(NpgsqlDataSource pool, List<NpgsqlConnection> taken, CancellationToken ct)
    {
        try
        {
            while (true)
                taken.Add(await pool.OpenConnectionAsync(ct));
        }
        catch (NpgsqlException e) when (e.Message.Contains("pool has been exhausted", StringComparison.Ordinal))
        {
            // These are all.
        }
    }

    static async Task<JobOutcome> PublishAsync(Act act, JobContext context, RecordingDb db, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        await db.Database.ExecuteSqlAsync($"insert into published values ({context.JobId}, {context.Fence})", ct);
        await context.GuardAsync(db, ct);
        await transaction.CommitAsync(ct);
        return JobOutcome.Done;
    }
}
