using RecordingPlatform.Core.Ingest;
using RecordingPlatform.Core.Jobs;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Jobs;

public sealed class WakeTests(PostgresCluster cluster)
{
    [Fact]
    public async Task A_job_that_snoozes_for_hours_runs_when_it_is_woken_and_not_at_the_next_poll()
    {
        await using var shop = await Workshop.OpenAsync(cluster);
        await shop.StartWorkerAsync((_, context, _, _) => Task.FromResult(context.Fence > 1 ? JobOutcome.Done : JobOutcome.Snooze(TimeSpan.FromHours(6), "NotThereYet")), settings: ("Poll", "01:00:00"));
        await shop.UntilQuietAsync();
        var id = await shop.EnqueueAsync("waits", new() { UniqueKey = "k" });
        await shop.UntilAsync(id, j => j.WaitingFor is not null, "it snoozes");
        await WakeAsync(shop, "k");
        var done = await shop.UntilStateAsync(id, JobState.Done);
        Assert.Equal((2L, 0), (done.Fence, done.Failures));
    }

    [Fact]
    public async Task A_woken_job_starts_only_when_the_wakers_changes_are_there_and_not_when_they_roll_back()
    {
        await using var shop = await Workshop.OpenAsync(cluster);
        var id = await shop.EnqueueAsync("later", new() { UniqueKey = "k", Delay = TimeSpan.FromDays(1) });
        await using var db = shop.Db();
        await using (await db.Database.BeginTransactionAsync())
            Assert.True(await JobQueue.WakeAsync(db, "k", default));
        Assert.Empty(await shop.ClaimAsync(1));
        await using var transaction = await db.Database.BeginTransactionAsync();
        Assert.True(await JobQueue.WakeAsync(db, "k", default));
        Assert.Empty(await shop.ClaimAsync(1));
        await transaction.CommitAsync();
        Assert.Equal(id, Assert.Single(await shop.ClaimAsync(1)).Id);
    }

    [Fact]
    public async Task Waking_leaves_failures_other_keys_and_what_is_due_already_as_they_are()
    {
        await using var shop = await Workshop.OpenAsync(cluster);
        var due = await shop.EnqueueAsync("due", new() { UniqueKey = "due" });
        var other = await shop.EnqueueAsync("other", new() { UniqueKey = "other", Delay = TimeSpan.FromDays(1) });
        var failed = await shop.EnqueueAsync("failed", new() { UniqueKey = "failed", Delay = TimeSpan.FromDays(1) });
        await shop.SqlAsync($"update jobs set failures = 3 where id = '{failed}'");
        var dueAt = (await shop.JobAsync(due)).RunAt;
        await shop.MoveClockAsync(TimeSpan.FromMinutes(1));
        Assert.True(await WakeAsync(shop, "due"));
        Assert.True(await WakeAsync(shop, "failed"));
        Assert.Equal(dueAt, (await shop.JobAsync(due)).RunAt);
        Assert.Equal(3, (await shop.JobAsync(failed)).Failures);
        Assert.Equal([due, failed], (await shop.ClaimAsync(10)).Select(c => c.Id));
        Assert.Equal(JobState.Queued, (await shop.JobAsync(other)).State);
    }

    [Fact]
    public async Task While_somebody_wakes_a_key_a_run_that_goes_back_to_the_queue_waits_and_yields_to_what_was_enqueued()
    {
        await using var shop = await Workshop.OpenAsync(cluster);
        var running = await shop.EnqueueAsync("running", new() { UniqueKey = "k" });
        var (claim, _) = await shop.ClaimAndFreezeAsync();
        await using var db = shop.Db();
        await using var transaction = await db.Database.BeginTransactionAsync();
        Assert.False(await JobQueue.WakeAsync(db, "k", default));
        var back = shop.Table().SnoozeAsync(claim, new JobOutcome.Snoozed(TimeSpan.FromHours(1), null, "NotThereYet"), default);
        await shop.UntilTrueAsync(async () => await shop.CountAsync("pg_locks where locktype = 'advisory' and not granted") == 1, "the run waits for the key");
        var next = db.Enqueue(new Act("next"), new() { UniqueKey = "k" });
        await db.SaveChangesAsync();
        await transaction.CommitAsync();
        await back;
        Assert.Equal((JobState.Cancelled, next.Id), ((await shop.JobAsync(running)).State, (await shop.JobAsync(running)).SupersededBy));
        Assert.Equal(next.Id, Assert.Single(await shop.ClaimAsync(10)).Id);
    }

    [Fact]
    public async Task A_source_is_looked_at_by_one_job_however_often_it_is_asked_for()
    {
        await using var shop = await Workshop.OpenAsync(cluster);
        var source = Guid.CreateVersion7();
        await EnsureAsync(shop, source);
        var job = Assert.Single(await shop.OfKindAsync(WatchSource.Kind));
        Assert.Equal(source, JobArguments.Read<WatchSource>(job.Arguments).SourceId);
        await shop.SqlAsync($"update jobs set run_at = app_now() + interval '6 hours', waiting_for = 'NextSweep' where id = '{job.Id}'");
        await EnsureAsync(shop, source);
        var woken = Assert.Single(await shop.OfKindAsync(WatchSource.Kind));
        Assert.Equal((job.Id, null), (woken.Id, woken.WaitingFor));
        Assert.True(woken.RunAt <= await shop.NowAsync(), $"It waits until {woken.RunAt:O}.");

        await shop.SqlAsync($"update jobs set state = 'running', leased_until = app_now() + interval '1 hour' where id = '{job.Id}'");
        await EnsureAsync(shop, source);
        Assert.Equal([JobState.Running, JobState.Queued], (await shop.OfKindAsync(WatchSource.Kind)).Select(j => j.State));
    }

    static async Task EnsureAsync(Workshop shop, Guid source)
    {
        await using var db = shop.Db();
        await using var transaction = await db.Database.BeginTransactionAsync();
        await WatchSource.EnsureAsync(db, source, default);
        await transaction.CommitAsync();
    }

    static async Task<bool> WakeAsync(Workshop shop, string key)
    {
        await using var db = shop.Db();
        await using var transaction = await db.Database.BeginTransactionAsync();
        var woken = await JobQueue.WakeAsync(db, key, default);
        await transaction.CommitAsync();
        return woken;
    }
}
