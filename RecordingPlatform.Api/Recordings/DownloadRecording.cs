using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Api.Http;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Audit;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Media;
using RecordingPlatform.Core.Objects;

namespace RecordingPlatform.Api.Recordings;

/// <summary>The original, byte for byte, as an attachment.</summary>
internal sealed class DownloadRecording : IEndpoint
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapMethods("/api/v1/recordings/{recordingId:guid}/download", [HttpMethods.Get, HttpMethods.Head], (Guid recordingId, string? reason, HttpContext http, MediaDelivery delivery, CancellationToken ct) =>
            delivery.SendAsync(http, recordingId, new(MediaUse.Save), reason, ct))
        .RequirePermission(Permission.RecordingsRead)
        .WithMetadata(new ProducesResponseTypeMetadata(200, typeof(FileContentHttpResult), ["application/octet-stream"]), new ProducesResponseTypeMetadata(206, typeof(FileContentHttpResult), ["application/octet-stream"]))
        .Answers(403, "forbidden", "reason_required")
        .Answers(404, "recording_not_found")
        .Answers(409, "archived")
        .Answers(410, "recording_deleted")
        .Answers(416, "range_not_satisfiable")
        .Answers(503, "key_service_unavailable")
        .DisableRateLimiting();
}

/// <summary>The playback rendition, inline, with seeking. quality: high (AAC in M4A, or the MP4 of a video) or low (Opus in WebM); format: m4a, mp4 or webm.</summary>
internal sealed class StreamRecording : IEndpoint
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapMethods("/api/v1/recordings/{recordingId:guid}/stream", [HttpMethods.Get, HttpMethods.Head], (Guid recordingId, string? quality, string? format, string? reason, HttpContext http, MediaDelivery delivery, CancellationToken ct) =>
            delivery.SendAsync(http, recordingId, new(MediaUse.Play, quality, format), reason, ct))
        .RequirePermission(Permission.RecordingsRead)
        .WithMetadata(new ProducesResponseTypeMetadata(200, typeof(FileContentHttpResult), ["application/octet-stream"]), new ProducesResponseTypeMetadata(206, typeof(FileContentHttpResult), ["application/octet-stream"]))
        .Answers(400, "quality_unknown", "format_unknown")
        .Answers(403, "forbidden", "reason_required")
        .Answers(404, "recording_not_found", "rendition_not_available")
        .Answers(409, "not_ready", "damaged", "archived")
        .Answers(410, "recording_deleted")
        .Answers(416, "range_not_satisfiable")
        .Answers(503, "key_service_unavailable")
        .DisableRateLimiting();
}

/// <summary>A URL that plays without a header, for a short while, for whoever asked for it.</summary>
internal sealed class GetPlaybackUrl : IEndpoint
{
    public sealed record Response
    {
        public required string Url { get; init; }
        public required DateTimeOffset ExpiresAt { get; init; }
    }

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/api/v1/recordings/{recordingId:guid}/playback-url", HandleAsync)
        .RequirePermission(Permission.RecordingsRead)
        .Answers(400, "quality_unknown", "format_unknown")
        .Answers(403, "forbidden", "reason_required")
        .Answers(404, "recording_not_found", "rendition_not_available")
        .Answers(409, "not_ready", "damaged", "archived")
        .Answers(410, "recording_deleted");

    static async Task<Results<Ok<Response>, NotFound, MediaRefusal>> HandleAsync(Guid recordingId, string? quality, string? format, bool? download, string? reason,
        RecordingDb db, Tickets tickets, MediaSelection selection, PublicUrl publicUrl, Caller caller, CancellationToken ct)
    {
        var recording = await db.Recordings.AsNoTracking().VisibleTo(caller).SingleOrDefaultAsync(r => r.Id == recordingId, ct);
        if (recording is null)
            return NotFound.Recording;
        switch (await selection.FindAsync(recording, new(download == true ? MediaUse.Save : MediaUse.Play, quality, format), reason, caller, ct))
        {
            case SelectedMedia.Found found:
                var (ticket, expiresAt) = await tickets.IssuePlaybackAsync(recording, found.Object, download == true, reason, caller, ct);
                return TypedResults.Ok(new Response { Url = publicUrl.OfMedia(ticket), ExpiresAt = expiresAt });
            case SelectedMedia.Refused refused:
                return refused.Answer;
            default:
                throw new InvalidOperationException("A selection ends found or refused.");
        }
    }
}

