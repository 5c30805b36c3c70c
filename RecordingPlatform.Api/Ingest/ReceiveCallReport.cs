using System.Security.Cryptography;
using RecordingPlatform.Api.Http;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.FreePbx;
using RecordingPlatform.Core.Ingest;
using RecordingPlatform.Core.Sources;

namespace RecordingPlatform.Api.Ingest;

/// <summary>
/// Takes what a FreePBX or Asterisk reports of a call, and answers as soon as it is durable: the PBX waits in the middle of a
/// call. The same report again is answered 200.
/// </summary>
internal sealed class ReceiveCallReport : IEndpoint
{
    public sealed record Response
    {
        public required Guid EventId { get; init; }
        /// <summary>accepted, or duplicate when the same was reported before.</summary>
        public required string Status { get; init; }
    }

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/webhooks/freepbx", HandleAsync)
        .AllowAnonymous(WebhookDoor.WhyAnonymous)
        .NotIdempotent(WebhookDoor.WhyNotIdempotent)
        .DisableRateLimiting()
        .Answers(400, "body_invalid", "event_unknown", "source_ambiguous", "event_invalid", "uniqueid_invalid", "linkedid_invalid", "direction_invalid", "from_invalid", "to_invalid", "started_at_invalid", "ended_at_invalid", "camera_invalid")
        .Answers(401, "signature_missing", "signature_wrong", "timestamp_out_of_window")
        .Answers(403, "forbidden", "source_disabled")
        .Answers(404, "source_unknown")
        .Answers(413, "body_too_large")
        .Answers(503, "key_service_unavailable");

    static async Task<Results<Accepted<Response>, Ok<Response>, Problem>> HandleAsync(HttpContext http, WebhookDoor door, RawEventInbox inbox, TimeProvider clock, CancellationToken ct)
    {
        var (delivery, problem) = await door.OpenAsync(http, SourceKind.Freepbx, ct);
        if (delivery is null)
            return problem!;
        var (report, refusal) = CallReport.Read(delivery.Body, clock.GetUtcNow());
        if (report is null)
            return door.Refuse(delivery.Source, refusal!);
        var kind = SnakeCase.Of(report.Event);
        // What opens a camera or a phone is not kept, sealed or not.
        var body = Credentials.StripCredentials(delivery.Body.Span);
        var appended = await inbox.AppendAsync(new IncomingEvent(delivery.Source.Id, $"{kind}:{Convert.ToHexStringLower(SHA256.HashData(body))}", kind, body), ct);
        return appended.IsFirst
            ? TypedResults.Accepted((string?)null, new Response { EventId = appended.EventId, Status = "accepted" })
            : TypedResults.Ok(new Response { EventId = appended.EventId, Status = "duplicate" });
    }
}
