using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using RecordingPlatform.Core.Redis;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Redis;

public sealed class RedisClientTests
{
    static readonly TimeSpan Hour = TimeSpan.FromHours(1), Patience = TimeSpan.FromSeconds(20);

    readonly LogLines _log = new();

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_set_is_got_until_its_lifetime_is_over()
    {
        await using var server = await RedisServer.StartAsync();
        await using var redis = await ConnectAsync(server.Settings);
        byte[] value = [0, 13, 10, 255, 36];

        Assert.Null(await redis.TryGetAsync("absent", Ct));
        Assert.True(await redis.TrySetAsync("key", value, Hour, onlyIfAbsent: false, Ct));
        Assert.Equal(value, await redis.TryGetAsync("key", Ct));
        Assert.InRange(long.Parse(await server.AskAsync("PTTL", "key"), System.Globalization.CultureInfo.InvariantCulture), 3_590_000, 3_600_000);
        Assert.True(await redis.TrySetAsync("empty", ReadOnlyMemory<byte>.Empty, Hour, onlyIfAbsent: false, Ct));
        Assert.Empty((await redis.TryGetAsync("empty", Ct))!);

        Assert.False(await redis.TrySetAsync("key", "other"u8.ToArray(), Hour, onlyIfAbsent: true, Ct));
        Assert.Equal(value, await redis.TryGetAsync("key", Ct));
        Assert.True(await redis.TryDeleteAsync("key", Ct));
        Assert.True(await redis.TrySetAsync("key", "other"u8.ToArray(), TimeSpan.FromMilliseconds(50), onlyIfAbsent: true, Ct));
        await Until.TrueAsync(async () => await redis.TryGetAsync("key", Ct) is null, Patience, "the value is gone");
    }

