using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Jobs;

namespace RecordingPlatform.Worker.Jobs;

internal sealed record PruneJobs : IJobArguments
{
    public static string Kind => "jobs.prune";
}

/// <summary>
/// Removes jobs that were done or cancelled long ago, with their errors: their arguments tell of people. Dead jobs stay.
/// Safe to run twice: what is gone is not found again.
/// </summary>
internal sealed class PruneJobsHandler(RecordingDb db, IOptions<JobSettings> settings) : IJobHandler<PruneJobs>
{
    // Short enough a transaction that nobody waits for it.
    const int Batch = 1000;

    public async Task<JobOutcome> RunAsync(PruneJobs arguments, JobContext context, CancellationToken ct)
    {
        int removed;
        do
        {
            removed = await db.Database.ExecuteSqlAsync($"""
                delete from jobs where id in (
                    select id from jobs where state in ('done', 'cancelled') and finished_at < app_now() - {settings.Value.KeepFinished}
                    order by finished_at limit {Batch} for update skip locked)
                """, ct);
        }
        while (removed == Batch);
        return JobOutcome.Done;
    }
}
