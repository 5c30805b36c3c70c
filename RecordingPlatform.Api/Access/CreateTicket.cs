using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Api.Http;
using RecordingPlatform.Api.Recordings;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Audit;
using RecordingPlatform.Core.Data;

namespace RecordingPlatform.Api.Access;

/// <summary>Issues a ticket: a narrow right that a browser can carry in a URL.</summary>
internal sealed class CreateTicket : IEndpoint
{
    public sealed record Request
    {
        /// <summary>playback or upload.</summary>
        public required TicketKind Kind { get; init; }
        public Guid? RecordingId { get; init; }
        /// <summary>For playback: high (default) or low.</summary>
        public string? Quality { get; init; }
        /// <summary>For playback: the original, to be saved.</summary>
        public bool Download { get; init; }
        public string? Reason { get; init; }
    }

    public sealed record Response
    {
        public required string Ticket { get; init; }
        public string? Url { get; init; }
        public required DateTimeOffset ExpiresAt { get; init; }
    }

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/api/v1/tickets", HandleAsync).RequireAuthorization()
        .Answers(400, "recording_id_missing", "ticket_kind_unknown", "quality_unknown", "bad_request")
        .Answers(403, "forbidden", "reason_required")
        .Answers(404, "recording_not_found", "rendition_not_available")
        .Answers(409, "not_ready", "damaged")
        .Answers(410, "recording_deleted");

    static async Task<Results<Ok<Response>, BadRequest, Forbidden, NotFound, MediaRefusal>> HandleAsync(
        Request request, RecordingDb db, Tickets tickets, MediaSelection selection, PublicUrl publicUrl, AuditTrail audit, Caller caller, CancellationToken ct)
    {
        switch (request.Kind)
        {
            case TicketKind.Upload:
                if (!caller.May(Permission.RecordingsUpload))
                    return await ForbiddenAsync();
                var (token, uploadExpiresAt) = await tickets.IssueUploadAsync(caller, ct);
                return TypedResults.Ok(new Response { Ticket = token.Value, ExpiresAt = uploadExpiresAt });
            case TicketKind.Playback:
                if (request.RecordingId is not { } id)
                    return new BadRequest("recording_id_missing", "A playback ticket is for one recording: send recording_id.");
                var recording = await db.Recordings.AsNoTracking().VisibleTo(caller).SingleOrDefaultAsync(r => r.Id == id, ct);
                if (recording is null)
                {
                    await DeniedAsync(new { code = "not_found" }, new AuditTarget(RecordingId: id));
                    return NotFound.Recording;
                }
                return await selection.FindAsync(recording, new(request.Download ? MediaUse.Save : MediaUse.Play, request.Quality), request.Reason, caller, ct) switch
                {
                    SelectedMedia.Found found => await PlaybackAsync(found),
                    SelectedMedia.Refused refused => refused.Answer,
                    _ => throw new InvalidOperationException("A selection ends found or refused."),
                };

                async Task<Ok<Response>> PlaybackAsync(SelectedMedia.Found found)
                {
                    var (text, expiresAt) = await tickets.IssuePlaybackAsync(recording, found.Object, request.Download, request.Reason, caller, ct);
                    return TypedResults.Ok(new Response { Ticket = text, Url = publicUrl.OfMedia(text), ExpiresAt = expiresAt });
                }
            default:
                return new BadRequest("ticket_kind_unknown", "kind is one of: playback, upload.");
        }

        async Task DeniedAsync(object facts, AuditTarget target)
        {
            await audit.RecordAsync(AuditAction.AccessDenied, caller, ct, target, facts, outcome: AuditOutcome.Denied);
            await db.SaveChangesAsync(ct);
        }

        async Task<Forbidden> ForbiddenAsync()
        {
            await DeniedAsync(new { permission = Permission.RecordingsUpload }, default);
            return new Forbidden("forbidden", $"This needs the permission {Permission.RecordingsUpload}.");
        }
    }
}
