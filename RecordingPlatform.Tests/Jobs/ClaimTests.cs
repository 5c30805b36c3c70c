using System.Collections.Concurrent;
using RecordingPlatform.Core.Jobs;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Jobs;

public sealed class ClaimTests(PostgresCluster cluster)
{
    [Fact]
    public async Task Four_workers_run_each_of_200_jobs_exactly_once()
    {
        await using var shop = await Workshop.OpenAsync(cluster);
        var runs = new ConcurrentBag<(int Number, int Worker, long Fence)>();
        for (var worker = 0; worker < 4; worker++)
        {
            var me = worker;
            await shop.StartWorkerAsync((act, context, _, _) =>
            {
                runs.Add((act.Number, me, context.Fence));
                return Task.FromResult(JobOutcome.Done);
            });
        }
        await using var db = shop.Db();
        for (var n = 0; n < 200; n++)
            db.Enqueue(new Act("one of many", n));
        await db.SaveChangesAsync();
        await shop.UntilTrueAsync(async () => await shop.CountAsync($"jobs where kind = '{Act.Kind}' and state = 'done'") == 200, "200 jobs are done");
        Assert.Equal(Enumerable.Range(0, 200), runs.Select(r => r.Number).Order());
        Assert.All(runs, r => Assert.Equal(1, r.Fence));
        Assert.True(runs.DistinctBy(r => r.Worker).Count() > 1, "One worker ran everything.");
    }

    [Fact]
    public async Task Lower_priorities_run_first_and_among_equals_the_longest_due()
    {
        await using var shop = await Workshop.OpenAsync(cluster);
        var now = await shop.NowAsync();
        await shop.EnqueueAsync("low", new() { Priority = JobOptions.LowPriority, RunAt = now.AddHours(-3) });
        await shop.EnqueueAsync("normal, second", new() { RunAt = now.AddHours(-1) });
        await shop.EnqueueAsync("high but later", new() { Priority = JobOptions.HighPriority, RunAt = now.AddHours(1) });
        await shop.EnqueueAsync("normal, first", new() { RunAt = now.AddHours(-2) });
        await shop.EnqueueAsync("high", new() { Priority = JobOptions.HighPriority });
        var order = new ConcurrentQueue<string>();
        await shop.StartWorkerAsync((act, _, _, _) =>
        {
            order.Enqueue(act.What);
            return Task.FromResult(JobOutcome.Done);
        }, settings: ("Slots", "1"));
        await shop.UntilTrueAsync(() => Task.FromResult(order.Count >= 4), "four jobs ran");
        Assert.Equal(["high", "normal, first", "normal, second", "low"], order);
    }

    [Fact]
    public async Task A_job_of_a_kind_that_a_worker_does_not_know_is_left_to_one_that_does()
    {
        await using var shop = await Workshop.OpenAsync(cluster);
        await shop.StartWorkerAsync();
        var id = await shop.EnqueueAsync("unknown here");
        await shop.UntilTrueAsync(async () => await shop.CountAsync("jobs where kind = 'jobs.prune' and state = 'done'") == 1, "the worker works");
        Assert.Equal(0, (await shop.JobAsync(id)).Fence);
        await shop.StartWorkerAsync((_, _, _, _) => Task.FromResult(JobOutcome.Done));
        await shop.UntilStateAsync(id, JobState.Done);
    }

    [Fact]
    public async Task Poison_jobs_end_dead_and_hold_up_no_other()
    {
        await using var shop = await Workshop.OpenAsync(cluster);
        var throwing = await shop.EnqueueAsync("poison", new() { Priority = JobOptions.HighPriority });
        var unreadable = await shop.EnqueueAsync("unreadable", new() { Priority = JobOptions.HighPriority });
        await shop.SqlAsync($$"""update jobs set arguments = '{"what": 7}' where id = '{{unreadable}}'""");
        var others = new List<Guid>();
        for (var n = 0; n < 5; n++)
            others.Add(await shop.EnqueueAsync("good"));
        await shop.StartWorkerAsync((act, _, _, _) => act.What == "poison" ? throw new InvalidOperationException("poison") : Task.FromResult(JobOutcome.Done), settings: ("Slots", "1"));
        foreach (var other in others)
            Assert.Equal(0, (await shop.UntilStateAsync(other, JobState.Done)).Failures);
        foreach (var poison in (Guid[])[throwing, unreadable])
        {
            Assert.Equal(JobQueue.MaxFailures, (await shop.UntilStateAsync(poison, JobState.Dead)).Failures);
            Assert.Equal(JobQueue.MaxFailures, (await shop.ErrorsAsync(poison)).Count);
        }
        Assert.Contains("JsonException", (await shop.ErrorsAsync(unreadable))[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_job_that_blocks_its_thread_holds_up_only_its_slot()
    {
        await using var shop = await Workshop.OpenAsync(cluster);
        using var release = new ManualResetEventSlim();
        var blocking = await shop.EnqueueAsync("blocks");
        await shop.StartWorkerAsync((act, _, _, ct) =>
        {
            if (act.What == "blocks")
                release.Wait(ct);
            return Task.FromResult(JobOutcome.Done);
        }, settings: ("Slots", "2"));
        await shop.UntilStateAsync(blocking, JobState.Running);
        for (var n = 0; n < 3; n++)
            await shop.UntilStateAsync(await shop.EnqueueAsync("quick"), JobState.Done);
        release.Set();
        Assert.Equal(1, (await shop.UntilStateAsync(blocking, JobState.Done)).Fence);
    }

    [Fact]
    public async Task A_hint_wakes_a_worker_long_before_its_poll()
    {
        await using var shop = await Workshop.OpenAsync(cluster);
        await shop.StartWorkerAsync((_, _, _, _) => Task.FromResult(JobOutcome.Done), settings: ("Poll", "00:05:00"));
        await shop.UntilQuietAsync();
        // Each way a transaction can end: on its own, around several rows, and by the caller.
        await shop.UntilStateAsync(await shop.EnqueueAsync("alone"), JobState.Done);
        await using var db = shop.Db();
        var several = new[] { db.Enqueue(new Act("one of two")), db.Enqueue(new Act("two of two")) };
        await db.SaveChangesAsync();
        foreach (var job in several)
            await shop.UntilStateAsync(job.Id, JobState.Done);
        await using var transaction = await db.Database.BeginTransactionAsync();
        var inside = db.Enqueue(new Act("in a transaction"));
        await db.SaveChangesAsync();
        await transaction.CommitAsync();
        await shop.UntilStateAsync(inside.Id, JobState.Done);
    }

    [Fact]
    public async Task A_job_that_nobody_hinted_at_is_found_by_the_poll()
    {
        await using var shop = await Workshop.OpenAsync(cluster);
        await shop.StartWorkerAsync((_, _, _, _) => Task.FromResult(JobOutcome.Done));
        await shop.UntilQuietAsync();
        var id = Guid.CreateVersion7();
        await shop.SqlAsync($$"""insert into jobs (id, kind, arguments) values ('{{id}}', '{{Act.Kind}}', '{"what": "silent"}')""");
        await shop.UntilStateAsync(id, JobState.Done);
    }
}
