using System.Net;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Faults;

/// <summary>On a cluster of their own, whose commits wait for the disk as they do in earnest.</summary>
public sealed class DatabaseFaultTests
{
    [Fact]
    public async Task A_database_that_crashes_and_comes_back_has_lost_nothing_that_was_acknowledged()
    {
        await using var cluster = new PostgresCluster(durable: true);
        await using var platform = await Platform.StartAsync(cluster, new PlatformSettings { Apis = 2, Workers = 2, Environment = Quick.Leases });
        await using var traffic = await Traffic.StartAsync(platform);
        await traffic.FlowsAsync(10);
        await cluster.CrashAndRestartAsync();
        await traffic.FlowsAsync(10);
        await traffic.EndAsync();
        traffic.AssertNobodyWasMisled();
        await traffic.AssertNothingIsLostAsync();
        await Books.AssertBalancedAsync(platform);
    }

    [Fact]
    public async Task A_database_that_stands_still_is_waited_for_or_answered_with_come_back()
    {
        await using var cluster = new PostgresCluster(durable: true);
        await using var platform = await Platform.StartAsync(cluster, new PlatformSettings { Apis = 2, Workers = 2, Environment = Quick.Leases });
        await using var traffic = await Traffic.StartAsync(platform);
        await traffic.FlowsAsync(10);
        using (cluster.StandStill())
        {
            // The fault is this long; nothing is waited for.
            await Task.Delay(TimeSpan.FromSeconds(20));
            using var alive = await platform.Anonymous.GetAsync("alive");
            Assert.Equal(HttpStatusCode.OK, alive.StatusCode);
        }
        await traffic.FlowsAsync(10);
        await traffic.EndAsync();
        traffic.AssertNobodyWasMisled();
        await traffic.AssertNothingIsLostAsync();
        await Books.AssertBalancedAsync(platform);
    }
}