    [Fact]
    public async Task Ten_thousand_calls_in_flight_from_many_callers_each_get_their_own_answer_in_order()
    {
        await using var server = await RedisServer.StartAsync();
        await using var redis = await ConnectAsync(server.Settings with { CallTimeout = Patience });
        const int Callers = 100, Each = 100;

        var answers = await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(async () =>
        {
            // All sent before one is awaited; the read follows its write on the same connection, so it sees it.
            var reads = Enumerable.Range(0, Each / 2).Select(i =>
            {
                var set = redis.TrySetAsync($"{caller}", Text($"{caller}:{i}"), Hour, onlyIfAbsent: false, Ct).AsTask();
                return (set, get: redis.TryGetAsync($"{caller}", Ct).AsTask(), expected: $"{caller}:{i}");
            }).ToList();
            var right = 0;
            foreach (var (set, get, expected) in reads)
            {
                if (await set && Encoding.UTF8.GetString(await get ?? []) == expected)
                    right++;
            }

            return right * 2;
        })));

        Assert.Equal(10_000, answers.Sum());
        Assert.Contains("total_connections_received:2", await server.AskAsync("INFO", "stats"), StringComparison.Ordinal); // ours, and redis-cli's
    }

    [Fact]
    public async Task A_user_of_its_own_a_database_and_a_name_are_as_the_connection_string_says()
    {
        await using var server = await RedisServer.StartAsync("--user", "recorder", "on", ">hunter2", "~*", "&*", "+@all");
        await using var redis = await ConnectAsync(RedisSettings.Parse($"127.0.0.1:{server.Port},user=recorder,password=hunter2,defaultDatabase=3,name=api-1"));

        Assert.True(await redis.TrySetAsync("key", Text("here"), Hour, onlyIfAbsent: false, Ct));

        Assert.Equal("here", await server.AskAsync("-n", "3", "GET", "key"));
        var clients = await server.AskAsync("CLIENT", "LIST");
        Assert.Contains(" name=api-1 ", clients, StringComparison.Ordinal);
        Assert.Contains(" user=recorder ", clients, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_password_is_a_Redis_that_is_away_and_never_in_the_log()
    {
        await using var server = await RedisServer.StartAsync();
        await using var redis = new RedisClient(server.Settings with { Password = "not-this-one" }, TimeProvider.System, _log);

        await ConditionAsync(redis, RedisCondition.Away);

        Assert.Equal("AUTH is refused (WRONGPASS)", redis.Health.Why);
        Assert.False(await redis.TryPingAsync(Ct));
        Assert.DoesNotContain(_log.Lines, l => l.Contains("not-this-one", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_token_signs_in_and_is_renewed_before_it_expires_without_losing_the_connection()
    {
        await using var server = await RedisServer.StartAsync("--user", "entra", "on", ">first", ">second", "~*", "&*", "+@all");
        var asked = 0;
        await using var redis = await ConnectAsync(server.Settings with
        {
            Token = _ => ValueTask.FromResult(new RedisToken("entra", Interlocked.Increment(ref asked) == 1 ? "first" : "second", DateTimeOffset.UtcNow.AddSeconds(2))),
        });
        await Until.TrueAsync(async () => (await server.AskAsync("CLIENT", "LIST")).Contains("cmd=auth", StringComparison.Ordinal), Patience, "it signed in again");

        Assert.InRange(asked, 2, 20);
        Assert.True(await redis.TryPingAsync(Ct));
        Assert.DoesNotContain(_log.Lines, l => l.Contains("away", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Killed_and_started_again_it_is_found_again_and_each_change_is_one_line()
    {
        await using var server = await RedisServer.StartAsync();
        await using var redis = await ConnectAsync(server.Settings);

        await server.KillAsync();
        await ConditionAsync(redis, RedisCondition.Away);
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < 1000; i++)
            Assert.Null(await redis.TryGetAsync("key", Ct));
        Assert.InRange(watch.Elapsed.TotalMilliseconds / 1000, 0, 5);
        Assert.False(await redis.TrySetAsync("key", Text("v"), Hour, onlyIfAbsent: false, Ct));
        Assert.False(await redis.TryPublishAsync("channel", Text("v"), Ct));

        await server.StartAgainAsync();
        await ConditionAsync(redis, RedisCondition.Answering);

        Assert.True(await redis.TryPingAsync(Ct));
        Assert.Equal(["Redis is away", "Redis is back "], _log.Lines.Select(l => l[..Math.Min(l.Length, 14)].TrimEnd(':')));
    }

    [Fact]
    public async Task A_stalled_server_fails_calls_in_time_and_then_at_once_and_is_found_again()
    {
        await using var server = await RedisServer.StartAsync();
        await using var redis = await ConnectAsync(server.Settings with { CallTimeout = TimeSpan.FromMilliseconds(300), ConnectTimeout = TimeSpan.FromSeconds(1), KeepAlive = TimeSpan.FromMinutes(5) });
        Assert.True(await redis.TrySetAsync("key", Text("value"), Hour, onlyIfAbsent: false, Ct));

        server.Stall();
        var watch = Stopwatch.StartNew();
        var stalled = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => redis.TryGetAsync("key", Ct).AsTask()));
        Assert.All(stalled, Assert.Null);
        Assert.InRange(watch.Elapsed.TotalSeconds, 0.25, 5);

        await ConditionAsync(redis, RedisCondition.Away);
        watch.Restart();
        for (var i = 0; i < 100; i++)
            Assert.Null(await redis.TryGetAsync("key", Ct));
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 0.5);

        server.GoOn();
        await ConditionAsync(redis, RedisCondition.Answering);
        Assert.Equal("value", Encoding.UTF8.GetString((await redis.TryGetAsync("key", Ct))!));
    }

    [Fact]
    public async Task A_subscriber_hears_again_after_a_restart_and_is_told_that_it_may_have_missed_something()
    {
        await using var server = await RedisServer.StartAsync();
        await using var redis = await ConnectAsync(server.Settings);
        using var subscription = redis.Subscribe("events");
        await using var news = subscription.ReadAllAsync(Ct).GetAsyncEnumerator(Ct);

        Assert.True((await NextAsync(news)).MayHaveMissed);
        Assert.Equal("1", await server.AskAsync("PUBLISH", "events", "one"));
        Assert.True(await redis.TryPublishAsync("events", Text("two"), Ct));
        Assert.Equal("one", Said(await NextAsync(news)));
        Assert.Equal("two", Said(await NextAsync(news)));

        await server.KillAsync();
        await server.StartAgainAsync();
        Assert.True((await NextAsync(news)).MayHaveMissed);
        Assert.Equal("1", await server.AskAsync("PUBLISH", "events", "three"));
        Assert.Equal("three", Said(await NextAsync(news)));

        subscription.Dispose();
        await Until.TrueAsync(async () => await server.AskAsync("PUBLISH", "events", "four") == "0", Patience, "nobody is subscribed");
    }

    [Fact]
    public async Task A_subscriber_that_does_not_read_costs_bounded_memory_and_learns_that_it_missed_something()
    {
        await using var server = await RedisServer.StartAsync();
        await using var redis = await ConnectAsync(server.Settings);
        using var slow = redis.Subscribe("events");
        using var other = redis.Subscribe("events");
        await using var news = slow.ReadAllAsync(Ct).GetAsyncEnumerator(Ct);
        Assert.True((await NextAsync(news)).MayHaveMissed);
        await using var witness = other.ReadAllAsync(Ct).GetAsyncEnumerator(Ct);

        const int Sent = RedisSubscription.Capacity + 500;
        for (var i = 0; i < Sent; i++)
        {
            Assert.True(await redis.TryPublishAsync("events", Text($"{i}"), Ct));
            while (Said(await NextAsync(witness)) != $"{i}")
            {
                // Until the last one has certainly been delivered to both.
            }
        }

        List<RedisNews> got = [];
        while (got.Count(n => !n.MayHaveMissed) < RedisSubscription.Capacity - 2)
            got.Add(await NextAsync(news));
        Assert.Contains(got, n => n.MayHaveMissed);
        var numbers = got.Where(n => !n.MayHaveMissed).Select(n => int.Parse(Said(n), System.Globalization.CultureInfo.InvariantCulture)).ToList();
        Assert.Equal(numbers.Order(), numbers);
        Assert.DoesNotContain(Sent - 1, numbers);
    }

    [Fact]
    public async Task Without_a_connection_string_there_is_nothing_and_nothing_fails()
    {
        await using var redis = new RedisClient(null, TimeProvider.System, NullLogger<RedisClient>.Instance);

        Assert.Equal(RedisCondition.Off, redis.Health.Condition);
        Assert.Null(await redis.TryGetAsync("key", Ct));
        Assert.False(await new RedisCache(redis).SetAsync("key", Text("v"), Hour, Ct));
        using var subscription = redis.Subscribe("events");
    }

    async Task<RedisClient> ConnectAsync(RedisSettings settings)
    {
        var redis = new RedisClient(settings, TimeProvider.System, _log);
        await ConditionAsync(redis, RedisCondition.Answering);
        return redis;
    }

    static Task ConditionAsync(RedisClient redis, RedisCondition condition) =>
        Until.TrueAsync(() => Task.FromResult(redis.Health.Condition == condition), Patience, $"Redis is {condition}");

    static async Task<RedisNews> NextAsync(IAsyncEnumerator<RedisNews> news)
    {
        Assert.True(await news.MoveNextAsync().AsTask().WaitAsync(Patience, Ct));
        return news.Current;
    }

    static string Said(RedisNews news) => news.Message is { } message ? Encoding.UTF8.GetString(message.Span) : "(may have missed)";

    static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);
}
