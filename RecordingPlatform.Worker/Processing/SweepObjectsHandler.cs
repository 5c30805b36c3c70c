using RecordingPlatform.Core.Jobs;
using RecordingPlatform.Core.Objects;
using RecordingPlatform.Core.Processing;

namespace RecordingPlatform.Worker.Processing;

/// <summary>Removes objects whose writers died. Safe to run twice: the sweeper claims each row before it deletes.</summary>
internal sealed class SweepObjectsHandler(ObjectSweeper sweeper) : IJobHandler<SweepObjects>
{
    public async Task<JobOutcome> RunAsync(SweepObjects arguments, JobContext context, CancellationToken ct)
    {
        await sweeper.SweepAsync(ct);
        return JobOutcome.Done;
    }
}
