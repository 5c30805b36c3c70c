namespace RecordingPlatform.Core.Jobs;

public sealed record JobOptions
{
    /// <summary>Someone is waiting for it.</summary>
    public const short HighPriority = 50;
    public const short NormalPriority = 100;
    /// <summary>Sweeps, clean-up, anything that may wait for a quiet hour.</summary>
    public const short LowPriority = 200;

    public static readonly JobOptions Default = new();

    /// <summary>Lower runs first. Few distinct values: a claim probes each.</summary>
    public short Priority { get; init; } = NormalPriority;

    /// <summary>Not before this time of the database's clock.</summary>
    public DateTimeOffset? RunAt { get; init; }

    /// <summary>Not before this much later than the insert, by the database's clock; excludes <see cref="RunAt"/>.</summary>
    public TimeSpan? Delay { get; init; }

    /// <summary>
    /// Of one key at most one job is queued and one runs: a further one is absorbed by the queued one, without an error.
    /// At READ COMMITTED, which is the default. Each key holds an advisory lock to the end of the transaction, so insert
    /// at most about a thousand of them in one.
    /// </summary>
    public string? UniqueKey { get; init; }

    /// <summary>Shown with the recording; inserted in the same transaction or before.</summary>
    public Guid? RecordingId { get; init; }

    /// <summary>When it is not done by then it ends dead, running or not.</summary>
    public DateTimeOffset? DeadlineAt { get; init; }
}
