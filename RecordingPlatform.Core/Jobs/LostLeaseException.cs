namespace RecordingPlatform.Core.Jobs;

/// <summary>
/// The job is no longer this claim's: its lease ran out and another took it, or it was cancelled. The publishing
/// transaction must roll back; letting the exception pass does that.
/// </summary>
public sealed class LostLeaseException(Guid jobId, long fence)
    : Exception($"Job {jobId} is no longer held by the claim with fence {fence}.")
{
    public Guid JobId { get; } = jobId;
    public long Fence { get; } = fence;
}
