namespace RecordingPlatform.Core.FreePbx;

/// <summary>What the last look found of a call.</summary>
public enum Sighting
{
    Nothing,
    /// <summary>A file that is not known to be finished.</summary>
    Growing,
    /// <summary>A file that was the same at the last look.</summary>
    Still,
}

/// <summary>
/// When to look for a call's recording: each second in the minute after a report, when most recordings come, and from then on
/// ever more rarely for a day. A file that is there is looked at more often than one that is not.
/// </summary>
public static class WatchSchedule
{
    /// <summary>How long anybody looks after the last report.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromHours(24);

    static readonly TimeSpan GrowingEvery = TimeSpan.FromSeconds(10);
    static readonly TimeSpan StillEvery = TimeSpan.FromSeconds(2);

    /// <summary>The pause before the next look.</summary>
    /// <param name="since">Time since the report that retrieval goes by: the first, then the end's.</param>
    /// <param name="seen">What was found.</param>
    /// <param name="jitter">0 to 1, chosen at random: spreads calls that were reported together over a fifth of the longer pauses.</param>
    public static TimeSpan Pause(TimeSpan since, Sighting seen, double jitter)
    {
        var pause = since.TotalMinutes switch
        {
            < 1 => TimeSpan.FromSeconds(1),
            < 5 => TimeSpan.FromSeconds(5),
            < 30 => TimeSpan.FromSeconds(30),
            < 120 => TimeSpan.FromMinutes(2),
            _ => TimeSpan.FromMinutes(10),
        };
        var longest = seen switch { Sighting.Growing => GrowingEvery, Sighting.Still => StillEvery, _ => TimeSpan.MaxValue };
        if (pause >= longest)
            return longest;
        return pause < TimeSpan.FromSeconds(30) ? pause : pause * (0.9 + (0.2 * jitter));
    }

    /// <summary>The pause after a source could not be looked at: doubled each time, so that nobody is locked out for trying too often.</summary>
    /// <param name="failures">In a row, from 1.</param>
    public static TimeSpan PauseAfterFailure(int failures) => TimeSpan.FromSeconds(Math.Min(300, 5 * Math.Pow(2, Math.Min(failures, 10) - 1)));
}
