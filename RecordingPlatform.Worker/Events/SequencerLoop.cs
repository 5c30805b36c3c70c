using Npgsql;
using RecordingPlatform.Core.Events;

namespace RecordingPlatform.Worker.Events;

/// <summary>Numbers events while the worker runs: at every hint, and every second whatever happens.</summary>
internal sealed partial class SequencerLoop(EventSequencer sequencer, EventHints hints, ILogger<SequencerLoop> logger) : BackgroundService
{
    static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var failing = false;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var step = await sequencer.StepAsync(stoppingToken);
                EventTelemetry.Sequenced(step);
                failing = false;
                if (step.Numbered == EventSequencer.MostAtOnce)
                    continue;
            }
            catch (Exception e) when (e is NpgsqlException or SequencePlaceLostException)
            {
                // Said once for each time that it begins to fail, not every second.
                if (!failing)
                    Log.Stalled(logger, e, Poll);
                failing = true;
            }
            await hints.WaitAsync(Poll, stoppingToken);
        }
    }

    static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "Events get no numbers at the moment, so live streams stand still; tries again every {Poll}")]
        public static partial void Stalled(ILogger logger, Exception e, TimeSpan poll);
    }
}
