using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Npgsql;
using RecordingPlatform.Core.Data;

namespace RecordingPlatform.Worker.Jobs;

/// <summary>
/// Claims as many due jobs as there are free slots and runs them, until told to stop; then drains. A job in a slot holds
/// up nothing but its slot; jobs that fetch and jobs that wait have slots of their own.
/// </summary>
internal sealed partial class JobLoop(
    JobTable table, JobKinds kinds, JobRunner runner, Leases leases, JobHints hints, JobUpkeep upkeep, Wake<JobLoop> wake, IOptions<JobSettings> settings, TimeProvider clock,
    ILogger<JobLoop> logger) : BackgroundService
{
    /// <summary>How long handlers have to end once they are cancelled: to kill their child processes and wait for them.</summary>
    public static readonly TimeSpan StopsWithin = TimeSpan.FromSeconds(2);

    readonly ConcurrentDictionary<Lease, Task> _running = new();
    readonly Lane[] _lanes =
    [
        new(kinds.NamesIn(JobLane.Work), new(settings.Value.Slots)),
        new(kinds.NamesIn(JobLane.Fetch), new(settings.Value.FetchingSlots)),
        new(kinds.NamesIn(JobLane.Wait), new(settings.Value.WaitingSlots)),
    ];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        Log.Started(logger, settings.Value.Slots, settings.Value.Lease);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        using var drained = new CancellationTokenSource();
        // Leases are renewed for as long as jobs drain.
        var heartbeat = leases.BeatAsync(drained.Token);
        Task[] parts = [ClaimAsync(stop.Token), hints.ListenAsync(stop.Token), upkeep.RunAsync(stop.Token)];
        await Task.WhenAny([heartbeat, .. parts]);
        await stop.CancelAsync();
        await Task.WhenAll(parts).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await DrainAsync();
        await drained.CancelAsync();
        // A part that failed ends the process: a worker without a heartbeat or without upkeep must not look alive.
        await Task.WhenAll([heartbeat, .. parts]);
    }

    async Task ClaimAsync(CancellationToken ct)
    {
        try
        {
            while (!ct.IsCancellationRequested)
            {
                var mayBeMore = false;
                foreach (var lane in _lanes)
                    mayBeMore |= await FillAsync(lane);
                // A slot that becomes free sets it.
                if (!mayBeMore)
                    await wake.WaitAsync(settings.Value.Poll, ct);
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // The worker stops.
        }
    }

    /// <returns>Whether all that was free is taken, so that more may be due.</returns>
    async Task<bool> FillAsync(Lane lane)
    {
        var free = 0;
        while (lane.Kinds.Length > 0 && lane.Slots.Wait(0, CancellationToken.None))
            free++;
        if (free == 0)
            return false;
        var claimed = await ClaimOnceAsync(lane, free);
        if (claimed < free)
            lane.Slots.Release(free - claimed);
        return claimed == free;
    }

    // Not cancelled by a stop: a claim that commits while nobody reads its answer would count as one that died.
    async Task<int> ClaimOnceAsync(Lane lane, int most)
    {
        try
        {
            var claimedAt = clock.GetTimestamp();
            var claims = await table.ClaimAsync(most, lane.Kinds);
            foreach (var claim in claims)
                Start(lane, leases.Hold(claim, claimedAt));
            return claims.Count;
        }
        catch (NpgsqlException e)
        {
            Log.ClaimFailed(logger, e, settings.Value.Poll);
            return 0;
        }
    }

    void Start(Lane lane, Lease lease)
    {
        // Unstarted until it is on the list, so that its end finds it there.
        var run = new Task<Task>(() => RunAsync(lane, lease));
        _running[lease] = run.Unwrap();
        run.Start(TaskScheduler.Default);
    }

    async Task RunAsync(Lane lane, Lease lease)
    {
        try
        {
            await runner.RunAsync(lease);
        }
        finally
        {
            leases.Release(lease);
            _running.TryRemove(lease, out _);
            lane.Slots.Release();
            // A job with the same key may have waited for this one.
            wake.Set();
        }
    }

    async Task DrainAsync()
    {
        if (_running.IsEmpty)
            return;
        Log.Draining(logger, _running.Count, settings.Value.Drain);
        if (await AllEndedAsync(settings.Value.Drain))
            return;
        foreach (var lease in _running.Keys)
            lease.Stop(StopReason.Draining);
        if (await AllEndedAsync(StopsWithin))
            return;
        foreach (var lease in _running.Keys)
        {
            Log.Stubborn(logger, lease.Claim.Id, lease.Claim.Kind);
            try
            {
                await table.HandBackAsync(lease.Claim, TimeSpan.Zero, CancellationToken.None);
            }
            catch (NpgsqlException e)
            {
                Log.NotHandedBack(logger, e, lease.Claim.Id, lease.Claim.Kind);
            }
        }
    }

    async Task<bool> AllEndedAsync(TimeSpan limit)
    {
        var all = Task.WhenAll(_running.Values);
        using var early = new CancellationTokenSource();
        await Task.WhenAny(all, Task.Delay(limit, clock, early.Token));
        await early.CancelAsync();
        return all.IsCompleted;
    }

    public override void Dispose()
    {
        foreach (var lane in _lanes)
            lane.Slots.Dispose();
        base.Dispose();
    }

    sealed record Lane(string[] Kinds, SemaphoreSlim Slots);

    static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Runs up to {Slots} jobs at a time, each on a lease of {Lease}")]
        public static partial void Started(ILogger logger, int slots, TimeSpan lease);

        [LoggerMessage(LogLevel.Error, "Could not claim jobs; looks again within {Poll}. Is the database reachable?")]
        public static partial void ClaimFailed(ILogger logger, Exception e, TimeSpan poll);

        [LoggerMessage(LogLevel.Information, "Stops claiming; {Jobs} running jobs have {Drain} to finish before they are handed back")]
        public static partial void Draining(ILogger logger, int jobs, TimeSpan drain);

        [LoggerMessage(LogLevel.Warning, "Job {JobId} ({Kind}) did not stop when cancelled; it is handed back, and what it still does here is refused")]
        public static partial void Stubborn(ILogger logger, Guid jobId, string kind);

        [LoggerMessage(LogLevel.Error, "Job {JobId} ({Kind}) could not be handed back; it runs again once its lease has run out, counted as a failure")]
        public static partial void NotHandedBack(ILogger logger, Exception e, Guid jobId, string kind);
    }
}
