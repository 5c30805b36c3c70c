using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Npgsql;

namespace RecordingPlatform.Worker.Jobs;

/// <summary>Why a run's token was cancelled; the first reason stands, except that a lost lease outranks all.</summary>
internal enum StopReason { None, Draining, DeadlinePassed, LeaseLost }

/// <summary>
/// One claim's hold on its job. It stops the run by itself when it was not renewed in time, because the worker that
/// cannot reach the database is the one that nobody can tell.
/// </summary>
internal sealed class Lease : IDisposable
{
    readonly CancellationTokenSource _stop = new();
    readonly CancellationTokenSource _lost = new();
    readonly ITimer _unrenewed;
    readonly ITimer? _deadline;
    int _reason;

    public Lease(JobClaim claim, TimeSpan giveUpAfter, TimeProvider clock)
    {
        Claim = claim;
        _unrenewed = clock.CreateTimer(_ => Stop(StopReason.LeaseLost), null, giveUpAfter, Timeout.InfiniteTimeSpan);
        // A timer spans 49 days; a run that goes on for longer has other troubles than its deadline.
        if (claim.TimeLeft is { TotalDays: < 49 } left)
            _deadline = clock.CreateTimer(_ => Stop(StopReason.DeadlinePassed), null, left > TimeSpan.Zero ? left : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    public JobClaim Claim { get; }

    /// <summary>Cancelled for any reason.</summary>
    public CancellationToken Stopped => _stop.Token;

    public CancellationToken Lost => _lost.Token;

    public StopReason Reason => (StopReason)Volatile.Read(ref _reason);

    public void Renew(TimeSpan giveUpAfter) => _unrenewed.Change(giveUpAfter, Timeout.InfiniteTimeSpan);

    public void Stop(StopReason reason)
    {
        if (reason is StopReason.LeaseLost)
        {
            Volatile.Write(ref _reason, (int)reason);
            // Not Cancel: a handler's callback that throws would take the process with it.
            _ = _lost.CancelAsync();
        }
        else if (Interlocked.CompareExchange(ref _reason, (int)reason, (int)StopReason.None) is not (int)StopReason.None)
        {
            return;
        }
        _ = _stop.CancelAsync();
    }

    public void Dispose()
    {
        _unrenewed.Dispose();
        _deadline?.Dispose();
        // The sources have neither timer nor handle, and a handler may still look at its token.
    }
}

/// <summary>All claims of this process, renewed together by one heartbeat on a connection of its own.</summary>
internal sealed partial class Leases(JobTable table, NpgsqlDataSource source, IOptions<JobSettings> settings, TimeProvider clock, ILogger<Leases> logger)
{
    readonly ConcurrentDictionary<(Guid Id, long Fence), Lease> _held = new();

    public Lease Hold(JobClaim claim, long claimedAt)
    {
        var lease = new Lease(claim, LeftSince(claimedAt), clock);
        _held[(claim.Id, claim.Fence)] = lease;
        return lease;
    }

    public void Release(Lease lease)
    {
        _held.TryRemove((lease.Claim.Id, lease.Claim.Fence), out _);
        lease.Dispose();
    }

    public Lease[] Held => [.. _held.Values];

    /// <summary>Runs until cancelled. The connection is kept, because a pool that the handlers have emptied must not cost them their leases.</summary>
    public async Task BeatAsync(CancellationToken ct)
    {
        using var beat = new PeriodicTimer(settings.Value.Heartbeat, clock);
        NpgsqlConnection? connection = null;
        try
        {
            // At once, while no job has had the time to empty the pool.
            do
            {
                try
                {
                    connection ??= await source.OpenConnectionAsync(ct);
                    await RenewAsync(connection, ct);
                }
                catch (NpgsqlException e)
                {
                    Log.HeartbeatFailed(logger, e, _held.Count, settings.Value.GiveUpAfter);
                    if (connection is not null)
                        await connection.DisposeAsync();
                    connection = null;
                }
            }
            while (await beat.WaitForNextTickAsync(ct));
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // The worker has stopped.
        }
        finally
        {
            if (connection is not null)
                await connection.DisposeAsync();
        }
    }

    async Task RenewAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        var leases = Held;
        if (leases is [])
            return;
        var sentAt = clock.GetTimestamp();
        var held = await table.RenewAsync(connection, leases.Select(l => l.Claim).ToList(), ct);
        foreach (var lease in leases)
        {
            if (held.Contains((lease.Claim.Id, lease.Claim.Fence)))
                lease.Renew(LeftSince(sentAt));
            else
                lease.Stop(StopReason.LeaseLost);
        }
    }

    // From before the statement was sent, so that this clock never believes in more than the database granted.
    TimeSpan LeftSince(long timestamp)
    {
        var left = settings.Value.GiveUpAfter - clock.GetElapsedTime(timestamp);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "No heartbeat for {Jobs} running jobs; each stops when {GiveUpAfter} went by without one. Is the database reachable?")]
        public static partial void HeartbeatFailed(ILogger logger, Exception e, int jobs, TimeSpan giveUpAfter);
    }
}
