using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Api.Http;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Ingest;
using RecordingPlatform.Core.Jibri;
using RecordingPlatform.Core.Recordings;
using RecordingPlatform.Core.Sources;

namespace RecordingPlatform.Api.Ingest;

/// <summary>
/// Takes Jibri's report of a finished recording. Durable before it is answered; what it makes is made at once too, because the
/// answer names the recording. Its media is fetched afterwards, unless it was pushed before.
/// </summary>
internal sealed class ReceiveMeetingReport : IEndpoint
{
    public sealed record Response
    {
        public required bool Success { get; init; }
        public required Guid RecordingId { get; init; }
        public required string MeetingId { get; init; }
        /// <summary>uploaded, as existing clients expect it: the report is taken. How far the media is says the recording.</summary>
        public required string Status { get; init; }
        public required string Message { get; init; }
    }

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/webhooks/jibri", HandleAsync)
        .AllowAnonymous(WebhookDoor.WhyAnonymous)
        .NotIdempotent(WebhookDoor.WhyNotIdempotent)
        .DisableRateLimiting()
        .Answers(400, "body_invalid", "event_unknown", "source_ambiguous", "event_invalid", "recording_name_invalid", "storage_path_invalid", "storage_path_outside", "audio_path_invalid",
            "file_size_bytes_invalid", "participants_invalid", "recorded_at_invalid")
        .Answers(401, "signature_missing", "signature_wrong", "timestamp_out_of_window")
        .Answers(403, "forbidden", "source_disabled")
        .Answers(404, "source_unknown")
        .Answers(413, "body_too_large")
        .Answers(503, "key_service_unavailable");

    static async Task<Results<Ok<Response>, Problem>> HandleAsync(HttpContext http, WebhookDoor door, RawEventInbox inbox, EventApplier applier, RecordingDb db, TimeProvider clock, CancellationToken ct)
    {
        var (delivery, problem) = await door.OpenAsync(http, SourceKind.Jibri, ct);
        if (delivery is null)
            return problem!;
        var (report, refusal) = JibriReport.Read(delivery.Body, clock.GetUtcNow());
        refusal ??= await OutsideAsync(report!, delivery.Source.Id, db, ct);
        if (refusal is not null)
            return door.Refuse(delivery.Source, refusal);

        // What a recording was opened with is not kept, sealed or not.
        var body = Credentials.StripCredentials(delivery.Body.Span);
        var appended = await inbox.AppendAsync(new IncomingEvent(delivery.Source.Id, $"{JibriReport.Completed}:{Convert.ToHexStringLower(SHA256.HashData(body))}", JibriReport.Completed, body), ct);
        // A worker may be faster, and a repeated report finds what the first one made.
        await applier.ApplyAsync(appended.EventId, ct);
        var externalId = MediaPath.ExternalIdOf(report!.StoragePath);
        var recording = await db.Recordings.AsNoTracking().SingleAsync(r => r.SourceId == delivery.Source.Id && r.ExternalId == externalId, ct);
        return TypedResults.Ok(new Response
        {
            Success = true,
            RecordingId = recording.Id,
            MeetingId = report.MeetingId,
            Status = "uploaded",
            Message = $"The recording is {RecordingStatus.Of(recording)}.",
        });
    }

    // A file that was pushed lies nowhere that the platform reads, and need not.
    static async Task<ReportRefusal?> OutsideAsync(JibriReport report, Guid sourceId, RecordingDb db, CancellationToken ct)
    {
        var written = await db.Sources.Where(s => s.Id == sourceId).Select(s => s.MediaLocation).SingleAsync(ct);
        if (written is null || !MediaLocation.TryParse(written, out var location, out _))
            return null;
        foreach (var path in new[] { report.StoragePath, report.AudioPath }.OfType<string>())
        {
            var externalId = MediaPath.ExternalIdOf(path);
            if (!MediaPath.TryRelate(path, location, out _, out var problem) && !await db.Recordings.AnyAsync(r => r.SourceId == sourceId && r.ExternalId == externalId && r.SizeBytes != null, ct))
                return new ReportRefusal("storage_path_outside", problem);
        }
        return null;
    }
}
