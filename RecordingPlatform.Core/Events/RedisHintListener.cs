using System.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Redis;

namespace RecordingPlatform.Core.Events;

/// <summary>Hears through Redis that events got their numbers. While Redis is away, the poll does alone.</summary>
internal sealed class RedisHintListener(RedisClient redis, Wake<EventTail> wake) : BackgroundService
{
    static readonly Meter Meter = new("RecordingPlatform.Events");
    static readonly Counter<long> Heard = Meter.CreateCounter<long>("recording.events.redis.hints", "{hint}", "Hints at new events heard through Redis; none while events happen means that live events arrive by polling");

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var subscription = redis.Subscribe(EventChannels.SequencedByRedis);
        await foreach (var news in subscription.ReadAllAsync(stoppingToken))
        {
            if (!news.MayHaveMissed)
                Heard.Add(1);
            // What was missed may have been a hint.
            wake.Set();
        }
    }
}
