using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Api.Http;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Audit;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Jobs;

namespace RecordingPlatform.Api.Jobs;

/// <summary>Gives a dead job its five tries back, due at once. One whose work is queued already ends cancelled and names that job.</summary>
internal sealed class RequeueJob : IEndpoint
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/api/v1/jobs/{jobId:guid}/requeue", HandleAsync).RequirePermission(Permission.JobsRequeue)
        .Answers(404, "job_not_found")
        .Answers(409, "job_not_dead");

    static async Task<Results<Accepted<JobItem>, NotFound, Conflict>> HandleAsync(Guid jobId, RecordingDb db, AuditTrail audit, Caller caller, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var outcome = await JobQueue.RequeueAsync(db, jobId, ct);
        if (await JobItem.ReadAsync(db, db.Jobs.Where(j => j.Id == jobId), ct) is not [var job])
            return NotFound.Job;
        if (outcome == RequeueOutcome.NotDead)
            return new Conflict("job_not_dead", $"The job is {SnakeCase.Of(job.State)}. Only a dead one is queued again.");
        var subject = job.RecordingId is { } recording ? await db.Recordings.Where(r => r.Id == recording).Select(r => r.SubjectId).SingleAsync(ct) : null;
        await audit.RecordAsync(AuditAction.JobRequeued, caller, ct, new AuditTarget("job", job.Id, job.RecordingId, subject),
            new { kind = job.Kind, outcome = SnakeCase.Of(outcome), superseded_by = job.SupersededBy });
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        return TypedResults.Accepted($"/api/v1/jobs/{job.Id}", job);
    }
}
