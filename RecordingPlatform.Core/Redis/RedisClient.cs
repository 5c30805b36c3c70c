using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace RecordingPlatform.Core.Redis;

/// <summary>
/// Redis for what may be lost: caches and hints. No call throws because of Redis and none waits longer than
/// <see cref="RedisSettings.CallTimeout"/>; while Redis is known to be away, each answers at once that there is nothing.
/// Without settings it is off, which to callers is the same as away.
/// </summary>
public sealed class RedisClient : IAsyncDisposable
{
    static readonly Meter Meter = new("RecordingPlatform.Redis");
    static readonly Counter<long> Calls = Meter.CreateCounter<long>("recording.redis.calls", "{call}", "Calls of Redis by command and outcome.");

    readonly RedisStanding _standing;
    readonly RedisSubscriptions _subscriptions = new();
    readonly RedisLink? _commands;
    readonly RedisLink? _messages;
    readonly CancellationTokenSource _stop = new();
    readonly Lock _gate = new();
    readonly List<Task> _running = [];
    bool _listens;

    public RedisClient(RedisSettings? settings, TimeProvider clock, ILogger<RedisClient> logger)
    {
        _standing = new(settings is not null, clock, logger);
        if (settings is null)
            return;
        _commands = new("commands", settings, _standing, clock);
        _messages = new("messages", settings, _standing, clock)
        {
            Opened = _subscriptions.Use,
            Lost = _subscriptions.Forget,
            RenewsWhole = true,
        };
        _running.Add(Task.Run(() => _commands.RunAsync(_stop.Token)));
    }

    /// <summary>Whether there is one to use, away or not.</summary>
    public bool IsConfigured => _commands is not null;

    public RedisHealth Health => _standing.Health;

    public async ValueTask<bool> TryPingAsync(CancellationToken ct) =>
        await CallAsync("PING", new("PING"), ct) is { Kind: RespKind.Text };

    /// <summary>The value, or null when there is none or it cannot be had.</summary>
    public async ValueTask<byte[]?> TryGetAsync(string key, CancellationToken ct) =>
        await CallAsync("GET", new("GET", key), ct) is { Kind: RespKind.Bulk } found ? found.Bytes : null;

    /// <summary>Whether the value is there now. With <paramref name="onlyIfAbsent"/> false also when there was one before.</summary>
    public async ValueTask<bool> TrySetAsync(string key, ReadOnlyMemory<byte> value, TimeSpan lifetime, bool onlyIfAbsent, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(lifetime, TimeSpan.FromMilliseconds(1));
        var milliseconds = (long)lifetime.TotalMilliseconds;
        var command = onlyIfAbsent ? new RespCommand("SET", key, value, "PX", milliseconds, "NX") : new RespCommand("SET", key, value, "PX", milliseconds);
        return await CallAsync("SET", command, ct) is { IsOk: true };
    }

    /// <summary>Whether it is certainly gone now; false when Redis could not be asked.</summary>
    public async ValueTask<bool> TryDeleteAsync(string key, CancellationToken ct) =>
        await CallAsync("DEL", new("DEL", key), ct) is { Kind: RespKind.Integer };

    /// <summary>Whether Redis took it, which says nothing of who listens.</summary>
    public async ValueTask<bool> TryPublishAsync(string channel, ReadOnlyMemory<byte> message, CancellationToken ct) =>
        await CallAsync("PUBLISH", new("PUBLISH", channel, message), ct) is { Kind: RespKind.Integer };

    /// <summary>Listens until disposed, over every loss of the connection.</summary>
    public RedisSubscription Subscribe(string channel)
    {
        var subscription = _subscriptions.Add(channel);
        lock (_gate)
        {
            if (_messages is not null && !_listens && !_stop.IsCancellationRequested)
            {
                _listens = true;
                _running.Add(Task.Run(() => _messages.RunAsync(_stop.Token)));
            }
        }

        return subscription;
    }

    public async ValueTask DisposeAsync()
    {
        Task[] running;
        lock (_gate)
        {
            if (_stop.IsCancellationRequested)
                return;
            _stop.Cancel();
            running = [.. _running];
        }

        await Task.WhenAll(running);
        _stop.Dispose();
    }

    async ValueTask<RespReply?> CallAsync(string name, RespCommand command, CancellationToken ct)
    {
        if (_commands?.Current is not { } connection)
        {
            Count(name, "away");
            return null;
        }

        var reply = await connection.CallAsync(command, ct);
        Count(name, reply switch { null => "failed", { Kind: RespKind.Error } => "refused", _ => "answered" });
        // A sign-in that ran out: a new connection signs in anew, and says so when it cannot.
        if (reply?.ErrorCode is "NOAUTH" or "WRONGPASS")
            connection.Close($"{name} is refused ({reply.ErrorCode})");
        return reply is { Kind: RespKind.Error } ? null : reply;
    }

    static void Count(string command, string outcome) =>
        Calls.Add(1, new("command", command), new KeyValuePair<string, object?>("outcome", outcome));
}
