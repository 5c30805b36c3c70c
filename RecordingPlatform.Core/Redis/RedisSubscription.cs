using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace RecordingPlatform.Core.Redis;

/// <summary>A message, or the news that some may have been missed: then what they would have said must be read from where it is kept.</summary>
public readonly record struct RedisNews(ReadOnlyMemory<byte>? Message)
{
    public bool MayHaveMissed => Message is null;
}

/// <summary>
/// What comes on one channel, for one reader, in order. <see cref="RedisNews.MayHaveMissed"/> is told each time it takes hold, the
/// first time too, and when the reader is too slow for what comes; always after the loss, so that reading then finds what was lost.
/// </summary>
public sealed class RedisSubscription : IDisposable
{
    /// <summary>A reader this far behind reads where it is kept anyway.</summary>
    internal const int Capacity = 1024;

    readonly Channel<RedisNews> _news = System.Threading.Channels.Channel.CreateBounded<RedisNews>(
        new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.Wait });
    readonly Action<RedisSubscription> _ended;
    bool _missed;

    internal RedisSubscription(string channel, Action<RedisSubscription> ended) => (Channel, _ended) = (channel, ended);

    public string Channel { get; }

    /// <summary>Everything from now on, until it is cancelled or the subscription disposed.</summary>
    public async IAsyncEnumerable<RedisNews> ReadAllAsync([EnumeratorCancellation] CancellationToken ct = default)
    {
        await foreach (var news in _news.Reader.ReadAllAsync(ct))
        {
            yield return news;
            // Only a full queue sets it, so there is always a next one that brings us here.
            if (Interlocked.Exchange(ref _missed, false))
                yield return new RedisNews(null);
        }
    }

    public void Dispose()
    {
        _ended(this);
        _news.Writer.TryComplete();
    }

    internal void Deliver(ReadOnlyMemory<byte>? message)
    {
        if (!_news.Writer.TryWrite(new(message)))
            Volatile.Write(ref _missed, true);
    }
}
