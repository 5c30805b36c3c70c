namespace RecordingPlatform.Core.Jobs;

/// <summary>How one worker stands, by its own word.</summary>
public sealed class WorkerStanding
{
    /// <summary>A worker reports about every <see cref="Interval"/>; one that was silent for longer than this is gone.</summary>
    public static readonly TimeSpan GoneAfter = TimeSpan.FromSeconds(60);

    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);

    /// <summary>Machine and process.</summary>
    public required string Worker { get; init; }
    public DateTimeOffset StartedAt { get; init; }
    public DateTimeOffset ReportedAt { get; init; }
    /// <summary>Why it cannot process media; null when it can.</summary>
    public string? MediaFailure { get; init; }
}
