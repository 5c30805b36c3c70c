using Npgsql;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Events;
using RecordingPlatform.Core.Redis;

namespace RecordingPlatform.Worker.Events;

/// <summary>Numbers events while the worker runs: at every hint, and every second whatever happens.</summary>
internal sealed partial class SequencerLoop(EventSequencer sequencer, Wake<SequencerLoop> wake, RedisClient redis, TimeProvider clock, ILogger<SequencerLoop> logger) : BackgroundService
{
    static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);

    // Ended one way or the other within the time-out of a call.
    Task _hinting = Task.CompletedTask;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await NumberAsync(stoppingToken);
        }
        finally
        {
            await _hinting;
        }
    }

    async Task NumberAsync(CancellationToken stoppingToken)
    {
        var failing = false;
        var (waited, since) = (TimeSpan.Zero, clock.GetTimestamp());
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var step = await sequencer.StepAsync(stoppingToken);
                EventTelemetry.Sequenced(step);
                (waited, since) = (step.Waiting, clock.GetTimestamp());
                failing = false;
                // A Redis that answers late must not make the next numbers late.
                if (step.Numbered > 0)
                    _hinting = HintAsync(_hinting);
                if (step.Numbered == EventSequencer.MostAtOnce)
                    continue;
            }
            catch (Exception e) when (e is NpgsqlException or SequencePlaceLostException)
            {
                // Said once for each time that it begins to fail, not every second.
                if (!failing)
                    Log.Stalled(logger, e, Poll);
                failing = true;
                // A number that stood still would say that all is well.
                EventTelemetry.Behind(waited + clock.GetElapsedTime(since));
            }
            await wake.WaitAsync(Poll, stoppingToken);
        }
    }

    async Task HintAsync(Task before)
    {
        await before;
        await redis.TryPublishAsync(EventChannels.SequencedByRedis, ReadOnlyMemory<byte>.Empty, CancellationToken.None);
    }

    static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "Events get no numbers at the moment, so live streams stand still; tries again every {Poll}")]
        public static partial void Stalled(ILogger logger, Exception e, TimeSpan poll);
    }
}
