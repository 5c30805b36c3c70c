using RecordingPlatform.Core.Jobs;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Jobs;

public sealed class OutcomeTests(PostgresCluster cluster)
{
    [Fact]
    public async Task A_failing_job_waits_longer_each_time_and_is_dead_after_the_fifth_with_every_error_kept()
    {
        await using var shop = await Workshop.OpenAsync(cluster);
        var id = await shop.EnqueueAsync("fails");
        await shop.StartWorkerAsync((_, context, _, _) => throw new InvalidOperationException($"error {context.Fence}"), settings: ("Backoff", "00:00:15"));
        foreach (var (failures, longest) in ((int, TimeSpan)[])[(1, TimeSpan.FromSeconds(15)), (2, TimeSpan.FromSeconds(90)), (3, TimeSpan.FromMinutes(9)), (4, TimeSpan.FromMinutes(54))])
        {
            var before = await shop.NowAsync();
            var job = await shop.UntilAsync(id, j => j.Failures == failures, $"failure {failures}");
            Assert.Equal(JobState.Queued, job.State);
            // It may have failed a little before this test looked at the clock for the first time.
            Assert.InRange(job.RunAt, before - TimeSpan.FromSeconds(5) + longest / 2, await shop.NowAsync() + longest);
            await shop.MoveClockAsync(TimeSpan.FromHours(1));
        }
        var dead = await shop.UntilStateAsync(id, JobState.Dead);
        Assert.Equal(5, dead.Failures);
        Assert.NotNull(dead.FinishedAt);
        var errors = await shop.ErrorsAsync(id);
        Assert.Equal(5, errors.Count);
        Assert.All(errors.Index(), e => Assert.StartsWith($"System.InvalidOperationException: error {e.Index + 1}", e.Item, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Backoff_is_different_for_jobs_that_fail_together()
    {
        await using var shop = await Workshop.OpenAsync(cluster);
        var ids = new List<Guid>();
        for (var n = 0; n < 4; n++)
            ids.Add(await shop.EnqueueAsync("fails"));
        await shop.StartWorkerAsync((_, _, _, _) => throw new InvalidOperationException("together"), settings: ("Backoff", "01:00:00"));
        var times = new List<DateTimeOffset>();
        foreach (var id in ids)
            times.Add((await shop.UntilAsync(id, j => j.Failures == 1, "it failed")).RunAt);
        // Half an hour of spread: four within ten seconds of each other would be one chance in many millions.
        Assert.True(times.Max() - times.Min() > TimeSpan.FromSeconds(10), string.Join(", ", times));
    }

    [Fact]
    public async Task An_error_that_text_cannot_hold_is_still_counted_and_kept()
    {
        await using var shop = await Workshop.OpenAsync(cluster);
        var id = await shop.EnqueueAsync("fails");
        await shop.StartWorkerAsync((_, _, _, _) => throw new InvalidOperationException("nul \0 and half a pair \ud83d" + new string('x', 100_000)), settings: ("Backoff", "01:00:00"));
        await shop.UntilAsync(id, j => j.Failures == 1, "it failed");
        Assert.StartsWith("System.InvalidOperationException: nul \uFFFD and half a pair \uFFFDx", Assert.Single(await shop.ErrorsAsync(id)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_snooze_is_no_failure_and_says_what_it_waits_for()
    {
        await using var shop = await Workshop.OpenAsync(cluster);
        var until = (await shop.NowAsync()).AddHours(2);
        var delayed = await shop.EnqueueAsync("delay");
        var dated = await shop.EnqueueAsync("until");
        await shop.StartWorkerAsync((act, context, _, _) => Task.FromResult(
            context.Fence > 1 ? JobOutcome.Done
            : act.What == "until" ? JobOutcome.Snooze(until, "KeyUnavailable")
            : JobOutcome.Snooze(TimeSpan.FromHours(1), "KeyUnavailable")));
        var byDelay = await shop.UntilAsync(delayed, j => j.WaitingFor is not null, "it snoozes");
        var byDate = await shop.UntilAsync(dated, j => j.WaitingFor is not null, "it snoozes");
        Assert.All([byDelay, byDate], j => Assert.Equal((JobState.Queued, 0, "KeyUnavailable"), (j.State, j.Failures, j.WaitingFor)));
        Assert.InRange(byDelay.RunAt, until.AddMinutes(-61), (await shop.NowAsync()).AddHours(1));
        Assert.Equal(until, byDate.RunAt, TimeSpan.FromMilliseconds(1));
        await shop.MoveClockAsync(TimeSpan.FromHours(3));
        foreach (var id in (Guid[])[delayed, dated])
        {
            var done = await shop.UntilStateAsync(id, JobState.Done);
            Assert.Equal((0, 2L, (string?)null), (done.Failures, done.Fence, done.WaitingFor));
            Assert.Empty(await shop.ErrorsAsync(id));
        }
    }

    [Fact]
    public async Task A_job_handed_back_runs_elsewhere_without_a_failure()
    {
        await using var shop = await Workshop.OpenAsync(cluster);
        await shop.StartWorkerAsync((_, _, _, _) => Task.FromResult(JobOutcome.HandBack));
        var id = await shop.EnqueueAsync("no room here");
        await shop.UntilAsync(id, j => j is { State: JobState.Queued, Fence: 1 }, "it is handed back");
        await shop.StartWorkerAsync((_, _, _, _) => Task.FromResult(JobOutcome.Done));
        Assert.Equal(0, (await shop.UntilStateAsync(id, JobState.Done)).Failures);
    }

    [Fact]
    public async Task A_queued_job_is_dead_when_its_deadline_passes()
    {
        await using var shop = await Workshop.OpenAsync(cluster);
        var id = await shop.EnqueueAsync("too late", new() { Delay = TimeSpan.FromHours(2), DeadlineAt = (await shop.NowAsync()).AddHours(1) });
        var ran = false;
        await shop.MoveClockAsync(TimeSpan.FromHours(3));
        await shop.StartWorkerAsync((_, _, _, _) =>
        {
            ran = true;
            return Task.FromResult(JobOutcome.Done);
        });
        await shop.UntilStateAsync(id, JobState.Dead);
        Assert.False(ran);
        Assert.Contains("deadline passed", Assert.Single(await shop.ErrorsAsync(id)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_running_job_is_stopped_and_dead_when_its_deadline_passes()
    {
        await using var shop = await Workshop.OpenAsync(cluster);
        await shop.StartWorkerAsync(async (_, context, _, ct) =>
        {
            await Task.Delay(Timeout.Infinite, ct);
            return JobOutcome.Done;
        });
        var id = await shop.EnqueueAsync("slow", new() { DeadlineAt = (await shop.NowAsync()).AddSeconds(1.5) });
        var dead = await shop.UntilStateAsync(id, JobState.Dead);
        Assert.Equal((1L, 0), (dead.Fence, dead.Failures));
        Assert.StartsWith("Its deadline passed while it ran.", Assert.Single(await shop.ErrorsAsync(id)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_dead_job_that_is_requeued_has_five_tries_again_and_keeps_its_errors()
    {
        await using var shop = await Workshop.OpenAsync(cluster);
        var id = await shop.EnqueueAsync("mended later", new() { DeadlineAt = (await shop.NowAsync()).AddHours(1) });
        var mended = false;
        await shop.StartWorkerAsync((_, _, _, _) => mended ? Task.FromResult(JobOutcome.Done) : throw new InvalidOperationException("broken"));
        await shop.UntilStateAsync(id, JobState.Dead);
        await shop.MoveClockAsync(TimeSpan.FromHours(2));
        await using var db = shop.Db();
        Assert.Equal(1, (await JobQueue.DepthAsync(db, default)).Dead);
        Assert.Equal(RequeueOutcome.Queued, await JobQueue.RequeueAsync(db, id, default));
        await shop.UntilAsync(id, j => j is { State: JobState.Dead, Fence: 10 }, "it died a second time");
        mended = true;
        Assert.Equal(RequeueOutcome.Queued, await JobQueue.RequeueAsync(db, id, default));
        Assert.Equal(0, (await shop.UntilStateAsync(id, JobState.Done)).Failures);
        Assert.Equal(10, (await shop.ErrorsAsync(id)).Count);
        Assert.Equal(RequeueOutcome.NotDead, await JobQueue.RequeueAsync(db, id, default));
    }

    [Fact]
    public async Task A_dead_job_whose_work_is_queued_again_already_is_not_queued_twice()
    {
        await using var shop = await Workshop.OpenAsync(cluster);
        var id = await shop.EnqueueAsync("first", new() { UniqueKey = "k" });
        await shop.SqlAsync($"update jobs set state = 'dead', finished_at = app_now() where id = '{id}'");
        var successor = await shop.EnqueueAsync("second", new() { UniqueKey = "k" });
        await using var db = shop.Db();
        Assert.Equal(RequeueOutcome.Superseded, await JobQueue.RequeueAsync(db, id, default));
        Assert.Equal(successor, (await shop.JobAsync(id)).SupersededBy);
    }

    [Fact]
    public async Task Progress_is_shown_while_a_job_runs()
    {
        await using var shop = await Workshop.OpenAsync(cluster);
        var seen = new TaskCompletionSource();
        await shop.StartWorkerAsync(async (_, context, _, ct) =>
        {
            await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => context.ReportProgressAsync(double.NaN, ct));
            await context.ReportProgressAsync(0.25, ct);
            await context.ReportProgressAsync(0.5, ct);
            await seen.Task.WaitAsync(ct);
            return JobOutcome.Done;
        });
        var id = await shop.EnqueueAsync("long");
        Assert.Equal(0.25f, (await shop.UntilAsync(id, j => j.Progress is not null, "it reports")).Progress);
        seen.SetResult();
        Assert.Equal(1, (await shop.UntilStateAsync(id, JobState.Done)).Progress);
    }
}
