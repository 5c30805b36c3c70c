using System.Net.Http.Headers;
using Azure;
using Azure.Core;

namespace RecordingPlatform.Core.Storage.Azure;

/// <summary>Ranged reads: the bytes asked for travel, and no others.</summary>
internal sealed class BlobReader(BlobContainer container)
{
    // Between the read and the question after its refusal an object may be restored, or deleted and made again.
    const int Tries = 3;

    public async Task<ObjectRead> ReadAsync(string name, long offset, long length, CancellationToken ct)
    {
        for (var tries = 1; ; tries++)
        {
            if (length > 0 && await TryReadAsync(name, offset, length, ct) is { } read)
                return read;

            var properties = await container.AskAsync(name, ct);
            if (properties is null)
                return new ObjectRead.NotFound();
            if (properties.State.Tier == StorageTier.Archive)
                return new ObjectRead.Archived(properties.State);
            if (length == 0 || offset >= properties.Length)
                return new ObjectRead.Found(Stream.Null, 0, properties.Length);
            if (tries == Tries)
                throw new IOException($"The object store's container '{container.Name}' refuses to give '{name}', and does not say why.");
        }
    }

    /// <returns>Null when the range lies past the end, or the object is archived.</returns>
    async Task<ObjectRead?> TryReadAsync(string name, long offset, long length, CancellationToken ct)
    {
        using var message = container.Http.Create(RequestMethod.Get, container.Name, name);
        message.BufferResponse = false;
        message.Request.Headers.Add("x-ms-range", length > long.MaxValue - offset ? $"bytes={offset}-" : $"bytes={offset}-{offset + length - 1}");
        var response = await container.Http.SendAsync(message, container.Name, ct);
        if (BlobContainer.IsMissing(response))
            return new ObjectRead.NotFound();

        switch (response.Status, BlobFailure.CodeOf(response))
        {
            // Azurite's 416 for the byte after the last.
            case (206, _) when response.Headers.ContentLength == 0:
                return null;
            case (206, _):
                var (given, whole) = RangeOf(response, offset);
                // Out of the message, whose end would close it.
                return new ObjectRead.Found(new ExactReadStream(message.ExtractResponseContent()!, answer: null, name, given, container.Http.Timeout), given, whole);
            case (416, _):
            case (409, "BlobArchived" or "BlobBeingRehydrated"):
                return null;
            default:
                throw BlobFailure.Of(response, container.Name);
        }
    }

    (long Given, long Whole) RangeOf(Response response, long offset) =>
        response.Headers.TryGetValue("Content-Range", out var text)
        && ContentRangeHeaderValue.TryParse(text, out var range) && range is { From: { } from, To: { } to, Length: { } whole } && from == offset
            ? (to - from + 1, whole)
            : throw new IOException($"The object store's container '{container.Name}' answered another range than it was asked for.");
}
