using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Npgsql;
using RecordingPlatform.Core.Data;

namespace RecordingPlatform.Worker.Jobs;

/// <summary>
/// Claims as many due jobs as there are free slots and runs them, until told to stop; then drains. A job in a slot holds
/// up nothing but its slot.
/// </summary>
internal sealed partial class JobLoop(
    JobTable table, JobRunner runner, Leases leases, JobHints hints, JobUpkeep upkeep, Wake<JobLoop> wake, IOptions<JobSettings> settings, TimeProvider clock,
    ILogger<JobLoop> logger) : BackgroundService
{
    /// <summary>How long handlers have to end once they are cancelled: to kill their child processes and wait for them.</summary>
    public static readonly TimeSpan StopsWithin = TimeSpan.FromSeconds(2);

    readonly ConcurrentDictionary<Lease, Task> _running = new();
    readonly SemaphoreSlim _slots = new(settings.Value.Slots);

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
                var free = await TakeFreeSlotsAsync(ct);
                var claimed = await ClaimOnceAsync(free);
                if (claimed == free)
                    continue;
                _slots.Release(free - claimed);
                await wake.WaitAsync(settings.Value.Poll, ct);
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // The worker stops.
        }
    }

    async Task<int> TakeFreeSlotsAsync(CancellationToken ct)
    {
        await _slots.WaitAsync(ct);
        var taken = 1;
        while (_slots.Wait(0, CancellationToken.None))
            taken++;
        return taken;
    }

    // Not cancelled by a stop: a claim that commits while nobody reads its answer would count as one that died.
    async Task<int> ClaimOnceAsync(int most)
    {
        try
        {
            var claimedAt = clock.GetTimestamp();
            var claims = await table.ClaimAsync(most);
            foreach (var claim in claims)
                Start(leases.Hold(claim, claimedAt));
            return claims.Count;
        }
        catch (NpgsqlException e)
        {
            Log.ClaimFailed(logger, e, settings.Value.Poll);
            return 0;
        }
    }

    void Start(Lease lease)
    {
        // Unstarted until it is on the list, so that its end finds it there.
        var run = new Task<Task>(() => RunAsync(lease));
        _running[lease] = run.Unwrap();
        run.Start(TaskScheduler.Default);
    }

    async Task RunAsync(Lease lease)
    {
        try
        {
            await runner.RunAsync(lease);
        }
        finally
        {
            leases.Release(lease);
            _running.TryRemove(lease, out _);
            _slots.Release();
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
        _slots.Dispose();
        base.Dispose();
    }

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
