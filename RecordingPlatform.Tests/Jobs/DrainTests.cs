using Microsoft.Extensions.Options;
using RecordingPlatform.Core.Jobs;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Jobs;

public sealed class DrainTests(PostgresCluster cluster)
{
    [Fact]
    public async Task A_worker_told_to_stop_claims_nothing_more_and_lets_its_job_finish()
    {
        await using var shop = await Workshop.OpenAsync(cluster);
        var go = new TaskCompletionSource();
        var worker = await shop.StartWorkerAsync(async (_, _, _, ct) =>
        {
            await go.Task.WaitAsync(ct);
            return JobOutcome.Done;
        }, settings: ("Drain", "00:01:00"));
        var running = await shop.EnqueueAsync("running");
        await shop.UntilStateAsync(running, JobState.Running);
        var stopping = worker.StopAsync();
        await shop.UntilTrueAsync(() => Task.FromResult(shop.Said.Contains("Stops claiming", StringComparison.Ordinal)), "it drains");
        var late = await shop.EnqueueAsync("too late for this worker");
        go.SetResult();
        await stopping;
        Assert.Equal(JobState.Done, (await shop.JobAsync(running)).State);
        Assert.Equal((JobState.Queued, 0L), ((await shop.JobAsync(late)).State, (await shop.JobAsync(late)).Fence));
    }

    [Fact]
    public async Task A_job_that_drains_too_long_is_cancelled_and_handed_back_without_a_failure()
    {
        await using var shop = await Workshop.OpenAsync(cluster);
        var worker = await shop.StartWorkerAsync(async (_, _, _, ct) =>
        {
            await Task.Delay(Timeout.Infinite, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw new IOException("the killed child's pipe broke");
        });
        var id = await shop.EnqueueAsync("long");
        await shop.UntilStateAsync(id, JobState.Running);
        await worker.StopAsync();
        var job = await shop.JobAsync(id);
        Assert.Equal((JobState.Queued, 0, 1L), (job.State, job.Failures, job.Fence));
        Assert.True(job.RunAt <= await shop.NowAsync(), "It is due at once.");
        Assert.Empty(await shop.ErrorsAsync(id));
        await shop.StartWorkerAsync((_, _, _, _) => Task.FromResult(JobOutcome.Done));
        Assert.Equal((2L, 0), ((await shop.UntilStateAsync(id, JobState.Done)).Fence, job.Failures));
    }

    [Fact]
    public async Task A_job_that_ignores_its_cancellation_is_handed_back_and_its_late_publish_refused()
    {
        await using var shop = await Workshop.OpenAsync(cluster);
        var go = new TaskCompletionSource();
        var refused = new TaskCompletionSource<Exception?>();
        var worker = await shop.StartWorkerAsync(async (_, context, _, _) =>
        {
            await go.Task;
            await using var own = shop.Db();
            refused.SetResult(await Record.ExceptionAsync(() => context.CompleteInAsync(own, default)));
            return JobOutcome.Done;
        });
        var id = await shop.EnqueueAsync("stubborn");
        await shop.UntilStateAsync(id, JobState.Running);
        await worker.StopAsync();
        var job = await shop.JobAsync(id);
        Assert.Equal((JobState.Queued, 0), (job.State, job.Failures));
        go.SetResult();
        Assert.IsType<LostLeaseException>(await refused.Task.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal(JobState.Queued, (await shop.JobAsync(id)).State);
    }

    [Fact]
    public async Task Settings_that_cannot_work_are_named_all_at_once_when_the_worker_starts()
    {
        await using var shop = await Workshop.OpenAsync(cluster);
        var refused = await Assert.ThrowsAsync<OptionsValidationException>(() =>
            shop.StartWorkerAsync(settings: [("Slots", "0"), ("Lease", "00:00:00.5"), ("Poll", "00:00:00")]));
        Assert.Equal(["Jobs:Slots", "Jobs:Lease", "Jobs:Poll"], refused.Failures.Select(f => f.Split(' ')[0]));
    }
}
