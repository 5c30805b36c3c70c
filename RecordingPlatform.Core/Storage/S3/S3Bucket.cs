using Amazon.S3;
using Amazon.S3.Model;

namespace RecordingPlatform.Core.Storage.S3;

/// <summary>What S3 says of an object without its content.</summary>
/// <param name="Length">In bytes.</param>
/// <param name="Tier">Of its storage class.</param>
/// <param name="ETag">Of this content and this write.</param>
/// <param name="Stamp">Of the upload that made it.</param>
/// <param name="Restoring">It is archived, and being restored.</param>
/// <param name="Restored">It is archived, and for some days readable.</param>
internal sealed record S3Properties(long Length, StorageTier Tier, string ETag, string? Stamp, bool Restoring, bool Restored);

/// <summary>The requests of one bucket that answer without a body.</summary>
internal sealed class S3Bucket(S3Client client, string name, bool checksConditions)
{
    /// <summary>The metadata in which an upload leaves its stamp.</summary>
    public const string StampName = "upload";

    // Amazon asks for a repeat when two conditional writes of a name meet.
    const int Tries = 4;

    volatile bool checkedOnce = !checksConditions;

    public string Name => name;

    public S3Client Client => client;

    public AmazonS3Client Api => client.Api;

    public Task<T> GuardAsync<T>(Func<Task<T>> call, CancellationToken ct) => S3Failure.GuardAsync(name, call, ct);

    /// <summary>
    /// Finds out once, before the first write, whether this server keeps the condition that create-only puts stand on. One that
    /// does not know it overwrites without a word.
    /// </summary>
    public async Task EnsureConditionsAsync(CancellationToken ct)
    {
        if (checkedOnce)
            return;
        // No object's name begins with a dot.
        var key = $".probe/{Guid.CreateVersion7():n}";
        if (!await PutAsync(key, "probe", new byte[16], ct))
            throw new IOException($"The object store's bucket '{name}' refuses a new name.");
        var overwritten = await PutAsync(key, "again", new byte[16], ct);
        await DeleteAsync(key, ct);
        if (overwritten)
            throw new IOException($"The object store's bucket '{name}' overwrites in spite of If-None-Match: this server has no conditional writes, which the platform needs.");
        checkedOnce = true;
    }

    /// <returns>Null when there is no such object.</returns>
    public Task<S3Properties?> AskAsync(string key, CancellationToken ct) => GuardAsync(
        async () =>
        {
            try
            {
                var found = await Api.GetObjectMetadataAsync(new GetObjectMetadataRequest { BucketName = name, Key = key }, ct);
                return new S3Properties(
                    found.ContentLength, S3Tier.Of(found.StorageClass), found.ETag, found.Metadata[StampName],
                    found.RestoreInProgress is true, found.RestoreInProgress is not true && found.RestoreExpiration is not null);
            }
            catch (AmazonS3Exception refused) when (S3Failure.IsMissing(refused))
            {
                return null;
            }
        },
        ct);

    /// <summary>One request, for an object that fits in it: there whole, unless the name is taken.</summary>
    /// <returns>False when the name is taken.</returns>
    public Task<bool> PutAsync(string key, string stamp, ReadOnlyMemory<byte> bytes, CancellationToken ct) => GuardAsync(
        async () =>
        {
            for (var tries = 1; ; tries++)
            {
                // Signed whole, since it is in memory whole: signed chunks need a server that takes their framing off again.
                var put = new PutObjectRequest { BucketName = name, Key = key, InputStream = bytes.AsStream(), IfNoneMatch = "*", UseChunkEncoding = false };
                put.Metadata[StampName] = stamp;
                try
                {
                    await Api.PutObjectAsync(put, ct);
                    return true;
                }
                catch (AmazonS3Exception refused) when (S3Failure.IsUnmet(refused))
                {
                    return false;
                }
                catch (AmazonS3Exception refused) when (S3Failure.IsConflict(refused) && tries < Tries)
                {
                    // The other one may have won, or have been a delete: the next try is told.
                }
            }
        },
        ct);

    /// <summary>
    /// S3's delete does not say whether there was anything. So it is asked for first, and deleted only if it still exists: of two
    /// racing deletes, one does.
    /// </summary>
    public async Task<bool> DeleteAsync(string key, CancellationToken ct) =>
        await AskAsync(key, ct) is not null && await GuardAsync(
            async () =>
            {
                for (var tries = 1; ; tries++)
                {
                    try
                    {
                        await Api.DeleteObjectAsync(new DeleteObjectRequest { BucketName = name, Key = key, IfMatch = "*" }, ct);
                        return true;
                    }
                    catch (AmazonS3Exception refused) when (S3Failure.IsUnmet(refused) || S3Failure.IsMissing(refused))
                    {
                        return false;
                    }
                    catch (AmazonS3Exception refused) when (S3Failure.IsConflict(refused) && tries < Tries)
                    {
                        // Another write or delete of the name was under way.
                    }
                }
            },
            ct);
}
