using System.Diagnostics.Metrics;
using RecordingPlatform.Core.Events;

namespace RecordingPlatform.Worker.Events;

/// <summary>How far the numbers of events are behind; the host adds <see cref="Name"/> to its meter providers.</summary>
internal static class EventTelemetry
{
    public const string Name = "RecordingPlatform.Events";

    static readonly Meter Meter = new(Name);
    static readonly Counter<long> Numbered = Meter.CreateCounter<long>("events.sequenced", "{event}", "Events that got their public number");
    static double _waiting;

    static EventTelemetry() =>
        Meter.CreateObservableGauge("events.sequencing.lag", () => Volatile.Read(ref _waiting), "s", "Age of the oldest committed event without its public number; at most that while it cannot be told");

    public static void Sequenced(SequencingStep step)
    {
        Numbered.Add(step.Numbered);
        Behind(step.Waiting);
    }

    /// <summary>What is known while nothing can be numbered.</summary>
    public static void Behind(TimeSpan atMost) => Volatile.Write(ref _waiting, atMost.TotalSeconds);
}
