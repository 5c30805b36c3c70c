using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using RecordingPlatform.Core.Redis;

namespace RecordingPlatform.Tests.Redis;

/// <summary>What the client logs, line by line.</summary>
internal sealed class LogLines : ILogger<RedisClient>
{
    readonly ConcurrentQueue<string> _lines = [];

    public IReadOnlyList<string> Lines => [.. _lines];

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Enqueue(formatter(state, exception));
}
