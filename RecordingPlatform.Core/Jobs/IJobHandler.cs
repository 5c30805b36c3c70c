namespace RecordingPlatform.Core.Jobs;

/// <summary>
/// Does the work of one kind of job, in a scope of its own. Safe to run twice: a crash after its effects and before the
/// job is marked done runs it again, and its summary says why that does no harm.
/// </summary>
public interface IJobHandler<in T> where T : IJobArguments
{
    /// <param name="arguments">As enqueued.</param>
    /// <param name="context">The claim this run holds: guards and completes what it publishes.</param>
    /// <param name="ct">
    /// Cancelled when the lease is lost, the deadline passes or the worker has drained long enough. Child processes are
    /// killed on it, as a group. What is thrown afterwards is not counted as a failure.
    /// </param>
    Task<JobOutcome> RunAsync(T arguments, JobContext context, CancellationToken ct);
}
