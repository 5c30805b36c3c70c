using Microsoft.AspNetCore.Http.Features;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using RecordingPlatform.Api.Http;
using RecordingPlatform.Api.Recordings;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Audit;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Jibri;
using RecordingPlatform.Core.Sources;

namespace RecordingPlatform.Api.Ingest;

/// <summary>A file that may be pushed: whose, where it lies there, and what its sender says of it.</summary>
internal sealed record Push(Source Source, string Path, Caller Sender)
{
    public long Length { get; init; }
    public byte[]? Sha256 { get; init; }
    /// <summary>As reports and sweeps know the file.</summary>
    public string ExternalId => MediaPath.ExternalIdOf(Path);
}

/// <summary>Lets files in that come with an API key of scope <c>ingest:&lt;source&gt;</c>, each denied attempt on record.</summary>
internal sealed class MediaDoor(RecordingDb db, AuditTrail audit, IOptions<IngestOptions> options)
{
    public const string WhyAnonymous = "The handler decides: the scope that is needed names the source in the address.";

    const int HashBytes = 32;

    public async Task<(Push? Push, Problem? Problem)> OpenAsync(HttpContext http, string name, string path, CancellationToken ct)
    {
        if (http.Features.Get<Caller>() is not { } caller)
            return (null, new Unauthorized("unauthenticated", "Send an API key of scope ingest:<source> as X-Api-Key."));
        var scope = $"ingest:{name}";
        // Without the scope nobody learns which sources there are.
        if (!caller.May(scope) || await db.Sources.AsNoTracking().SingleOrDefaultAsync(s => s.Name == name, ct) is not { } source)
        {
            await audit.RecordAsync(AuditAction.AccessDenied, caller, ct, facts: new { permission = "ingest" }, outcome: AuditOutcome.Denied);
            await db.SaveChangesAsync(ct);
            return (null, new Forbidden("forbidden", "This needs an API key of scope ingest:<source> for the source in the address."));
        }
        if (source.Kind != SourceKind.Jibri)
            return (null, new Conflict("source_takes_no_files", "Files are pushed for sources of the kind jibri only."));
        if (!source.Enabled)
            return (null, new Forbidden("source_disabled", "The source is switched off. Switch it on under Sources, then push again."));
        return MediaPath.ProblemOf(path) is { } problem ? (null, new Unprocessable("path_invalid", problem)) : (new Push(source, path, caller), null);
    }

    /// <summary>What is wrong with the headers of a body, before it is read.</summary>
    public (Push? Push, Problem? Problem) ReadHeaders(HttpContext http, Push push)
    {
        var most = options.Value.MaxPushBytes;
        if (http.Request.ContentLength is not { } length)
            return (null, new OtherProblem(411, "length_required", "Send Content-Length: how long the file is must be known before its first byte."));
        if (length > most)
            return (null, new TooLarge("file_too_large", $"A pushed file may have {most} bytes here (Ingest:MaxPushBytes).") { LimitBytes = most });
        if (length == 0)
            return (null, new Unprocessable("file_empty", "The file has no bytes."));
        byte[]? sha256 = null;
        if (http.Request.Headers[PushMedia.HashHeader] is [{ } given])
        {
            if (given.Length != 2 * HashBytes || !given.All(char.IsAsciiHexDigit))
                return (null, new BadRequest("hash_invalid", $"{PushMedia.HashHeader} is 64 hexadecimal digits."));
            sha256 = Convert.FromHexString(given);
        }
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = most;
        return (push with { Length = length, Sha256 = sha256 }, null);
    }
}