/// <summary>Plays what a ticket opens. No header, no cookie: the ticket is the whole right.</summary>
internal sealed class PlayTicket : IEndpoint
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapMethods("/media/{ticket}", [HttpMethods.Get, HttpMethods.Head], HandleAsync)
        .AllowAnonymous("The ticket is the whole right.")
        .DisableRateLimiting() // A player seeks by many small ranges.
        .RequireCors(Cors.Portal)
        .WithMetadata(new ProducesResponseTypeMetadata(200, typeof(FileContentHttpResult), ["application/octet-stream"]), new ProducesResponseTypeMetadata(206, typeof(FileContentHttpResult), ["application/octet-stream"]))
        .Answers(403, "ticket_invalid")
        .Answers(409, "archived")
        .Answers(416, "range_not_satisfiable")
        .Answers(503, "key_service_unavailable");

    static async Task<IResult> HandleAsync(string ticket, HttpContext http, RecentOpenings recent, ObjectReader objects, CancellationToken ct)
    {
        // A seek comes this way: what it does not need, a database context above all, is not made.
        var scope = http.RequestServices;
        if ((recent.Find(ticket) ?? await scope.GetRequiredService<Tickets>().OpenPlaybackAsync(ticket, ct)) is not { } opened)
            return new Forbidden("ticket_invalid", "This playback link is not valid or no longer valid. Ask for a new one: GET /api/v1/recordings/{id}/playback-url.");
        using var media = objects.TryOpenKept(opened.Target) ?? await objects.OpenForPlaybackAsync(scope.GetRequiredService<RecordingDb>(), opened.Target, ct);
        if (!opened.IsAudited && !HttpMethods.IsHead(http.Request.Method))
            await scope.GetRequiredService<Tickets>().AuditFirstUseAsync(opened, Authentication.Anonymous(http), ct);
        await MediaResponse.SendAsync(http, opened.Target, media, opened.Ticket.Attachment, MediaDelivery.FileNameOf(opened.Recording, opened.Target), ct);
        return Results.Empty;
    }
}

/// <summary>Finds, opens, audits and sends media to a caller who brings their own credentials.</summary>
internal sealed class MediaDelivery(RecordingDb db, MediaSelection selection, ObjectReader objects, AuditTrail audit, Caller caller)
{
    public async Task<IResult> SendAsync(HttpContext http, Guid recordingId, MediaWish wish, string? reason, CancellationToken ct)
    {
        var recording = await db.Recordings.AsNoTracking().VisibleTo(caller).SingleOrDefaultAsync(r => r.Id == recordingId, ct);
        if (recording is null)
            return NotFound.Recording;
        switch (await selection.FindAsync(recording, wish, reason, caller, ct))
        {
            case SelectedMedia.Found found:
                using (var media = wish.Use == MediaUse.Play ? await objects.OpenForPlaybackAsync(db, found.Object, ct) : await objects.OpenAsync(db, found.Object, ct))
                {
                    if (!HttpMethods.IsHead(http.Request.Method))
                    {
                        // Before the first byte: what was heard is on record even when the connection breaks.
                        await audit.RecordAsync(wish.Use == MediaUse.Save ? AuditAction.RecordingDownloaded : AuditAction.RecordingPlayed, caller, ct,
                            AuditTarget.Of(recording), new { object_id = found.Object.Id, range = MediaResponse.WordsOf(http.Request) }, reason);
                        await db.SaveChangesAsync(ct);
                    }
                    await MediaResponse.SendAsync(http, found.Object, media, wish.Use == MediaUse.Save, FileNameOf(recording, found.Object), ct);
                }
                return Results.Empty;
            case SelectedMedia.Refused refused:
                return refused.Answer;
            default:
                throw new InvalidOperationException("A selection ends found or refused.");
        }
    }

    /// <summary>The name it came with, or one made of its time: never a title, which may name a person in somebody's download folder.</summary>
    public static string FileNameOf(Core.Recordings.Recording recording, ObjectRow target) =>
        target.FileName ?? $"recording-{recording.RecordedAt.UtcDateTime:yyyyMMdd-HHmmss}{(target.Variant.Length > 0 ? $"-{target.Variant}" : "")}{ExtensionOf(target.MimeType)}";

    public static string ExtensionOf(string? contentType)
    {
        var type = contentType?.Split(';')[0];
        // Several containers share this one; sound alone is saved as M4A.
        if (type == MediaType.M4a.AudioContentType)
            return MediaType.M4a.Extension;
        return MediaType.Recognisable.FirstOrDefault(t => t.AudioContentType == type || t.VideoContentType == type)?.Extension ?? "";
    }
}
