using Microsoft.Extensions.Options;

namespace RecordingPlatform.Worker.Jobs;

/// <summary>Section <c>Jobs</c>. Durations as <c>hh:mm:ss</c>.</summary>
internal sealed record JobSettings
{
    public const string Section = "Jobs";

    /// <summary>Jobs at a time in this process: one per core, because the heavy ones run one thread of ffmpeg each.</summary>
    public int Slots { get; init; } = Environment.ProcessorCount;

    /// <summary>Jobs beside those that fetch media from a source: after an outage hundreds of small files wait, each for a few round trips.</summary>
    public int FetchingSlots { get; init; } = 8;

    /// <summary>Jobs beside those that only wait and look, such as watches: one holds a connection at most, for moments.</summary>
    public int WaitingSlots { get; init; } = 64;

    /// <summary>How long a claim holds without a heartbeat. Four heartbeats, so that one that comes late does no harm.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(40);

    /// <summary>How long a due job waits at most for a free slot that no hint has woken.</summary>
    public TimeSpan Poll { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The longest wait after the first failure; each further one is six times the last (STATES.md says why).</summary>
    public TimeSpan Backoff { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long claimed jobs may go on once the worker is told to stop; the whole stack has to end within 15 s.</summary>
    public TimeSpan Drain { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long done and cancelled jobs are kept. Dead ones stay until a person has looked.</summary>
    public TimeSpan KeepFinished { get; init; } = TimeSpan.FromDays(30);

    public TimeSpan Heartbeat => Lease / 4;

    /// <summary>
    /// A claim that was not renewed for this long is given up: one heartbeat before it ends, so that its child processes
    /// are gone before another worker starts the job.
    /// </summary>
    public TimeSpan GiveUpAfter => Lease - Heartbeat;
}

internal sealed class JobSettingsRules : IValidateOptions<JobSettings>
{
    public ValidateOptionsResult Validate(string? name, JobSettings options)
    {
        string[] wrong =
        [
            .. Check(options.Slots >= 1, nameof(options.Slots), options.Slots, "at least 1"),
            .. Check(options.FetchingSlots >= 1, nameof(options.FetchingSlots), options.FetchingSlots, "at least 1"),
            .. Check(options.WaitingSlots >= 1, nameof(options.WaitingSlots), options.WaitingSlots, "at least 1"),
            .. Check(options.Lease >= TimeSpan.FromSeconds(1), nameof(options.Lease), options.Lease, "at least a second"),
            .. Check(options.Poll > TimeSpan.Zero, nameof(options.Poll), options.Poll, "more than nothing"),
            .. Check(options.Backoff > TimeSpan.Zero, nameof(options.Backoff), options.Backoff, "more than nothing"),
            .. Check(options.Drain >= TimeSpan.Zero, nameof(options.Drain), options.Drain, "nothing or more"),
            .. Check(options.KeepFinished > TimeSpan.Zero, nameof(options.KeepFinished), options.KeepFinished, "more than nothing"),
        ];
        return wrong is [] ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(wrong);
    }

    static IEnumerable<string> Check(bool holds, string key, object value, string rule) =>
        holds ? [] : [$"{JobSettings.Section}:{key} is {value}; it must be {rule}."];
}
