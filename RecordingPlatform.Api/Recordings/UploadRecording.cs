using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using RecordingPlatform.Api.Http;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Audit;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Ingest;
using RecordingPlatform.Core.Sources;

namespace RecordingPlatform.Api.Recordings;

/// <summary>
/// Takes one recording as multipart/form-data: the file as <c>file</c> or <c>audio</c>, the facts as fields before or after
/// it. The bytes are sealed as they arrive; memory does not grow with the file.
/// </summary>
internal sealed class UploadRecording : IEndpoint
{
    public sealed record Response
    {
        public required Guid Id { get; init; }
        public required string Status { get; init; }
        public required Guid ConversationId { get; init; }
        public required long FileSizeBytes { get; init; }
        /// <summary>Hexadecimal, of the file as received: compare it with your own.</summary>
        public required string Sha256 { get; init; }
        public required DateTimeOffset RecordedAt { get; init; }
    }

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/api/v1/recordings", HandleAsync)
        .WithMetadata(new PermissionNeeded(Permission.RecordingsUpload), new StreamedBody(FingerprintAsync, RepeatAsync, CallerAsync))
        .AllowAnonymous("The handler decides: a browser brings an upload ticket instead of a header.")
        .RequireCors(Cors.Portal)
        .Produces<Response>(201)
        .Answers(401, "unauthenticated")
        .Answers(413, "file_too_large", "field_too_large")
        .Answers(415, "multipart_expected", "media_unknown")
        .Answers(422, "file_missing", "file_empty", "several_files", "too_many_fields", "part_unnamed", "multipart_malformed", "upload_truncated",
            "start_time_invalid", "length_mismatch", "hash_mismatch", "unknown_subject_id")
        .Answers(503, "key_service_unavailable")
        .Answers(507, "store_full");

    static async Task<IResult> HandleAsync(HttpContext http, MultipartIntake intake, RecordingIntake recordings, AuditTrail audit, RecordingDb db, CancellationToken ct)
    {
        if (await CallerAsync(http, ct) is not { } caller)
            return new Unauthorized("unauthenticated", "Sign in first (POST /api/v1/auth/login), send an API key as X-Api-Key, or bring an unused upload ticket as ?ticket=.");
        if (!caller.May(Permission.RecordingsUpload))
        {
            await audit.RecordAsync(AuditAction.AccessDenied, caller, ct, facts: new { permission = Permission.RecordingsUpload }, outcome: AuditOutcome.Denied);
            await db.SaveChangesAsync(ct);
            return new Forbidden("forbidden", $"This needs the permission {Permission.RecordingsUpload}.");
        }
        await using var received = await intake.ReceiveAsync(http, ct);
        if (received.Problem is { } problem)
            return problem;
        http.Features.Get<IdempotentAttempt>()?.Received(received.Fingerprint!, LocationOf(received.Original!.Row.OwnerId));
        return await recordings.AcceptAsync(received.Original!, caller.SourceId ?? Source.UploadId, received.Fields!, received.Type!, caller, ct) switch
        {
            IntakeResult.Accepted accepted => Answer(accepted.Recording),
            IntakeResult.Unknown unknown => new Unprocessable($"unknown_{unknown.Reference.Field}", $"There is no {unknown.Reference.Field} {unknown.Reference.Value}. Leave it out, or send the id your own system uses."),
            _ => throw new InvalidOperationException("An intake ends accepted or unknown."),
        };
    }

    static Created<Response> Answer(Core.Recordings.Recording recording) => TypedResults.Created(LocationOf(recording.Id), new Response
    {
        Id = recording.Id,
        Status = Core.Recordings.RecordingStatus.Of(recording),
        ConversationId = recording.ConversationId,
        FileSizeBytes = recording.SizeBytes!.Value,
        Sha256 = Convert.ToHexStringLower(recording.ContentSha256!),
        RecordedAt = recording.RecordedAt,
    });

    static string LocationOf(Guid id) => $"/api/v1/recordings/{id}";

    static Task<byte[]?> FingerprintAsync(HttpContext http, CancellationToken ct) => MultipartFingerprint.OfAsync(http,
        http.RequestServices.GetRequiredService<IOptions<IngestOptions>>().Value.MaxFileBytes + MultipartIntake.FramingBytes, ct);

    // Its own caller made it: the key is theirs.
    static async Task<IResult> RepeatAsync(HttpContext http, string location, CancellationToken ct)
    {
        var id = Guid.Parse(location[(location.LastIndexOf('/') + 1)..]);
        return Answer(await http.RequestServices.GetRequiredService<RecordingDb>().Recordings.AsNoTracking().SingleAsync(r => r.Id == id, ct));
    }

    static async Task<Caller?> CallerAsync(HttpContext http, CancellationToken ct)
    {
        if (http.Features.Get<Caller>() is { } known)
            return known;
        if (http.Request.Query["ticket"] is not [{ Length: > 0 } ticket] || await http.RequestServices.GetRequiredService<Tickets>().SpendUploadAsync(ticket, ct) is not { } caller)
            return null;
        var from = Authentication.Anonymous(http);
        caller = caller with { Ip = from.Ip, UserAgent = from.UserAgent };
        // The ticket is used up: whoever asks again is told the same.
        http.Features.Set(caller);
        return caller;
    }
}
