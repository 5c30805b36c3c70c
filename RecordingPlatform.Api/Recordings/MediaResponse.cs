using Microsoft.Net.Http.Headers;
using RecordingPlatform.Api.Http;
using RecordingPlatform.Core.Objects;

namespace RecordingPlatform.Api.Recordings;

/// <summary>Sends an object's plaintext per RFC 9110 §14: whole, or the one range that was asked for; GET and HEAD.</summary>
internal static class MediaResponse
{
    public static async Task SendAsync(HttpContext http, ObjectRow target, OpenObject media, bool attachment, string fileName, CancellationToken ct)
    {
        // Strings, not typed headers: a player sends hundreds of these requests, and parsing what was just formatted is most of what they cost.
        var response = http.Response;
        var tag = $"\"{Convert.ToHexStringLower(target.Sha256!)}\"";
        response.Headers.ETag = tag;
        response.Headers.AcceptRanges = "bytes";
        response.Headers.CacheControl = "private, no-store";
        response.Headers.XContentTypeOptions = "nosniff";

        var (from, length, status) = Choose(http.Request, tag, media.Length);
        response.StatusCode = status;
        if (status == StatusCodes.Status416RangeNotSatisfiable)
        {
            response.Headers.ContentRange = $"bytes */{media.Length}";
            await new OtherProblem(416, "range_not_satisfiable", $"The media has {media.Length} bytes; the range lies outside.").ExecuteAsync(http);
            return;
        }
        response.ContentType = target.MimeType ?? "application/octet-stream";
        response.Headers.ContentDisposition = DispositionOf(attachment, fileName);
        if (status == StatusCodes.Status206PartialContent)
            response.Headers.ContentRange = $"bytes {from}-{from + length - 1}/{media.Length}";
        response.ContentLength = length;
        if (HttpMethods.IsHead(http.Request.Method) || length == 0)
            return;
        if (from + length == media.Length)
            await media.CopySuffixAsync(length, response.BodyWriter, ct);
        else
            await media.CopyRangeAsync(from, length, response.BodyWriter, ct);
    }

    static string DispositionOf(bool attachment, string fileName)
    {
        var disposition = new ContentDispositionHeaderValue(attachment ? "attachment" : "inline");
        disposition.SetHttpFileName(fileName);
        return disposition.ToString();
    }

    /// <summary>The bytes that are asked for; empty for all. Never the client's own text, which could hold anything.</summary>
    public static string WordsOf(HttpRequest request) => RangeOf(request) is { } range ? $"bytes={range}" : "";

    static RangeItemHeaderValue? RangeOf(HttpRequest request) =>
        request.Headers.Range is [{ } text] && RangeHeaderValue.TryParse(text, out var asked) && asked.Unit.Equals("bytes", StringComparison.OrdinalIgnoreCase) && asked.Ranges is { Count: 1 } ranges
            ? ranges.Single() : null;

    // Several ranges at once are answered with the whole, as the RFC allows: no player asks for them.
    static (long From, long Length, int Status) Choose(HttpRequest request, string tag, long total)
    {
        var whole = (0L, total, StatusCodes.Status200OK);
        if (RangeOf(request) is not { } range)
            return whole;
        // Only the very same content goes on; a date says nothing about an object that never changes under its name.
        if (request.Headers.IfRange is [{ } condition, ..] && condition != tag)
            return whole;
        if (range.From is { } first)
            return first >= total ? (0, 0, StatusCodes.Status416RangeNotSatisfiable)
                : (first, Math.Min(range.To ?? total - 1, total - 1) - first + 1, StatusCodes.Status206PartialContent);
        var suffix = Math.Min(range.To ?? 0, total);
        return suffix == 0 ? (0, 0, StatusCodes.Status416RangeNotSatisfiable) : (total - suffix, suffix, StatusCodes.Status206PartialContent);
    }
}
