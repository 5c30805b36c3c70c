using Microsoft.Extensions.Logging.Abstractions;
using RecordingPlatform.Core.Keys;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Keys;

public sealed class KekProbeTests(PostgresCluster cluster)
{
    [Fact]
    public async Task The_probe_asks_at_once_and_every_30_seconds_and_tells_when_the_KEK_is_back()
    {
        await using var rig = await KeyRig.StartAsync(cluster);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(KeyRig.Ct);
        var keys = rig.NewReplica();
        var probe = new KekProbe(keys, rig.Clock, NullLogger<KekProbe>.Instance);
        var recoveries = 0;
        probe.Recovered += (_, _) => Interlocked.Increment(ref recoveries);
        var running = probe.RunAsync(stop.Token);

        await ReachesAsync(KekCondition.Answering);
        rig.Fault.Fault = KekFault.Forbidden;
        rig.Clock.Advance(TimeSpan.FromSeconds(29));
        Assert.Equal(KekCondition.Answering, keys.Health.Condition);
        rig.Clock.Advance(TimeSpan.FromSeconds(1));
        await ReachesAsync(KekCondition.Denied);
        Assert.Equal(0, recoveries);
        rig.Fault.Fault = KekFault.None;
        rig.Clock.Advance(TimeSpan.FromSeconds(30));
        await ReachesAsync(KekCondition.Answering);
        await Until.TrueAsync(() => Task.FromResult(Volatile.Read(ref recoveries) == 1), TimeSpan.FromSeconds(20), "the recovery is told");

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);

        Task ReachesAsync(KekCondition condition) =>
            Until.TrueAsync(() => Task.FromResult(keys.Health.Condition == condition), TimeSpan.FromSeconds(20), $"the KEK is seen as {condition}");
    }

    [Fact]
    public async Task A_probed_process_takes_its_first_recording_without_the_KEK()
    {
        await using var rig = await KeyRig.StartAsync(cluster);
        var keys = await rig.NewWarmReplicaAsync();
        var calls = rig.Fault.Calls;
        await rig.PublishAsync(keys, KeyRig.Subject());
        Assert.Equal(calls, rig.Fault.Calls);
    }

    [Fact]
    public async Task A_revoked_key_is_dropped_while_the_database_is_away()
    {
        await using var rig = await KeyRig.StartAsync(cluster);
        var keys = await rig.NewWarmReplicaAsync();
        var published = await rig.PublishAsync(keys, KeyRig.Subject());
        await using var db = rig.NewDb();
        using var playing = await keys.OpenAsync(db, published.DataKeyId, KeyRig.Ct);
        rig.Fault.Fault = KekFault.Forbidden;
        await rig.CutOffAsync();
        var health = await keys.ProbeAsync(KeyRig.Ct);
        Assert.Equal(KekCondition.Denied, health.Condition);
        Assert.True(playing.Revoked.IsCancellationRequested);
    }
}
