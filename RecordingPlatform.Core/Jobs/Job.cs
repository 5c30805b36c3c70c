namespace RecordingPlatform.Core.Jobs;

public enum JobState { Queued, Running, Done, Dead, Cancelled }

/// <summary>Work that must happen, inserted in the transaction that makes it necessary. States: STATES.md.</summary>
public sealed class Job
{
    public Guid Id { get; init; }
    public required string Kind { get; init; }
    /// <summary>The arguments record as JSON: <see cref="JobArguments"/>.</summary>
    public required string Arguments { get; init; }
    /// <summary>After the insert: queued, or cancelled when <see cref="SupersededBy"/> does this job's work.</summary>
    public JobState State { get; set; }
    /// <summary>Lower runs first.</summary>
    public short Priority { get; init; } = JobOptions.NormalPriority;
    public DateTimeOffset RunAt { get; set; }
    /// <summary>Asked for at insert; <see cref="RunAt"/> is what came of it.</summary>
    public TimeSpan? Delay { get; init; }
    public string? UniqueKey { get; init; }
    public Guid? SupersededBy { get; init; }
    public Guid? RecordingId { get; init; }
    public string? LeasedBy { get; set; }
    public DateTimeOffset? LeasedUntil { get; set; }
    /// <summary>Rises at each claim; compared by every publishing transaction, so that a stalled worker's result is refused.</summary>
    public long Fence { get; set; }
    public int Failures { get; set; }
    public string? WaitingFor { get; set; }
    /// <summary>0 to 1.</summary>
    public float? Progress { get; set; }
    public DateTimeOffset? DeadlineAt { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? StartedAt { get; set; }
    public DateTimeOffset? FinishedAt { get; set; }
}

public sealed class JobError
{
    public long Id { get; init; }
    public Guid JobId { get; init; }
    public long Fence { get; init; }
    public DateTimeOffset At { get; init; }
    public required string Error { get; init; }
}
