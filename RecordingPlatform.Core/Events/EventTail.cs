using System.Threading.Channels;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using RecordingPlatform.Core.Data;

namespace RecordingPlatform.Core.Events;

/// <summary>
/// Reads numbered events once for all streams of this process, and hands them on in their order. Looks at every hint, and
/// every half second whatever happens.
/// </summary>
public sealed partial class EventTail(IDbContextFactory<RecordingDb> databases, Wake<EventTail> wake, ILogger<EventTail> logger) : BackgroundService
{
    // Without any hint, the sequencer and this one after the other are a second and a half late at most.
    static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(500);
    const int ReadAtOnce = 1000;

    // What may wait for a stream in memory: some 400 kB, most of it shared by all streams. What goes beyond is read again.
    internal const int LongestQueue = 1000;

    readonly Lock _lock = new();
    readonly HashSet<EventSubscription> _subscriptions = [];
    readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    long _head;

    /// <summary>The number of the last event this process has read; null before it has read any.</summary>
    public long? Head => _ready.Task.IsCompletedSuccessfully ? Interlocked.Read(ref _head) : null;

    /// <summary>Everything after <see cref="EventSubscription.From"/>, without a gap, until it is disposed of or overflows.</summary>
    public async Task<EventSubscription> SubscribeAsync(CancellationToken ct)
    {
        await _ready.Task.WaitAsync(ct);
        lock (_lock)
        {
            var subscription = new EventSubscription(this, _head);
            _subscriptions.Add(subscription);
            return subscription;
        }
    }

    internal void Remove(EventSubscription subscription)
    {
        lock (_lock)
            _subscriptions.Remove(subscription);
    }

    /// <summary>Up to <paramref name="most"/> events after a number. Shorter than that, or with a gap, where rows are no longer kept.</summary>
    public async Task<List<PublicEvent>> ReadAsync(long after, int most, CancellationToken ct)
    {
        await using var db = await databases.CreateDbContextAsync(ct);
        var rows = await (
            from number in db.EventSeq
            where number.Seq > after && number.Seq <= after + most
            join row in db.Events on new { Id = number.EventId, At = number.EventAt } equals new { row.Id, row.At }
            orderby number.Seq
            select new { number.Seq, Row = row }).AsNoTracking().ToListAsync(ct);
        return rows.ConvertAll(r => new PublicEvent(r.Seq, r.Row));
    }

    /// <summary>The last number that was given, zero when none was.</summary>
    public async Task<long> NewestAsync(CancellationToken ct)
    {
        await using var db = await databases.CreateDbContextAsync(ct);
        return await db.EventSeq.MaxAsync(s => (long?)s.Seq, ct) ?? 0;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (!_ready.Task.IsCompleted)
                {
                    _head = await NewestAsync(stoppingToken);
                    _ready.SetResult();
                }
                var events = await ReadAsync(_head, ReadAtOnce, stoppingToken);
                Publish(events);
                if (events.Count == ReadAtOnce)
                    continue;
            }
            catch (Exception e) when (e is NpgsqlException or InvalidOperationException { InnerException: NpgsqlException })
            {
                Log.Blind(logger, e, Poll);
            }
            await wake.WaitAsync(Poll, stoppingToken);
        }
    }

    void Publish(List<PublicEvent> events)
    {
        lock (_lock)
        {
            foreach (var published in events)
            {
                foreach (var subscription in _subscriptions)
                    subscription.Offer(published);
                Interlocked.Exchange(ref _head, published.Seq);
            }
        }
    }

    static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Live events cannot be read at the moment; tries again in {Poll}")]
        public static partial void Blind(ILogger logger, Exception e, TimeSpan poll);
    }
}

/// <summary>One stream's place at the tail. What waits in it is bounded: one that overflows ends, and its stream goes on from the table.</summary>
public sealed class EventSubscription(EventTail tail, long from) : IDisposable
{
    readonly Channel<PublicEvent> _events = Channel.CreateBounded<PublicEvent>(EventTail.LongestQueue);

    /// <summary>The number after which it begins.</summary>
    public long From => from;

    /// <summary>Ends, without an error, once it has overflowed.</summary>
    public ChannelReader<PublicEvent> Events => _events.Reader;

    internal void Offer(PublicEvent published)
    {
        if (!_events.Writer.TryWrite(published))
            _events.Writer.TryComplete();
    }

    public void Dispose() => tail.Remove(this);
}
