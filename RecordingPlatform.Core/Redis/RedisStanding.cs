using Microsoft.Extensions.Logging;

namespace RecordingPlatform.Core.Redis;

public enum RedisCondition
{
    /// <summary>There is no connection string: nothing is expected of it.</summary>
    Off,

    /// <summary>Not yet reached for the first time, and not yet failed.</summary>
    Unknown,
    Answering,
    Away,
}

/// <summary>How Redis stands, for health and alerts. <see cref="Why"/> names neither keys nor passwords.</summary>
public sealed record RedisHealth(RedisCondition Condition, DateTimeOffset Since, string? Why);

/// <summary>What the links to one Redis say of it, put into one standing: one log line when it goes away, one when it is back.</summary>
internal sealed partial class RedisStanding(bool isOn, TimeProvider clock, ILogger logger)
{
    readonly Lock _gate = new();
    readonly Dictionary<string, string> _away = new(StringComparer.Ordinal);
    RedisHealth _health = new(isOn ? RedisCondition.Unknown : RedisCondition.Off, clock.GetUtcNow(), null);

    public RedisHealth Health => Volatile.Read(ref _health);

    public void Answers(string link)
    {
        lock (_gate)
        {
            _away.Remove(link);
            if (_away.Count > 0 || _health.Condition is RedisCondition.Answering)
                return;
            var before = _health;
            _health = new(RedisCondition.Answering, clock.GetUtcNow(), null);
            if (before.Condition is RedisCondition.Away)
                Log.Back(logger, _health.Since - before.Since);
        }
    }

    public void IsAway(string link, string why)
    {
        lock (_gate)
        {
            _away[link] = why;
            if (_health.Condition is RedisCondition.Away)
            {
                _health = _health with { Why = why };
                return;
            }

            _health = new(RedisCondition.Away, clock.GetUtcNow(), why);
            Log.Away(logger, why);
        }
    }

    static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Redis is away: {Why}. Everything works without it, slower; it is tried again on and on.")]
        public static partial void Away(ILogger logger, string why);

        [LoggerMessage(LogLevel.Information, "Redis is back after {Gap}.")]
        public static partial void Back(ILogger logger, TimeSpan gap);
    }
}
