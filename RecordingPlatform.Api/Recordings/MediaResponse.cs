using Microsoft.Net.Http.Headers;
using RecordingPlatform.Api.Http;
using RecordingPlatform.Core.Objects;

namespace RecordingPlatform.Api.Recordings;

/// <summary>Sends an object's plaintext per RFC 9110 §14: whole, or the one range that was asked for; GET and HEAD.</summary>
internal static class MediaResponse
{
    public static async Task SendAsync(HttpContext http, ObjectRow target, OpenObject media, bool attachment, string fileName, CancellationToken ct)
    {
        var response = http.Response;
        var headers = response.GetTypedHeaders();
        var tag = new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(target.Sha256!)}\"");
        headers.ETag = tag;
        response.Headers.AcceptRanges = "bytes";
        response.Headers.CacheControl = "private, no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        response.ContentType = target.MimeType ?? "application/octet-stream";
        var disposition = new ContentDispositionHeaderValue(attachment ? "attachment" : "inline");
        disposition.SetHttpFileName(fileName);
        headers.ContentDisposition = disposition;

        var (from, length, status) = Choose(http.Request, tag, media.Length);
        response.StatusCode = status;
        if (status == StatusCodes.Status416RangeNotSatisfiable)
        {
            headers.ContentRange = new ContentRangeHeaderValue(media.Length);
            headers.ContentDisposition = null;
            await new OtherProblem(416, "range_not_satisfiable", $"The media has {media.Length} bytes; the range lies outside.").ExecuteAsync(http);
            return;
        }
        if (status == StatusCodes.Status206PartialContent)
            headers.ContentRange = new ContentRangeHeaderValue(from, from + length - 1, media.Length);
        response.ContentLength = length;
        if (HttpMethods.IsHead(http.Request.Method) || length == 0)
            return;
        if (from + length == media.Length)
            await media.CopySuffixAsync(length, response.BodyWriter, ct);
        else
            await media.CopyRangeAsync(from, length, response.BodyWriter, ct);
    }

    // Several ranges at once are answered with the whole, as the RFC allows: no player asks for them.
    static (long From, long Length, int Status) Choose(HttpRequest request, EntityTagHeaderValue tag, long total)
    {
        var whole = (0L, total, StatusCodes.Status200OK);
        var headers = request.GetTypedHeaders();
        if (headers.Range is not { Ranges.Count: 1 } asked || !asked.Unit.Equals("bytes", StringComparison.OrdinalIgnoreCase))
            return whole;
        // A date says nothing about an object that never changes under its name.
        if (headers.IfRange is { } condition && (condition.EntityTag is null || !condition.EntityTag.Compare(tag, useStrongComparison: true)))
            return whole;
        var range = asked.Ranges.Single();
        if (range.From is { } first)
            return first >= total ? (0, 0, StatusCodes.Status416RangeNotSatisfiable)
                : (first, Math.Min(range.To ?? total - 1, total - 1) - first + 1, StatusCodes.Status206PartialContent);
        var suffix = Math.Min(range.To ?? 0, total);
        return suffix == 0 ? (0, 0, StatusCodes.Status416RangeNotSatisfiable) : (total - suffix, suffix, StatusCodes.Status206PartialContent);
    }
}
