using System.Buffers;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace RecordingPlatform.Api.Recordings;

/// <summary>
/// Reads an upload to its end and says what it holds, as <see cref="UploadFields.Fingerprint"/> of a received one does. Keeps
/// nothing: memory does not grow with the file.
/// </summary>
internal static class MultipartFingerprint
{
    const int BufferBytes = 64 * 1024;

    public static async Task<byte[]?> OfAsync(HttpContext http, long mostBytes, CancellationToken ct)
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = mostBytes;
        if (!MediaTypeHeaderValue.TryParse(http.Request.ContentType, out var type) || HeaderUtilities.RemoveQuotes(type.Boundary).Value is not { Length: > 0 and <= 200 } boundary)
            return null;
        var fields = new UploadFields();
        byte[]? file = null;
        try
        {
            var parts = new MultipartReader(boundary, http.Request.Body);
            while (await parts.ReadNextSectionAsync(ct) is { } part)
            {
                if (!ContentDispositionHeaderValue.TryParse(part.ContentDisposition, out var disposition) || HeaderUtilities.RemoveQuotes(disposition.Name).Value is not { } name)
                    return null;
                if (name is "file" or "audio")
                {
                    fields.FileName = HeaderUtilities.RemoveQuotes(disposition.FileNameStar.HasValue ? disposition.FileNameStar : disposition.FileName).Value;
                    file = await HashAsync(part.Body, ct);
                }
                else if (await MultipartIntake.ReadFieldAsync(part, ct) is not { } value || !fields.TryAdd(name, value, MultipartIntake.MaxFields))
                {
                    return null;
                }
            }
        }
        catch (Exception e) when (e is InvalidDataException or IOException and not BadHttpRequestException)
        {
            return null;
        }
        return file is null ? null : fields.Fingerprint(file);
    }

    static async Task<byte[]> HashAsync(Stream file, CancellationToken ct)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            for (int read; (read = await file.ReadAsync(buffer, ct)) > 0;)
                hash.AppendData(buffer, 0, read);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
        }
        return hash.GetHashAndReset();
    }
}
