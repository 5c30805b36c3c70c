using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using RecordingPlatform.Core.Jobs;
using RecordingPlatform.Tests.Fixtures;
using RecordingPlatform.Worker.Jobs;

namespace RecordingPlatform.Tests.Jobs;

public sealed class RecurringTests(PostgresCluster cluster)
{
    static readonly Act Sweep = new("sweep");

    static void EveryHour(IServiceCollection services) => services.AddRecurringJob(Sweep, TimeSpan.FromHours(1));

    [Fact]
    public async Task Each_run_of_a_recurring_job_queues_exactly_one_next_run()
    {
        await using var shop = await Workshop.OpenAsync(cluster);
        for (var worker = 0; worker < 3; worker++)
            await shop.StartWorkerAsync((_, _, _, _) => Task.FromResult(JobOutcome.Done), also: EveryHour);
        for (var run = 1; run <= 3; run++)
        {
            await shop.UntilTrueAsync(async () => await DoneAsync(shop) == run, $"run {run} is done");
            var done = (await shop.OfKindAsync(Act.Kind)).Where(j => j.State == JobState.Done).MaxBy(j => j.RunAt)!;
            var next = Assert.Single(await shop.OfKindAsync(Act.Kind), j => j.State == JobState.Queued);
            Assert.Equal(done.RunAt.AddHours(1), next.RunAt);
            await shop.MoveClockAsync(TimeSpan.FromHours(1));
        }
    }

    [Fact]
    public async Task A_run_that_another_worker_queues_and_starts_at_the_same_moment_is_not_queued_twice()
    {
        await using var shop = await Workshop.OpenAsync(cluster);
        var recurring = new RecurringJob(Act.Kind, JobOptions.LowPriority, new Recurrence(TimeSpan.FromHours(1), JobArguments.Write(Sweep)));
        await using var db = shop.Db();
        await using var transaction = await db.Database.BeginTransactionAsync();
        db.Enqueue(Sweep, new() { UniqueKey = recurring.UniqueKey });
        await db.SaveChangesAsync();
        await db.Database.ExecuteSqlAsync($"update jobs set state = 'running', leased_until = app_now()");
        var ensuring = shop.Table().EnsureQueuedAsync(recurring, default);
        await shop.UntilTrueAsync(async () => ensuring.IsCompleted || await shop.CountAsync("pg_locks where locktype = 'advisory' and not granted") == 1, "the other worker has looked");
        await transaction.CommitAsync();
        Assert.False(await ensuring);
        Assert.Single(await shop.OfKindAsync(Act.Kind));
    }

    [Fact]
    public async Task The_next_run_is_queued_in_the_transaction_that_publishes()
    {
        await using var shop = await Workshop.OpenAsync(cluster);
        await shop.StartWorkerAsync(async (_, context, db, ct) =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync(ct);
            await context.CompleteInAsync(db, ct);
            if (context.Fence == 1)
                throw new InvalidOperationException("rolls back");
            await transaction.CommitAsync(ct);
            return JobOutcome.Done;
        }, also: EveryHour);
        await shop.UntilTrueAsync(async () => await DoneAsync(shop) == 1, "the second try is done");
        Assert.Equal([JobState.Done, JobState.Queued], (await shop.OfKindAsync(Act.Kind)).Select(j => j.State));
    }

    [Fact]
    public async Task Missed_runs_are_not_made_up_for_and_the_phase_is_kept()
    {
        await using var shop = await Workshop.OpenAsync(cluster);
        var worker = await shop.StartWorkerAsync((_, _, _, _) => Task.FromResult(JobOutcome.Done), also: EveryHour);
        await shop.UntilTrueAsync(async () => await DoneAsync(shop) == 1, "the first run is done");
        await worker.StopAsync();
        var first = (await shop.OfKindAsync(Act.Kind))[0];
        await shop.MoveClockAsync(TimeSpan.FromHours(3.5));
        await shop.StartWorkerAsync((_, _, _, _) => Task.FromResult(JobOutcome.Done), also: EveryHour);
        await shop.UntilTrueAsync(async () => await DoneAsync(shop) == 2, "one late run is done");
        var next = Assert.Single(await shop.OfKindAsync(Act.Kind), j => j.State == JobState.Queued);
        Assert.Equal(first.RunAt.AddHours(4), next.RunAt);
    }

    [Fact]
    public async Task A_recurring_job_that_died_has_its_next_run_all_the_same()
    {
        await using var shop = await Workshop.OpenAsync(cluster);
        await shop.StartWorkerAsync((_, _, _, _) => throw new InvalidOperationException("broken"), also: EveryHour);
        await shop.UntilTrueAsync(async () => await shop.CountAsync($"jobs where kind = '{Act.Kind}' and state = 'queued' and failures = 0 and fence = 0") == 1
            && await shop.CountAsync($"jobs where kind = '{Act.Kind}' and state = 'dead'") == 1, "a next run follows the dead one");
        var jobs = await shop.OfKindAsync(Act.Kind);
        Assert.Equal(2, jobs.Count);
        Assert.Equal(jobs[0].FinishedAt!.Value.AddHours(1), jobs[1].RunAt, TimeSpan.FromMilliseconds(1));
    }

    [Fact]
    public async Task Running_the_same_kind_by_hand_starts_no_second_series()
    {
        await using var shop = await Workshop.OpenAsync(cluster);
        await shop.StartWorkerAsync((_, _, _, _) => Task.FromResult(JobOutcome.Done), also: EveryHour);
        await shop.UntilStateAsync(await shop.EnqueueAsync("by hand"), JobState.Done);
        await shop.UntilTrueAsync(async () => await DoneAsync(shop) == 2, "both are done");
        Assert.Equal(1, await shop.CountAsync($"jobs where kind = '{Act.Kind}' and state = 'queued'"));
    }

    [Fact]
    public async Task Finished_jobs_are_removed_after_their_time_and_dead_ones_stay()
    {
        await using var shop = await Workshop.OpenAsync(cluster);
        var done = await shop.EnqueueAsync("done");
        var dead = await shop.EnqueueAsync("dead");
        await shop.StartWorkerAsync((act, _, _, _) => act.What == "dead" ? throw new InvalidOperationException("dies") : Task.FromResult(JobOutcome.Done));
        await shop.UntilStateAsync(done, JobState.Done);
        await shop.UntilStateAsync(dead, JobState.Dead);
        await shop.MoveClockAsync(TimeSpan.FromDays(29));
        var recent = await shop.EnqueueAsync("recent");
        await shop.UntilStateAsync(recent, JobState.Done);
        await shop.MoveClockAsync(TimeSpan.FromDays(2));
        await shop.UntilTrueAsync(async () => await shop.CountAsync($"jobs where id = '{done}'") == 0, "the old one is removed");
        Assert.Equal(JobState.Done, (await shop.JobAsync(recent)).State);
        Assert.Equal(5, (await shop.ErrorsAsync(dead)).Count);
    }

    static Task<long> DoneAsync(Workshop shop) => shop.CountAsync($"jobs where kind = '{Act.Kind}' and state = 'done'");
}
