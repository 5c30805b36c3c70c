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
        using var stalled = await StallAsync(platform, client);
        // Its lease ends while it stands still, and the other does the work.
        await platform.Workers[1].StartAsync();
        await platform.WaitForAsync(client, stalled.RecordingId, "ready");
        var made = await PublishedAsync(platform, stalled.RecordingId);
        stalled.GoOn();
        // Its own clock tells it as it wakes up, so that it rarely comes as far as the fence.
        await Until.TrueAsync(() => Task.FromResult(platform.Workers[0].Service.Said.Contains("no longer this worker's", StringComparison.Ordinal)), TimeSpan.FromSeconds(60), "the woken worker says that it lost its lease");
        Assert.Equal(made, await PublishedAsync(platform, stalled.RecordingId));
        Assert.Equal(["ready"], await platform.QueryAsync($"select state from recordings where id = '{stalled.RecordingId}'"));
        await Books.AssertBalancedAsync(platform);
    }

    [Fact]
    public async Task A_stalled_worker_that_comes_to_publish_is_refused_and_goes_on_with_the_next_job()
    {
        // For a quarter of an hour neither its own clock nor a heartbeat tells a worker that it lost its job: its publishing transaction alone does.
        await using var platform = await Platform.StartAsync(cluster, new PlatformSettings
        {
            Workers = 2,
            Environment = new Dictionary<string, string>(Quick.Leases) { ["Jobs__Lease"] = "01:00:00", ["Jobs__Backoff"] = "00:00:00.001" },
        });
        using var client = await platform.SignInAsync("admin");
        using var stalled = await StallAsync(platform, client);
        var id = stalled.RecordingId;
        var job = Assert.Single(await platform.QueryAsync($"update jobs set leased_until = app_now() - interval '1 second' where recording_id = '{id}' and state = 'running' and fence = 1 returning id"));
        // The first thing that a worker does is to put back jobs whose lease ran out.
        await platform.Workers[1].StartAsync();
        await platform.WaitForAsync(client, id, "ready");
        var made = await PublishedAsync(platform, id);
        var heard = await client.GetByteArrayAsync($"api/v1/recordings/{id}/stream");
        // What is still being written is the first worker's.
        Assert.Single(await platform.QueryAsync($"select id from objects where owner_id = '{id}' and state = 'writing'"));
        stalled.GoOn();
        var refusal = await Until.NotNullAsync<string>(
            () => Task.FromResult(platform.Workers[0].Service.Said.Split('\n').FirstOrDefault(line => line.Contains($"Job {job} ", StringComparison.Ordinal) && line.Contains("no longer this worker's (fence 1)", StringComparison.Ordinal))),
            TimeSpan.FromSeconds(60), "the first worker says that its job is another's");
        // Thrown by the publishing transaction: had the worker been told before it came there, its work would have been cancelled instead.
        Assert.Contains("Error: LostLeaseException", refusal, StringComparison.Ordinal);
        Assert.Equal(made, await PublishedAsync(platform, id));
        Assert.Equal(["original ", "playback high", "playback low", "waveform "], await platform.QueryAsync($"select role || ' ' || variant from objects where owner_id = '{id}' order by 1"));
        Assert.Equal(heard, await client.GetByteArrayAsync($"api/v1/recordings/{id}/stream"));
        Assert.Equal(["done 2 1"], await platform.QueryAsync($"select state || ' ' || fence || ' ' || failures from jobs where id = '{job}'"));

        await platform.Workers[1].StopAsync();
        var next = await Platform.UploadAsync(client, SampleMedia.Speech);
        await platform.WaitForAsync(client, next, "ready");
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

    /// <summary>Stops the first worker when it has rendered an upload and is about to write the first rendition, and runs no other.</summary>
    static async Task<StalledWorker> StallAsync(Platform platform, HttpClient client)
    {
        foreach (var worker in platform.Workers)
            await worker.StopAsync();
        var id = await Platform.UploadAsync(client, SampleMedia.Speech);
        await using var held = await HeldLock.TakeAsync(platform, "lock table objects in share mode");
        await platform.Workers[0].StartAsync();
        await held.StopsAsync("insert into objects");
        platform.Workers[0].Service.Signal("STOP");
        return new StalledWorker(id, platform.Workers[0]);
    }

    /// <summary>Which objects a recording has, and what is in them.</summary>
    static Task<List<string>> PublishedAsync(Platform platform, Guid id) => platform.QueryAsync(
        $"select role || ' ' || variant || ' ' || id || ' ' || encode(sha256, 'hex') from objects where recording_id = '{id}' and state = 'published' order by 1");

    /// <summary>Stands still until it is told to go on, at the latest when disposed: a process that is stopped cannot end.</summary>
    sealed class StalledWorker(Guid recordingId, Replica worker) : IDisposable
    {
        public Guid RecordingId => recordingId;

        public void GoOn() => worker.Service.Signal("CONT");

        public void Dispose() => GoOn();
    }
}
