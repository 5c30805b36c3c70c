using System.Diagnostics;
using System.Globalization;
using RecordingPlatform.Tests.Events;
using RecordingPlatform.Tests.Fixtures;
using RecordingPlatform.Tests.Redis;
using RecordingPlatform.Tests.Story;

namespace RecordingPlatform.Tests.Faults;

public sealed class RedisFaultTests(PostgresCluster cluster)
{
    const string Hints = "recording_events_redis_hints_total";

    /// <summary>From the answer to an upload until its event is with the client, whatever becomes of Redis.</summary>
    static readonly TimeSpan Live = TimeSpan.FromSeconds(2);

    static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(1), Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_redis_that_is_killed_and_comes_back_costs_nobody_anything_but_time()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var platform = await StartAsync(redis);
        using var client = await platform.SignInAsync("admin");
        await using var traffic = await Traffic.StartAsync(platform);
        await using (var before = await EventReader.OpenAsync(client))
        {
            await HintsAreHeardAsync(platform, redis);
            for (var turn = 0; turn < 2; turn++)
            {
                await traffic.FlowsAsync(5);
                await IsToldInTimeAsync(client, before);
                await redis.KillAsync();
                await traffic.FlowsAsync(5);
                await IsToldInTimeAsync(client, before);
                await IsToldInTimeAsync(client, before);
                await redis.StartAgainAsync();
                await IsToldInTimeAsync(client, before);
                await HintsAreHeardAsync(platform, redis);
            }
        }
        await traffic.EndAsync();
        traffic.AssertNobodyWasMisled();
        Assert.Equal(0, traffic.Broken);
        Assert.Equal(0, traffic.Answers(System.Net.HttpStatusCode.ServiceUnavailable));
        await traffic.AssertNothingIsLostAsync();
        await Books.AssertBalancedAsync(platform);
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

    static async Task IsToldInTimeAsync(HttpClient client, EventReader stream)
    {
        var id = await Platform.UploadAsync(client, SampleMedia.Speech);
        var watch = Stopwatch.StartNew();
        await stream.UntilAsync(e => e.Recording == id);
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, Live);
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
