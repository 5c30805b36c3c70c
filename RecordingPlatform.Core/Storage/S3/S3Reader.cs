using System.Net;
using System.Net.Http.Headers;
using Amazon.S3;
using Amazon.S3.Model;

namespace RecordingPlatform.Core.Storage.S3;

/// <summary>Ranged reads: the bytes asked for travel, and no others.</summary>
internal sealed class S3Reader(S3Bucket bucket, S3Tiering tiering)
{
    // Between the read and the question after its refusal an object may be restored, or deleted and made again.
    const int Tries = 3;

    public async Task<ObjectRead> ReadAsync(string name, long offset, long length, CancellationToken ct)
    {
        for (var tries = 1; ; tries++)
        {
            if (length > 0 && await TryReadAsync(name, offset, length, ct) is { } read)
                return read;

            var properties = await bucket.AskAsync(name, ct);
            if (properties is null)
                return new ObjectRead.NotFound();
            if (properties.Tier == StorageTier.Archive && !properties.Restored)
                return new ObjectRead.Archived(await tiering.StateAsync(name, properties, ct));
            if (length == 0 || offset >= properties.Length)
                return new ObjectRead.Found(Stream.Null, 0, properties.Length);
            if (tries == Tries)
                throw new IOException($"The object store's bucket '{bucket.Name}' refuses to give '{name}', and does not say why.");
        }
    }

    /// <returns>Null when the range lies past the end, or the object is archived.</returns>
    Task<ObjectRead?> TryReadAsync(string name, long offset, long length, CancellationToken ct) => bucket.GuardAsync<ObjectRead?>(
        async () =>
        {
            var get = new GetObjectRequest
            {
                BucketName = bucket.Name,
                Key = name,
                ByteRange = new ByteRange(length > long.MaxValue - offset ? $"bytes={offset}-" : $"bytes={offset}-{offset + length - 1}"),
            };
            try
            {
                var answer = await bucket.Api.GetObjectAsync(get, ct);
                if (answer.ContentLength > 0)
                    return Found(answer, name, offset);
                // Some servers answer a range of an empty object with nothing instead of 416.
                answer.Dispose();
                return null;
            }
            catch (AmazonS3Exception refused) when (S3Failure.IsMissing(refused))
            {
                return new ObjectRead.NotFound();
            }
            catch (AmazonS3Exception refused) when (refused.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable || refused.ErrorCode == "InvalidObjectState")
            {
                return null;
            }
        },
        ct);

    ObjectRead.Found Found(GetObjectResponse answer, string name, long offset)
    {
        if (ContentRangeHeaderValue.TryParse(answer.ContentRange, out var range)
            && range is { From: { } from, To: { } to, Length: { } whole } && from == offset)
        {
            return new ObjectRead.Found(new ExactReadStream(answer.ResponseStream, answer, name, to - from + 1, bucket.Client.Timeout), to - from + 1, whole);
        }

        answer.Dispose();
        throw new IOException($"The object store's bucket '{bucket.Name}' answered another range than it was asked for.");
    }
}
