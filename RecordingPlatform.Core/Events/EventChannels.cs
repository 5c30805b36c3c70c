namespace RecordingPlatform.Core.Events;

/// <summary>The names hints go by, between processes.</summary>
public static class EventChannels
{
    /// <summary>Events were committed: something for the sequencer.</summary>
    public const string Written = "events_written";

    /// <summary>Events got their numbers: something for the streams.</summary>
    public const string Sequenced = "events_sequenced";

    /// <summary>The same by way of Redis, apart from the channels of whatever else uses it. A message says nothing but that it came.</summary>
    public const string SequencedByRedis = "rp:events_sequenced";
}
