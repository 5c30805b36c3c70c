using RecordingPlatform.Tests.Fixtures;
using RecordingPlatform.Tests.Story;

namespace RecordingPlatform.Tests.Faults;

public sealed class KilledWorkerTests(PostgresCluster cluster)
{
    [Fact]
    public async Task Whatever_a_worker_was_killed_in_another_makes_one_rendition_of_each_kind()
    {
        await using var platform = await Platform.StartAsync(cluster, new PlatformSettings { Apis = 2, Workers = 2, Environment = Quick.Leases });
        using var client = await platform.SignInAsync("admin");
        (string Point, string Lock, string Statement)[] points =
        [
            ("claimed, before it says that it began", "select id from recordings where id = '{0}' for update", "update recordings"),
            ("processed, before the first rendition has a row", "lock table objects in share mode", "insert into objects"),
            ("renditions in the store, before they are published", "lock table data_keys in share mode", "insert into data_keys"),
            ("publishing, before the audit row", "lock table audit in share mode", "insert into audit"),
        ];
        foreach (var (point, sql, statement) in points)
        {
            foreach (var worker in platform.Workers)
                await worker.StopAsync();
            var id = await Platform.UploadAsync(client, SampleMedia.Speech);
            await using (var held = await HeldLock.TakeAsync(platform, string.Format(System.Globalization.CultureInfo.InvariantCulture, sql, id)))
            {
                await platform.Workers[0].StartAsync();
                await held.StopsAsync(statement);
                await platform.Workers[0].KillAsync();
            }
            Assert.NotEqual("ready", (await Platform.ReadAsync(await client.GetAsync($"api/v1/recordings/{id}"), 200)).GetProperty("status").GetString());
            await platform.Workers[1].StartAsync();
            await platform.WaitForAsync(client, id, "ready");
            Assert.True(await platform.QueryAsync($"select role || ' ' || variant from objects where recording_id = '{id}' and state = 'published' order by 1") is ["original ", "playback high", "playback low", "waveform "], point);
        }
        await Books.AssertBalancedAsync(platform);
    }

    [Fact]
    public async Task A_stalled_worker_that_wakes_up_late_publishes_nothing()
    {
        await using var platform = await Platform.StartAsync(cluster, new PlatformSettings { Workers = 2, Environment = Quick.Leases });
        using var client = await platform.SignInAsync("admin");
        foreach (var worker in platform.Workers)
            await worker.StopAsync();
        var id = await Platform.UploadAsync(client, SampleMedia.Speech);
        await using (var held = await HeldLock.TakeAsync(platform, "lock table objects in share mode"))
        {
            await platform.Workers[0].StartAsync();
            await held.StopsAsync("insert into objects");
            platform.Workers[0].Service.Signal("STOP");
        }
        // Its lease ends while it stands still, and the other does the work.
        await platform.Workers[1].StartAsync();
        await platform.WaitForAsync(client, id, "ready");
        var made = await platform.QueryAsync($"select id from objects where recording_id = '{id}' and state = 'published' order by id");
        platform.Workers[0].Service.Signal("CONT");
        await Until.TrueAsync(() => Task.FromResult(platform.Workers[0].Service.Said.Contains("no longer this worker's", StringComparison.Ordinal)), TimeSpan.FromSeconds(60), "the woken worker says that it lost its lease");
        Assert.Equal(made, await platform.QueryAsync($"select id from objects where recording_id = '{id}' and state = 'published' order by id"));
        Assert.Equal(["ready"], await platform.QueryAsync($"select state from recordings where id = '{id}'"));
        await Books.AssertBalancedAsync(platform);
    }

    [Fact]
    public async Task Workers_killed_in_turn_under_load_process_everything_once()
    {
        await using var platform = await Platform.StartAsync(cluster, new PlatformSettings { Apis = 2, Workers = 2, Environment = Quick.Leases });
        await using var traffic = await Traffic.StartAsync(platform);
        for (var turn = 0; turn < 4; turn++)
        {
            await traffic.FlowsAsync(5);
            await platform.Workers[turn % 2].KillAsync();
            await platform.Workers[turn % 2].StartAsync();
        }
        await traffic.EndAsync();
        traffic.AssertNobodyWasMisled();
        await traffic.AssertNothingIsLostAsync();
        await Books.AssertBalancedAsync(platform);
    }
}
