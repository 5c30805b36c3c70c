using Amazon.S3;
using Amazon.S3.Model;
using Microsoft.Extensions.Logging;

namespace RecordingPlatform.Core.Storage.S3;

/// <summary>A multipart upload: its parts are its own, and it is aborted unless it became the object.</summary>
internal sealed partial class S3Upload(S3Bucket bucket, string name, ILogger logger) : PartUpload(name, BytesOfPart)
{
    /// <summary>An object has at most 10,000 parts, of at least 5 MiB: 78 GiB.</summary>
    public const int BytesOfPart = 8 * 1024 * 1024;

    readonly List<PartETag> parts = [];
    string? id;

    protected override async Task SendPartAsync(int number, ReadOnlyMemory<byte> part, CancellationToken ct)
    {
        id ??= await BeginAsync(ct);
        var sent = await bucket.GuardAsync(
            () => bucket.Api.UploadPartAsync(
                new UploadPartRequest
                {
                    BucketName = bucket.Name, Key = Name, UploadId = id, PartNumber = number, InputStream = part.AsStream(), PartSize = part.Length, UseChunkEncoding = false,
                },
                ct),
            ct);
        parts.Add(new PartETag(number, sent.ETag));
    }

    protected override async Task<PutOutcome> PutWholeAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct) =>
        await bucket.PutAsync(Name, Stamp, bytes, ct) ? PutOutcome.Created : await WhoseAsync(ct);

    protected override Task<PutOutcome> PutPartsAsync(int count, CancellationToken ct) => bucket.GuardAsync(
        async () =>
        {
            try
            {
                await bucket.Api.CompleteMultipartUploadAsync(
                    new CompleteMultipartUploadRequest { BucketName = bucket.Name, Key = Name, UploadId = id, PartETags = parts, IfNoneMatch = "*" }, ct);
                id = null;
                return PutOutcome.Created;
            }
            catch (AmazonS3Exception refused) when (S3Failure.IsUnmet(refused))
            {
                return await WhoseAsync(ct);
            }
            catch (AmazonS3Exception refused) when (S3Failure.IsConflict(refused) || refused.ErrorCode == "NoSuchUpload")
            {
                // Another writer was quicker, or this is the repeat of a commit whose answer was lost; else it failed.
                if (await bucket.AskAsync(Name, ct) is null)
                    throw;
                return await WhoseAsync(ct);
            }
        },
        ct);

    protected override async ValueTask GiveUpAsync()
    {
        if (id is null)
            return;

        using var patience = new CancellationTokenSource(bucket.Client.Timeout);
        try
        {
            await bucket.GuardAsync(
                () => bucket.Api.AbortMultipartUploadAsync(new AbortMultipartUploadRequest { BucketName = bucket.Name, Key = Name, UploadId = id }, patience.Token),
                CancellationToken.None);
        }
        catch (IOException failure) when (failure.InnerException is not AmazonS3Exception { ErrorCode: "NoSuchUpload" })
        {
            Log.NotAborted(logger, Name, failure);
        }
        catch (IOException)
        {
            // It is gone, as it should be.
        }

        id = null;
    }

    Task<string> BeginAsync(CancellationToken ct) => bucket.GuardAsync(
        async () =>
        {
            var begin = new InitiateMultipartUploadRequest { BucketName = bucket.Name, Key = Name };
            begin.Metadata[S3Bucket.StampName] = Stamp;
            return (await bucket.Api.InitiateMultipartUploadAsync(begin, ct)).UploadId;
        },
        ct);

    async Task<PutOutcome> WhoseAsync(CancellationToken ct) =>
        (await bucket.AskAsync(Name, ct))?.Stamp == Stamp ? PutOutcome.Created : PutOutcome.AlreadyExists;

    static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The parts of the upload of {Name} could not be given back; the bucket's rule for incomplete uploads has to remove them.")]
        public static partial void NotAborted(ILogger logger, string name, Exception failure);
    }
}
