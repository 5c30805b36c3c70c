using Amazon.S3;
using Amazon.S3.Model;

namespace RecordingPlatform.Core.Storage.S3;

/// <summary>
/// Tiers by storage class. S3 restores an archived object for some days only and does not remember what for: a tag does, and who
/// asks for the tier after the restore moves the object there for good.
/// </summary>
internal sealed class S3Tiering(S3Bucket bucket)
{
    /// <summary>The tag that says which tier a restore ends in.</summary>
    const string TargetTag = "restore-to";

    /// <summary>What one copy request moves at most, by Amazon's limit.</summary>
    const long LargestCopy = 5L * 1024 * 1024 * 1024;

    /// <returns>Null when there is no such object.</returns>
    public async Task<TierState?> GetAsync(string name, CancellationToken ct)
    {
        var properties = await bucket.AskAsync(name, ct);
        if (properties is null)
            return null;
        if (!properties.Restored)
            return await StateAsync(name, properties, ct);

        var target = await TargetAsync(name, ct);
        return await MoveAsync(name, properties, target, ct);
    }

    /// <returns>Null when there is no such object.</returns>
    public async Task<TierState?> SetAsync(string name, StorageTier tier, CancellationToken ct)
    {
        var before = await GetAsync(name, ct);
        if (before is null || before.Restoring || before.Tier == tier)
            return before;

        if (before.Tier == StorageTier.Archive)
        {
            await RestoreAsync(name, tier, ct);
            return await GetAsync(name, ct);
        }

        return await bucket.AskAsync(name, ct) is { } properties ? await MoveAsync(name, properties, tier, ct) : null;
    }

    /// <summary>The state that these properties show.</summary>
    public async Task<TierState> StateAsync(string name, S3Properties properties, CancellationToken ct) =>
        properties.Tier == StorageTier.Archive && properties.Restoring
            ? new TierState(StorageTier.Archive, await TargetAsync(name, ct))
            : new TierState(properties.Tier);

    /// <summary>
    /// Copies the object onto itself in another class, if it is still the same one: a copy that overtook a delete would bring the
    /// object back.
    /// </summary>
    Task<TierState?> MoveAsync(string name, S3Properties properties, StorageTier tier, CancellationToken ct)
    {
        if (properties.Length > LargestCopy)
            throw new IOException($"'{name}' has {properties.Length} bytes; the S3 provider changes the tier of objects up to {LargestCopy} only. A lifecycle rule of the bucket can.");

        return bucket.GuardAsync(
            async () =>
            {
                try
                {
                    await bucket.Api.CopyObjectAsync(
                        new CopyObjectRequest
                        {
                            SourceBucket = bucket.Name,
                            SourceKey = name,
                            ETagToMatch = properties.ETag,
                            DestinationBucket = bucket.Name,
                            DestinationKey = name,
                            IfMatch = properties.ETag,
                            StorageClass = S3Tier.ClassOf(tier),
                            MetadataDirective = S3MetadataDirective.COPY,
                        },
                        ct);
                    return new TierState(tier);
                }
                catch (AmazonS3Exception refused) when (S3Failure.IsMissing(refused) || S3Failure.IsUnmet(refused))
                {
                    // Deleted meanwhile, or moved by another.
                    return await bucket.AskAsync(name, ct) is { } now ? await StateAsync(name, now, ct) : null;
                }
            },
            ct);
    }

    Task<bool> RestoreAsync(string name, StorageTier target, CancellationToken ct) => bucket.GuardAsync(
        async () =>
        {
            try
            {
                await bucket.Api.PutObjectTaggingAsync(
                    new PutObjectTaggingRequest
                    {
                        BucketName = bucket.Name,
                        Key = name,
                        Tagging = new Tagging { TagSet = [new Tag { Key = TargetTag, Value = $"{target}" }] },
                    },
                    ct);
                await bucket.Api.RestoreObjectAsync(
                    new RestoreObjectRequest { BucketName = bucket.Name, Key = name, Days = bucket.Client.RestoredDays, RetrievalTier = GlacierJobTier.Standard }, ct);
                return true;
            }
            catch (AmazonS3Exception refused) when (S3Failure.IsMissing(refused) || refused.ErrorCode == "RestoreAlreadyInProgress")
            {
                return false;
            }
        },
        ct);

    // Somebody else's restore has no tag: what they wanted was to read.
    Task<StorageTier> TargetAsync(string name, CancellationToken ct) => bucket.GuardAsync(
        async () =>
        {
            try
            {
                var tags = await bucket.Api.GetObjectTaggingAsync(new GetObjectTaggingRequest { BucketName = bucket.Name, Key = name }, ct);
                return Enum.TryParse<StorageTier>(tags.Tagging?.Find(tag => tag.Key == TargetTag)?.Value, out var tier) && tier != StorageTier.Archive ? tier : StorageTier.Hot;
            }
            catch (AmazonS3Exception refused) when (S3Failure.IsMissing(refused))
            {
                return StorageTier.Hot;
            }
        },
        ct);
}
