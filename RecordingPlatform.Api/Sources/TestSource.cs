using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Api.Http;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Audit;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Jobs;
using RecordingPlatform.Core.Sources;

namespace RecordingPlatform.Api.Sources;

/// <summary>Has a worker find out whether a source's reports and media reach us, and says what it found.</summary>
internal sealed class TestSource : IEndpoint
{
    const int MostSeconds = 15;
    static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(250);

    public sealed record Response
    {
        public required Guid Id { get; init; }
        /// <summary>Null while a worker is at it.</summary>
        public DateTimeOffset? FinishedAt { get; init; }
        public required IReadOnlyList<SourceFinding> Findings { get; init; }
    }

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/api/v1/sources/{sourceId:guid}/test", TestAsync).RequirePermission(Permission.SourcesManage)
            .Answers(400, "wait_seconds_invalid", "bad_request")
            .Answers(404, "source_not_found");
        routes.MapGet("/api/v1/sources/{sourceId:guid}/tests/{checkId:guid}", GetAsync).RequirePermission(Permission.SourcesRead)
            .Answers(404, "source_not_found", "source_test_not_found");
    }

    static async Task<Results<Ok<Response>, Accepted<Response>, BadRequest, NotFound>> TestAsync(
        Guid sourceId, [FromQuery(Name = "wait_seconds")] int? wait, RecordingDb db, AuditTrail audit, Caller caller, TimeProvider clock, CancellationToken ct)
    {
        if (wait is < 0 or > MostSeconds)
            return new BadRequest("wait_seconds_invalid", $"wait_seconds is a whole number from 0 to {MostSeconds}.");
        if (await AskAsync(sourceId, db, audit, caller, ct) is not { } check)
            return NotFound.Source;
        var asked = clock.GetTimestamp();
        while (true)
        {
            var answer = await ReadAsync(db, sourceId, check, ct);
            if (answer!.FinishedAt is not null)
                return TypedResults.Ok(answer);
            if (clock.GetElapsedTime(asked) >= TimeSpan.FromSeconds(wait ?? MostSeconds))
                return TypedResults.Accepted($"/api/v1/sources/{sourceId}/tests/{check}", answer);
            await Task.Delay(LookEvery, clock, ct);
        }
    }

    // One test of a source at a time: whoever presses while one is under way waits for that one, unless the source was changed since.
    static async Task<Guid?> AskAsync(Guid sourceId, RecordingDb db, AuditTrail audit, Caller caller, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        if ((await db.Sources.FromSql($"select * from sources where id = {sourceId} for no key update").AsNoTracking().KnownTo(caller).ToListAsync(ct)) is not [var source])
            return null;
        var now = await db.NowAsync(ct);
        var known = await db.SourceChecks.AsNoTracking().Where(c => c.SourceId == sourceId && c.RequestedAt > now - CheckSource.Deadline && c.RequestedAt > source.UpdatedAt)
            .OrderByDescending(c => c.RequestedAt).FirstOrDefaultAsync(ct);
        var check = known is { FinishedAt: null } ? known : new SourceCheck { Id = Guid.CreateVersion7(), SourceId = sourceId, RequestedBy = caller.UserId, RequestedAt = now };
        if (check != known)
        {
            db.SourceChecks.Add(check);
            db.Enqueue(new CheckSource { SourceId = sourceId, CheckId = check.Id }, new JobOptions { Priority = JobOptions.HighPriority, DeadlineAt = now + CheckSource.Deadline });
        }
        await audit.RecordAsync(AuditAction.SourceTested, caller, ct, new AuditTarget("source", sourceId), new { check_id = check.Id });
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        return check.Id;
    }

    static async Task<Results<Ok<Response>, NotFound>> GetAsync(Guid sourceId, Guid checkId, RecordingDb db, ViewTrail views, Caller caller, CancellationToken ct)
    {
        if (!await db.Sources.KnownTo(caller).AnyAsync(s => s.Id == sourceId, ct))
            return NotFound.Source;
        if (await ReadAsync(db, sourceId, checkId, ct) is not { } answer)
            return new NotFound("source_test_not_found", "There is no such test of this source.");
        // Asked again and again until it is done.
        await views.RecordAsync(AuditAction.SourceViewed, caller, $"{checkId}", live: true, ct, new AuditTarget("source", sourceId), new { check_id = checkId });
        return TypedResults.Ok(answer);
    }

    static async Task<Response?> ReadAsync(RecordingDb db, Guid sourceId, Guid checkId, CancellationToken ct)
    {
        var row = await db.SourceChecks.AsNoTracking().Where(c => c.Id == checkId && c.SourceId == sourceId)
            .Select(c => new { c.FinishedAt, c.Findings, Overdue = c.RequestedAt < RecordingDb.Now() - CheckSource.Deadline }).SingleOrDefaultAsync(ct);
        if (row is null)
            return null;
        return new Response
        {
            Id = checkId,
            FinishedAt = row.FinishedAt,
            Findings = row is { FinishedAt: null, Overdue: true } ? [NoWorker] : SourceFinding.Read(row.Findings),
        };
    }

    static SourceFinding NoWorker { get; } = new()
    {
        Subject = SourceSubject.Connection,
        Ok = false,
        Message = $"No worker has finished this test within {CheckSource.Deadline.TotalSeconds} seconds. See under System health whether a worker runs, then test again.",
    };
}
