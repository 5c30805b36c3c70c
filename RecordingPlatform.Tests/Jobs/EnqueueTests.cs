using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Core.Jobs;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Jobs;

public sealed class EnqueueTests(PostgresCluster cluster)
{
    [Fact]
    public async Task A_job_exists_exactly_when_the_transaction_that_needs_it_commits()
    {
        await using var shop = await Workshop.OpenAsync(cluster);
        await using var db = shop.Db();
        await using (await db.Database.BeginTransactionAsync())
        {
            db.Enqueue(new Act("rolled back"));
            await db.SaveChangesAsync();
        }
        Assert.Equal(0, await shop.CountAsync("jobs"));
        await using (var transaction = await db.Database.BeginTransactionAsync())
        {
            db.Enqueue(new Act("committed"));
            await db.SaveChangesAsync();
            Assert.Equal(0, await shop.CountAsync("jobs"));
            await transaction.CommitAsync();
        }
        Assert.Equal(1, await shop.CountAsync("jobs where arguments ->> 'what' = 'committed'"));
    }

    [Fact]
    public async Task A_jobs_options_are_kept_with_it()
    {
        await using var shop = await Workshop.OpenAsync(cluster);
        var now = await shop.NowAsync();
        var id = await shop.EnqueueAsync("x", new() { Priority = 7, RunAt = now.AddHours(1), UniqueKey = "k", DeadlineAt = now.AddHours(2) });
        var job = await shop.JobAsync(id);
        Assert.Equal((7, "k", JobState.Queued, Act.Kind), (job.Priority, job.UniqueKey, job.State, job.Kind));
        Assert.Equal(TimeSpan.FromHours(1), job.DeadlineAt - job.RunAt);
        Assert.Equal(new Act("x"), JobArguments.Read<Act>(job.Arguments));
        Assert.Equal("""{"what": "x", "number": 0}""", job.Arguments);
    }

    [Fact]
    public async Task A_delay_counts_from_the_insert_by_the_databases_clock()
    {
        await using var shop = await Workshop.OpenAsync(cluster);
        await shop.MoveClockAsync(TimeSpan.FromDays(30));
        var before = await shop.NowAsync();
        await using var db = shop.Db();
        var job = db.Enqueue(new Act("later"), new() { Delay = TimeSpan.FromHours(1) });
        await db.SaveChangesAsync();
        Assert.InRange(job.RunAt, before.AddHours(1), (await shop.NowAsync()).AddHours(1));
    }

    [Fact]
    public async Task A_time_and_a_delay_together_are_refused()
    {
        await using var shop = await Workshop.OpenAsync(cluster);
        await using var db = shop.Db();
        Assert.Throws<ArgumentException>(() => db.Enqueue(new Act("x"), new() { RunAt = DateTimeOffset.MaxValue, Delay = TimeSpan.Zero }));
        Assert.Throws<ArgumentException>(() => db.Enqueue(new Act("x"), new() { Delay = TimeSpan.FromSeconds(-1) }));
    }

    [Fact]
    public async Task A_second_job_of_a_queued_key_is_absorbed_without_an_error()
    {
        await using var shop = await Workshop.OpenAsync(cluster);
        var first = await shop.EnqueueAsync("first", new() { UniqueKey = "k" });
        await using var db = shop.Db();
        var second = db.Enqueue(new Act("second"), new() { UniqueKey = "k" });
        var other = db.Enqueue(new Act("other"), new() { UniqueKey = "another" });
        await db.SaveChangesAsync();
        Assert.Equal((JobState.Cancelled, first), (second.State, second.SupersededBy));
        Assert.Equal((JobState.Queued, (Guid?)null), (other.State, other.SupersededBy));
        Assert.Equal(2, await shop.CountAsync("jobs where state = 'queued'"));
    }

    [Fact]
    public async Task Of_transactions_that_enqueue_one_key_at_once_one_job_is_queued_and_none_fails()
    {
        await using var shop = await Workshop.OpenAsync(cluster);
        var start = new TaskCompletionSource();
        var jobs = Enumerable.Range(0, 8).Select(async n =>
        {
            await using var db = shop.Db();
            await using var transaction = await db.Database.BeginTransactionAsync();
            await start.Task;
            var job = db.Enqueue(new Act("raced", n), new() { UniqueKey = "k" });
            await db.SaveChangesAsync();
            await transaction.CommitAsync();
            return job;
        }).ToList();
        start.SetResult();
        var queued = Assert.Single(await Task.WhenAll(jobs), j => j.State == JobState.Queued);
        Assert.Equal(7, await shop.CountAsync($"jobs where state = 'cancelled' and superseded_by = '{queued.Id}'"));
    }

