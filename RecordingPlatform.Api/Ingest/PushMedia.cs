using System.Globalization;
using RecordingPlatform.Api.Http;
using RecordingPlatform.Core.Ingest;
using RecordingPlatform.Core.Recordings;

namespace RecordingPlatform.Api.Ingest;

/// <summary>
/// Takes one file of a meeting as the raw body, from the machine that recorded it. Sealed while it arrives; nothing is kept of a
/// body that ends early. The same path again is the same recording: told at once, before a byte is sent, when its SHA-256 is
/// given.
/// </summary>
internal sealed class PushMedia : IEndpoint
{
    public const string HashHeader = "X-Content-SHA256";

    public sealed record Response
    {
        public required Guid Id { get; init; }
        /// <summary>The same as <see cref="Id"/>.</summary>
        public required Guid RecordingId { get; init; }
        public required string Status { get; init; }
        public required long FileSizeBytes { get; init; }
        /// <summary>Hexadecimal, of the file as received: compare it with your own before you remove anything.</summary>
        public required string Sha256 { get; init; }
    }

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPut("/api/v1/ingest/{source}/media/{**path}", HandleAsync)
            .AllowAnonymous(MediaDoor.WhyAnonymous)
            .NotIdempotent("The same path is the same recording.")
            .Answers(400, "hash_invalid")
            .Answers(401, "unauthenticated")
            .Answers(403, "forbidden", "source_disabled")
            .Answers(409, "media_differs", "source_takes_no_files")
            .Answers(411, "length_required")
            .Answers(413, "file_too_large")
            .Answers(422, "path_invalid", "file_empty", "upload_truncated", "hash_mismatch")
            .Answers(503, "key_service_unavailable", "recording_announced")
            .Answers(507, "store_full");
        routes.MapMethods("/api/v1/ingest/{source}/media/{**path}", ["HEAD"], AskAsync)
            .AllowAnonymous(MediaDoor.WhyAnonymous)
            .ExcludeFromDescription();
    }

    static async Task<Results<Created<Response>, Ok<Response>, Problem>> HandleAsync(string source, string path, HttpContext http, MediaDoor door, PushedMedia media, CancellationToken ct)
    {
        var (opened, problem) = await door.OpenAsync(http, source, path, ct);
        if (opened is null)
            return problem!;
        var (push, wrong) = door.ReadHeaders(http, opened);
        if (push is null)
            return wrong!;
        if (await media.FindAsync(push, ct) is { } known)
            return await PushedMedia.IsSameAsync(http, push, known, ct) ? TypedResults.Ok(Answer(known)) : Differs;
        var (sealedMedia, refused) = await media.SealAsync(http, push, ct);
        if (sealedMedia is null)
            return refused!;
        await using var original = sealedMedia.Original;
        try
        {
            return await media.TakeAsync(push, sealedMedia, ct) switch
            {
                IntakeResult.Accepted accepted => TypedResults.Created($"/api/v1/recordings/{accepted.Recording.Id}", Answer(accepted.Recording)),
                IntakeResult.AlreadyThere there => there.Recording.ContentSha256.AsSpan().SequenceEqual(original.Facts!.Sha256) ? TypedResults.Ok(Answer(there.Recording)) : Differs,
                _ => throw new InvalidOperationException("A push ends accepted or already there."),
            };
        }
        catch (RecordingAppearedException)
        {
            return new Unavailable("recording_announced", "The file was reported while it was being received. Send it again.") { RetryAfter = 1 };
        }
    }

    static async Task<Results<Ok, Problem>> AskAsync(string source, string path, HttpContext http, MediaDoor door, PushedMedia media, CancellationToken ct)
    {
        var (push, problem) = await door.OpenAsync(http, source, path, ct);
        if (push is null)
            return problem!;
        if (await media.FindAsync(push, ct) is not { } known)
            return new NotFound("media_not_found", "The source has no such file here.");
        http.Response.ContentLength = known.SizeBytes;
        http.Response.Headers[HashHeader] = Convert.ToHexStringLower(known.ContentSha256!);
        http.Response.Headers["Recording-Id"] = known.Id.ToString("D", CultureInfo.InvariantCulture);
        return TypedResults.Ok();
    }

    static Conflict Differs { get; } = new("media_differs", "There is another file under this path. Nothing was changed: a recording is never overwritten. Push this one under a path of its own.");

    static Response Answer(Recording recording) => new()
    {
        Id = recording.Id,
        RecordingId = recording.Id,
        Status = RecordingStatus.Of(recording),
        FileSizeBytes = recording.SizeBytes!.Value,
        Sha256 = Convert.ToHexStringLower(recording.ContentSha256!),
    };
}
