using System.Diagnostics;
using System.Globalization;
using System.Net;
using RecordingPlatform.Tests.Events;
using RecordingPlatform.Tests.Fixtures;
using RecordingPlatform.Tests.Redis;
using RecordingPlatform.Tests.Story;

namespace RecordingPlatform.Tests.Faults;

[Collection(nameof(Alone))]
public sealed class RedisFaultTests(PostgresCluster cluster)
{
    const string Hints = "recording_events_redis_hints_total";

    /// <summary>From the answer to an upload until its event is with the client, whatever becomes of Redis.</summary>
    static readonly TimeSpan Live = TimeSpan.FromSeconds(2);

    static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(1), Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_redis_that_is_killed_under_load_and_comes_back_loses_nothing_and_fails_nobody()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var platform = await StartAsync(redis);
        using var client = await platform.SignInAsync("admin");
        await using var traffic = await Traffic.StartAsync(platform);
        await using (var stream = await EventReader.OpenAsync(client))
        {
            await HintsAreHeardAsync(platform, redis);
            for (var turn = 0; turn < 2; turn++)
            {
                await traffic.FlowsAsync(5);
                await redis.KillAsync();
                await traffic.FlowsAsync(5);
                // How soon is measured below: here the load decides it.
                await IsToldAsync(client, stream);
                await redis.StartAgainAsync();
                await HintsAreHeardAsync(platform, redis);
                await IsToldAsync(client, stream);
            }
        }
        await traffic.EndAsync();
        traffic.AssertNobodyWasMisled();
        Assert.Equal(0, traffic.Broken);
        Assert.Equal(0, traffic.Answers(HttpStatusCode.ServiceUnavailable));
        await traffic.AssertNothingIsLostAsync();
        await Books.AssertBalancedAsync(platform);
    }

    [Fact]
    public async Task Live_events_go_on_in_time_while_redis_is_away_and_by_its_hints_once_it_is_back()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var platform = await StartAsync(redis);
        using var client = await platform.SignInAsync("admin");
        await using var stream = await EventReader.OpenAsync(client);
        await HintsAreHeardAsync(platform, redis);
        Assert.Equal(2, await ListenersAsync(platform, "events_written")); // the workers
        Assert.Equal(0, await ListenersAsync(platform, "events_sequenced"));
        for (var turn = 0; turn < 2; turn++)
        {
            await Books.WorkIsDoneAsync(platform);
            await IsToldInTimeAsync(client, stream);
            await redis.KillAsync();
            for (var n = 0; n < 3; n++)
                await IsToldInTimeAsync(client, stream);
            await redis.StartAgainAsync();
            await IsToldInTimeAsync(client, stream);
            await HintsAreHeardAsync(platform, redis);
        }
    }

    [Fact]
    public async Task A_redis_that_stands_still_holds_up_no_request_longer_than_its_time_out_and_no_event()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var platform = await StartAsync(redis);
        using var client = await platform.SignInAsync("admin");
        await using var stream = await EventReader.OpenAsync(client);
        var played = new List<Guid>();
        for (var n = 0; n < 4; n++)
            played.Add(await Platform.UploadAsync(client, SampleMedia.Speech));
        foreach (var id in played)
            await platform.WaitForAsync(client, id, "ready");
        await HintsAreHeardAsync(platform, redis);
        // What else a request needs the first time is warm, so that what is left to wait for is Redis.
        await PlayAsync(client, played[0]);
        redis.Stall();
        try
        {
            var slowest = TimeSpan.Zero;
            foreach (var id in played.Skip(1))
            {
                var took = await PlayAsync(client, id);
                slowest = took > slowest ? took : slowest;
                await IsToldInTimeAsync(client, stream);
            }
            Assert.InRange(slowest, TimeSpan.Zero, CallTimeout + TimeSpan.FromMilliseconds(500));
        }
        finally
        {
            redis.GoOn();
        }
        await HintsAreHeardAsync(platform, redis);
        await IsToldInTimeAsync(client, stream);
    }

    Task<Platform> StartAsync(RedisServer redis) => Platform.StartAsync(cluster, new PlatformSettings
    {
        Apis = 2,
        Workers = 2,
        Environment = new Dictionary<string, string>(Quick.Leases)
        {
            ["ConnectionStrings__redis"] = $"127.0.0.1:{redis.Port},password={RedisServer.Password},asyncTimeout={CallTimeout.TotalMilliseconds.ToString(CultureInfo.InvariantCulture)}",
        },
    });

    static async Task<int> ListenersAsync(Platform platform, string channel) =>
        (await platform.QueryAsync($"select pid from pg_stat_activity where query = 'listen {channel}' and datname = current_database()", asAdministrator: true)).Count;

    static async Task IsToldInTimeAsync(HttpClient client, EventReader stream) =>
        Assert.InRange(await IsToldAsync(client, stream), TimeSpan.Zero, Live);

    /// <summary>How long after the answer to an upload its event was there.</summary>
    static async Task<TimeSpan> IsToldAsync(HttpClient client, EventReader stream)
    {
        var id = await Platform.UploadAsync(client, SampleMedia.Speech);
        var watch = Stopwatch.StartNew();
        await stream.UntilAsync(e => e.Recording == id);
        return watch.Elapsed;
    }

    static async Task<TimeSpan> PlayAsync(HttpClient client, Guid id)
    {
        var link = await Platform.ReadAsync(await client.GetAsync($"api/v1/recordings/{id}/playback-url"), 200);
        var watch = Stopwatch.StartNew();
        using var answer = await client.GetAsync(link.GetProperty("url").GetString());
        Assert.True(answer.IsSuccessStatusCode, $"{(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
        return watch.Elapsed;
    }

    /// <summary>Until both apis listen at Redis, and an upload's hint has come to each that way.</summary>
    static async Task HintsAreHeardAsync(Platform platform, RedisServer redis)
    {
        await Until.TrueAsync(async () => (await redis.AskAsync("pubsub", "numsub", "rp:events_sequenced")).EndsWith("\n2", StringComparison.Ordinal), Patience, "both apis listen");
        for (var api = 0; api < platform.Apis.Count; api++)
        {
            var n = api;
            using var client = await platform.SignInAsync("admin", n);
            var heard = await HeardAsync(client);
            await Until.TrueAsync(async () =>
            {
                await Platform.UploadAsync(client, SampleMedia.Speech);
                return await HeardAsync(client) > heard;
            }, Patience, $"api {n} hears hints through Redis");
        }
    }

    static async Task<double> HeardAsync(HttpClient api)
    {
        var text = await api.GetStringAsync("metrics");
        return text.Split('\n').Where(line => line.StartsWith(Hints, StringComparison.Ordinal)).Sum(line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));
    }
}
