using System.Diagnostics;
using System.Text;
using RecordingPlatform.Core.Redis;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Redis;

/// <summary>Servers that break the rules: whatever they do, nobody is given an answer that is not theirs, and nobody waits for long.</summary>
public sealed class RedisProtocolTests
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(20), CallTimeout = TimeSpan.FromMilliseconds(400);

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("HTTP/1.1 400 Bad Request\r\n\r\n")]
    [InlineData("$5\r\nvalueXX")]
    [InlineData("$-2\r\n")]
    [InlineData("$12a\r\n")]
    [InlineData("$1073741824\r\n")]
    [InlineData(":99999999999999999999\r\n")]
    [InlineData("*1000000000\r\n")]
    [InlineData("*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n")]
    [InlineData("$1\r\na\r\n$1\r\nb\r\n")]
    public async Task What_is_no_answer_drops_the_connection_and_is_nobodys_answer(string bytes)
    {
        await using var server = new ScriptedServer((command, send) => command is ["GET", "bad"] ? send(bytes) : send($"${command[1].Length}\r\n{command[1]}\r\n"));
        await using var redis = await ConnectAsync(server);

        var bad = await redis.TryGetAsync("bad", Ct);
        // Only an answer too many can have a good one before it.
        Assert.True(bad is null || bytes.StartsWith("$1\r\na\r\n", StringComparison.Ordinal));

        await Until.TrueAsync(() => Task.FromResult(server.Accepted >= 2), Patience, "it connected again");
        await ConditionAsync(redis, RedisCondition.Answering);
        await Until.TrueAsync(async () => Text(await redis.TryGetAsync("good", Ct)) == "good", Patience, "a good answer");
    }

    [Fact]
    public async Task A_line_without_an_end_is_not_collected_forever()
    {
        var sent = 0L;
        await using var server = new ScriptedServer(async (_, send) =>
        {
            await send("+");
            while (true)
            {
                await send(new string('x', 64 * 1024));
                Interlocked.Add(ref sent, 64 * 1024);
            }
        });
        await using var redis = await ConnectAsync(server);

        Assert.Null(await redis.TryGetAsync("key", Ct));

        await Until.TrueAsync(() => Task.FromResult(server.Accepted >= 2), Patience, "it connected again");
        Assert.InRange(Interlocked.Read(ref sent), 0, 64 * 1024 * 1024); // what buffers of the kernel hold on both sides included
    }

    [Fact]
    public async Task An_answer_in_single_bytes_is_read_as_if_it_came_at_once()
    {
        await using var server = new ScriptedServer(async (_, send) =>
        {
            foreach (var c in "$12\r\nab\r\ncd\0\u00ff$1\r\n\r\n")
                await send($"{c}");
        });
        await using var redis = await ConnectAsync(server, Patience);

        Assert.Equal("ab\r\ncd\0\u00ff$1\r\n", Text(await redis.TryGetAsync("key", Ct)));
    }

    [Fact]
    public async Task The_late_answer_to_a_call_that_timed_out_is_given_to_nobody_else()
    {
        var release = new TaskCompletionSource();
        await using var server = new ScriptedServer(async (command, send) =>
        {
            if (command is not ["GET", "slow"])
            {
                await send($"${command[1].Length}\r\n{command[1]}\r\n");
                return;
            }

            await send("$4\r\nsl"); // a sign of life, so that the connection is kept
            await release.Task;
            await send("ow\r\n");
        });
        await using var redis = await ConnectAsync(server);

        var slow = redis.TryGetAsync("slow", Ct).AsTask();
        Assert.Null(await slow);
        var next = redis.TryGetAsync("next", Ct).AsTask();
        var after = redis.TryGetAsync("after", Ct).AsTask();
        release.SetResult();

        Assert.Equal(("next", "after"), (Text(await next), Text(await after)));
        Assert.Equal(1, server.Accepted);
    }

    [Fact]
    public async Task A_call_that_was_cancelled_leaves_its_answer_to_nobody_else()
    {
        var release = new TaskCompletionSource();
        await using var server = new ScriptedServer(async (command, send) =>
        {
            await release.Task;
            await send($"${command[1].Length}\r\n{command[1]}\r\n");
        });
        await using var redis = await ConnectAsync(server, Patience);
        using var cancel = new CancellationTokenSource();

        var first = redis.TryGetAsync("first", cancel.Token).AsTask();
        var second = redis.TryGetAsync("second", Ct).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        release.SetResult();

        Assert.Equal("second", Text(await second));
    }

    [Fact]
    public async Task When_too_many_calls_wait_one_more_fails_at_once()
    {
        await using var server = new ScriptedServer((_, _) => Task.CompletedTask);
        await using var redis = await ConnectAsync(server, Patience, settings => settings with { MaxInFlight = 3, MaxUnsentBytes = 1_000_000 });
        using var cancel = new CancellationTokenSource();
        var waiting = Enumerable.Range(0, 3).Select(i => redis.TryGetAsync($"{i}", cancel.Token).AsTask()).ToList();

        var watch = Stopwatch.StartNew();
        Assert.Null(await redis.TryGetAsync("one more", Ct));

        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 2);
        Assert.All(waiting, w => Assert.False(w.IsCompleted));
        await cancel.CancelAsync();
    }

    [Fact]
    public async Task What_a_server_does_not_take_is_not_collected_beyond_the_limit()
    {
        var release = new TaskCompletionSource();
        await using var server = new ScriptedServer((_, _) => release.Task); // reads no further
        await using var redis = await ConnectAsync(server, 3 * Patience, settings => settings with { MaxUnsentBytes = 4 * 1024 * 1024 });
        using var cancel = new CancellationTokenSource();
        var value = new byte[1024 * 1024];

        var calls = Enumerable.Range(0, 60).Select(_ => redis.TrySetAsync("key", value, TimeSpan.FromMinutes(1), onlyIfAbsent: false, cancel.Token).AsTask()).ToList();

        await Until.TrueAsync(() => Task.FromResult(calls.Any(c => c.IsCompleted)), Patience, "some calls failed at once");
        Assert.True(calls.Count(c => c.IsCompletedSuccessfully && !c.Result) >= 20, $"{calls.Count(c => c.IsCompleted)} of 60 failed at once");
        await cancel.CancelAsync();
        release.SetResult();
    }

    [Fact]
    public async Task A_server_that_only_trickles_is_given_up_after_twice_the_limit()
    {
        await using var server = new ScriptedServer(async (_, send) =>
        {
            await send("$1000000\r\n");
            while (true)
            {
                await send("x");
                await Task.Delay(20);
            }
        });
        await using var redis = await ConnectAsync(server);

        var watch = Stopwatch.StartNew();
        while (server.Accepted < 2)
        {
            await redis.TryGetAsync("key", Ct);
            Assert.InRange(watch.Elapsed.TotalSeconds, 0, 10);
        }
    }

    static async Task<RedisClient> ConnectAsync(ScriptedServer server, TimeSpan? timeout = null, Func<RedisSettings, RedisSettings>? more = null)
    {
        var settings = new RedisSettings { Host = "127.0.0.1", Port = server.Port, CallTimeout = timeout ?? CallTimeout, KeepAlive = TimeSpan.FromMinutes(5) };
        var redis = new RedisClient(more?.Invoke(settings) ?? settings, TimeProvider.System, new LogLines());
        await ConditionAsync(redis, RedisCondition.Answering);
        return redis;
    }

    static Task ConditionAsync(RedisClient redis, RedisCondition condition) =>
        Until.TrueAsync(() => Task.FromResult(redis.Health.Condition == condition), Patience, $"Redis is {condition}");

    static string? Text(byte[]? bytes) => bytes is null ? null : Encoding.Latin1.GetString(bytes);
}
