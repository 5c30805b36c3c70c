using RecordingPlatform.Api.Http;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Audit;
using RecordingPlatform.Core.Data;

namespace RecordingPlatform.Api.Jobs;

/// <summary>One job, with every error that was kept.</summary>
internal sealed class GetJob : IEndpoint
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/api/v1/jobs/{jobId:guid}", HandleAsync).RequirePermission(Permission.JobsRead)
        .Answers(404, "job_not_found");

    static async Task<Results<Ok<JobItem>, NotFound>> HandleAsync(Guid jobId, RecordingDb db, AuditTrail audit, Caller caller, CancellationToken ct)
    {
        if (await JobItem.ReadAsync(db, db.Jobs.Where(j => j.Id == jobId), ct) is not [var job])
            return NotFound.Job;
        await audit.RecordAsync(AuditAction.JobViewed, caller, ct, new AuditTarget("job", job.Id, job.RecordingId), new { kind = job.Kind });
        await db.SaveChangesAsync(ct);
        return TypedResults.Ok(job);
    }
}
