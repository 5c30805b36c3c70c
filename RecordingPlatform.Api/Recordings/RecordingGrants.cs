using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Api.Http;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Audit;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Recordings;

namespace RecordingPlatform.Api.Recordings;

/// <summary>
/// Lets one user hear, or save, one recording that their role would not show them. Nobody gives more than they have. What a
/// grant opened closes with it, at the next request of a ticket that is under way.
/// </summary>
internal sealed class RecordingGrants : IEndpoint
{
    public sealed record Request
    {
        /// <summary>The user's id.</summary>
        public required Guid User { get; init; }
        public bool Play { get; init; }
        public bool Download { get; init; }
        public DateTimeOffset? ExpiresAt { get; init; }
    }

    public sealed record Item
    {
        public required Guid Id { get; init; }
        public required Guid User { get; init; }
        public string? UserName { get; init; }
        public required bool Play { get; init; }
        public required bool Download { get; init; }
        public DateTimeOffset? ExpiresAt { get; init; }
        public Guid? GrantedBy { get; init; }
        public required DateTimeOffset CreatedAt { get; init; }
    }

    public sealed record Response
    {
        public required IReadOnlyList<Item> Grants { get; init; }
    }

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/v1/recordings/{recordingId:guid}/grants", ListAsync).RequirePermission(Permission.RecordingsShare).Answers(404, "recording_not_found");
        routes.MapPost("/api/v1/recordings/{recordingId:guid}/grants", GiveAsync).RequirePermission(Permission.RecordingsShare)
            .Answers(400, "grant_empty", "expires_at_past", "bad_request")
            .Answers(403, "right_not_yours")
            .Answers(404, "recording_not_found")
            .Answers(410, "recording_deleted")
            .Answers(422, "user_unknown");
        routes.MapDelete("/api/v1/recordings/{recordingId:guid}/grants/{grantId:guid}", RevokeAsync).RequirePermission(Permission.RecordingsShare).Answers(404, "recording_not_found", "grant_not_found");
    }

    static async Task<Results<Ok<Response>, NotFound>> ListAsync(Guid recordingId, RecordingDb db, AuditTrail audit, Caller caller, CancellationToken ct)
    {
        if (await FindAsync(db, caller, recordingId, ct) is not { } recording)
            return NotFound.Recording;
        var grants = await Items(db, db.Grants.Where(g => g.RecordingId == recordingId && g.RevokedAt == null && (g.ExpiresAt == null || g.ExpiresAt > RecordingDb.Now()))).ToListAsync(ct);
        await audit.RecordAsync(AuditAction.GrantsListed, caller, ct, AuditTarget.Of(recording), new { shown = grants.Count });
        await db.SaveChangesAsync(ct);
        return TypedResults.Ok(new Response { Grants = grants });
    }

    static async Task<Results<Created<Item>, BadRequest, Forbidden, NotFound, Gone, Unprocessable>> GiveAsync(Guid recordingId, Request request, RecordingDb db, AuditTrail audit, Caller caller, CancellationToken ct)
    {
        if (await FindAsync(db, caller, recordingId, ct) is not { } recording)
            return NotFound.Recording;
        if (recording.DeletedAt is not null)
            return Gone.Recording;
        if (!request.Play && !request.Download)
            return new BadRequest("grant_empty", "A grant lets somebody play, download, or both.");
        if (request.ExpiresAt <= await db.NowAsync(ct))
            return new BadRequest("expires_at_past", "expires_at lies in the past.");
        var rights = await RecordingRights.OfAsync(db, caller, recording, ct);
        if ((request.Play && !rights.Play) || (request.Download && !rights.Download))
        {
            await audit.RecordAsync(AuditAction.GrantGiven, caller, ct, AuditTarget.Of(recording), new { request.Play, request.Download }, outcome: AuditOutcome.Denied);
            await db.SaveChangesAsync(ct);
            return new Forbidden("right_not_yours", "You can only pass on what you may do with this recording yourself.");
        }
        if (!await db.Users.AnyAsync(u => u.Id == request.User && u.DisabledAt == null, ct))
            return new Unprocessable("user_unknown", "There is no such user, or the account is disabled.");
        var grant = new Grant
        {
            Id = Guid.CreateVersion7(),
            RecordingId = recordingId,
            UserId = request.User,
            Play = request.Play,
            Download = request.Download,
            ExpiresAt = request.ExpiresAt,
            GrantedBy = caller.UserId,
        };
        db.Grants.Add(grant);
        await audit.RecordAsync(AuditAction.GrantGiven, caller, ct, AuditTarget.Of(recording) with { Kind = "grant", Id = grant.Id },
            new { user_id = grant.UserId, grant.Play, grant.Download, expires_at = grant.ExpiresAt });
        await db.SaveChangesAsync(ct);
        return TypedResults.Created($"/api/v1/recordings/{recordingId}/grants/{grant.Id}", await Items(db, db.Grants.Where(g => g.Id == grant.Id)).SingleAsync(ct));
    }

    static async Task<Results<NoContent, NotFound>> RevokeAsync(Guid recordingId, Guid grantId, RecordingDb db, AuditTrail audit, Caller caller, CancellationToken ct)
    {
        if (await FindAsync(db, caller, recordingId, ct) is not { } recording)
            return NotFound.Recording;
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var now = await db.NowAsync(ct);
        var ended = await db.Grants.Where(g => g.Id == grantId && g.RecordingId == recordingId && g.RevokedAt == null).ExecuteUpdateAsync(set => set.SetProperty(g => g.RevokedAt, now), ct);
        if (ended == 0)
            return new NotFound("grant_not_found", "There is no such grant on this recording, or it has ended.");
        await audit.RecordAsync(AuditAction.GrantRevoked, caller, ct, AuditTarget.Of(recording) with { Kind = "grant", Id = grantId });
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        return TypedResults.NoContent();
    }

    // Seen by role: somebody who was only lent a recording cannot lend it on.
    static Task<Recording?> FindAsync(RecordingDb db, Caller caller, Guid id, CancellationToken ct) =>
        db.Recordings.AsNoTracking().VisibleByRole(caller).SingleOrDefaultAsync(r => r.Id == id, ct);

    static IQueryable<Item> Items(RecordingDb db, IQueryable<Grant> grants) =>
        from grant in grants.AsNoTracking()
        join user in db.Users on grant.UserId equals user.Id
        orderby grant.CreatedAt, grant.Id
        select new Item { Id = grant.Id, User = grant.UserId, UserName = user.DisplayName, Play = grant.Play, Download = grant.Download, ExpiresAt = grant.ExpiresAt, GrantedBy = grant.GrantedBy, CreatedAt = grant.CreatedAt };
}
