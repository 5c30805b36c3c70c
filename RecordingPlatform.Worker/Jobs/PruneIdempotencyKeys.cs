using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Jobs;

namespace RecordingPlatform.Worker.Jobs;

internal sealed record PruneIdempotencyKeys : IJobArguments
{
    public static string Kind => "idempotency.prune";
}

/// <summary>Removes kept answers after their day: they hold personal data. Safe to run twice: what is gone is not found again.</summary>
internal sealed class PruneIdempotencyKeysHandler(RecordingDb db) : IJobHandler<PruneIdempotencyKeys>
{
    public async Task<JobOutcome> RunAsync(PruneIdempotencyKeys arguments, JobContext context, CancellationToken ct)
    {
        await db.Database.ExecuteSqlAsync($"delete from idempotency_keys where expires_at <= app_now()", ct);
        return JobOutcome.Done;
    }
}