    [Fact]
    public async Task A_key_that_rolled_back_is_free_for_whoever_waited()
    {
        await using var shop = await Workshop.OpenAsync(cluster);
        await using var db = shop.Db();
        Task<Guid> waiting;
        await using (await db.Database.BeginTransactionAsync())
        {
            db.Enqueue(new Act("given up"), new() { UniqueKey = "k" });
            await db.SaveChangesAsync();
            waiting = shop.EnqueueAsync("waited", new() { UniqueKey = "k" });
            await shop.UntilTrueAsync(async () => await shop.CountAsync("pg_locks where locktype = 'advisory' and not granted") == 1, "the second waits for the key");
        }
        Assert.Equal(JobState.Queued, (await shop.JobAsync(await waiting)).State);
    }

    [Fact]
    public async Task A_job_that_absorbed_another_starts_only_when_the_others_changes_are_there()
    {
        await using var shop = await Workshop.OpenAsync(cluster);
        var first = await shop.EnqueueAsync("first", new() { UniqueKey = "k" });
        await using var db = shop.Db();
        await using var transaction = await db.Database.BeginTransactionAsync();
        db.Enqueue(new Act("absorbed"), new() { UniqueKey = "k" });
        await db.SaveChangesAsync();
        Assert.Empty(await shop.ClaimAsync(1));
        await transaction.CommitAsync();
        Assert.Equal(first, Assert.Single(await shop.ClaimAsync(1)).Id);
    }

    [Fact]
    public async Task While_a_job_runs_another_of_its_key_waits_and_then_runs()
    {
        await using var shop = await Workshop.OpenAsync(cluster);
        var (running, _) = await FrozenAsync(shop, "first");
        var second = await shop.EnqueueAsync("second", new() { UniqueKey = "k" });
        Assert.Equal(JobState.Queued, (await shop.JobAsync(second)).State);
        Assert.Empty(await shop.ClaimAsync(10));
        await using (var db = shop.Db())
            Assert.True(await JobQueue.CancelAsync(db, running, default));
        Assert.Equal(second, Assert.Single(await shop.ClaimAsync(10)).Id);
    }

    [Fact]
    public async Task A_job_that_goes_back_to_the_queue_yields_to_a_successor_with_its_key()
    {
        await using var shop = await Workshop.OpenAsync(cluster);
        var (failing, _) = await FrozenAsync(shop, "first");
        var successor = await shop.EnqueueAsync("second", new() { UniqueKey = "k", Delay = TimeSpan.FromDays(1) });
        await shop.MoveClockAsync(TimeSpan.FromMinutes(1));
        await shop.StartWorkerAsync();
        var job = await shop.UntilStateAsync(failing, JobState.Cancelled);
        Assert.Equal((successor, 1), (job.SupersededBy, job.Failures));
        Assert.Single(await shop.ErrorsAsync(failing));
    }

    [Fact]
    public async Task The_depth_counts_what_is_due_apart_from_what_is_for_later()
    {
        await using var shop = await Workshop.OpenAsync(cluster);
        await using var db = shop.Db();
        Assert.Equal(new JobDepth(0, 0, 0, 0, TimeSpan.Zero), await JobQueue.DepthAsync(db, default));
        await shop.EnqueueAsync("running");
        await shop.ClaimAsync(1);
        await shop.EnqueueAsync("due");
        await shop.EnqueueAsync("due too");
        await shop.MoveClockAsync(TimeSpan.FromMinutes(5));
        await shop.EnqueueAsync("later", new() { Delay = TimeSpan.FromMinutes(1) });
        var depth = await JobQueue.DepthAsync(db, default);
        Assert.Equal((2, 1, 1, 0), (depth.Due, depth.Later, depth.Running, depth.Dead));
        Assert.InRange(depth.LongestWait, TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(6));
        var forScaler = await db.Database.SqlQueryRaw<long>(JobQueue.ScalerQuery).ToListAsync();
        Assert.Equal([3L], forScaler);
    }

    static async Task<(Guid Id, JobContext Context)> FrozenAsync(Workshop shop, string what)
    {
        await shop.EnqueueAsync(what, new() { UniqueKey = "k" });
        var (claim, context) = await shop.ClaimAndFreezeAsync();
        return (claim.Id, context);
    }
}
