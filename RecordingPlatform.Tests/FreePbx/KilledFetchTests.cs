using RecordingPlatform.Tests.Faults;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.FreePbx;

public sealed class KilledFetchTests(PostgresCluster cluster)
{
    [Fact]
    public async Task Whatever_a_worker_was_killed_in_there_is_exactly_one_recording()
    {
        await using var platform = new PbxPlatform(cluster) { Settings = new PlatformSettings { Environment = Quick.Leases } };
        await platform.InitializeAsync();
        await using var pbx = await platform.MountAsync();
        var worker = platform.Platform.Workers[0];
        foreach (var (sql, statement) in ((string, string)[])
        [
            ("lock table spool_files in share mode", "spool_files"),
            ("lock table recordings in share mode", "insert into recordings"),
            ("lock table data_keys in share mode", "insert into data_keys"),
        ])
        {
            await worker.StopAsync();
            var call = Pbx.NewCall();
            var sound = Sound.Wave(1);
            pbx.Write(pbx.NameOf(call), sound);
            await pbx.ReportAsync(call, "call_ended");
            await using (var held = await HeldLock.TakeAsync(platform.Platform, sql))
            {
                await worker.StartAsync();
                await held.StopsAsync(statement);
                await worker.KillAsync();
            }
            Assert.Empty(await pbx.RecordingsAsync(call.UniqueId));
            await worker.StartAsync();
            // Past the wait after a claim that died.
            await pbx.UntilAsync(async () =>
            {
                await pbx.HurryAsync("source.watch");
                await pbx.HurryAsync("spool.fetch");
                return await pbx.RecordingsAsync(call.UniqueId) is not [];
            }, "the recording is taken in");
            Assert.Equal(sound, await pbx.DownloadAsync(await pbx.TakenAsync(call)));
        }
        Assert.Equal(["3 3 3"], await pbx.AskAsync("""
            select concat_ws(' ', (select count(*) from recordings), (select count(*) from objects where role = 'original' and state = 'published'), (select count(*) from expectations where state = 'received'))
            """));
        await Books.AssertBalancedAsync(platform.Platform);
    }

    [Fact]
    public async Task A_worker_that_is_told_to_stop_leaves_a_watch_at_once_for_another()
    {
        await using var platform = new PbxPlatform(cluster) { Settings = new PlatformSettings { Environment = new Dictionary<string, string> { ["Jobs__Drain"] = "00:00:30" } } };
        await platform.InitializeAsync();
        await using var pbx = await platform.MountAsync();
        var call = Pbx.NewCall();
        await pbx.ReportAsync(call, "call_started");
        await pbx.UntilAsync(async () => await pbx.ExpectedAsync(call, "looks > 0") == "True", "it is watched");
        var stopping = System.Diagnostics.Stopwatch.StartNew();
        await platform.Platform.Workers[0].StopAsync();
        Assert.True(stopping.Elapsed < TimeSpan.FromSeconds(20), $"It took {stopping.Elapsed}.");
        Assert.Equal(["queued 0"], await pbx.AskAsync("select state || ' ' || failures from jobs where unique_key = 'watch:{source}' and state in ('queued', 'running', 'dead')"));
    }
}
