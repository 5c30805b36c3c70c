using System.Runtime.CompilerServices;
using Amazon.S3.Model;
using Microsoft.Extensions.Logging;

namespace RecordingPlatform.Core.Storage.S3;

/// <summary>The object store on Amazon S3, or a server of the same interface that has conditional writes: one bucket, which exists.</summary>
/// <param name="client">Shared by the buckets, and disposed by who made it.</param>
/// <param name="bucket">Its name.</param>
/// <param name="logger">Told of parts that could not be given back.</param>
/// <param name="checksConditions">False only to talk to a server that has no conditional writes, and so no create-only put.</param>
internal sealed class S3ObjectStore(S3Client client, string bucket, ILogger<S3ObjectStore> logger, bool checksConditions = true) : IObjectStore
{
    readonly S3Bucket objects = new(client, bucket, checksConditions);

    public string Provider => "s3";

    public string Container => bucket;

    public async Task<ObjectUpload> CreateAsync(string name, CancellationToken ct)
    {
        ObjectName.ThrowIfInvalid(name);
        await objects.EnsureConditionsAsync(ct);
        return new S3Upload(objects, name, logger);
    }

    public Task<ObjectRead> ReadAsync(string name, long offset, long length, CancellationToken ct)
    {
        ObjectName.ThrowIfInvalid(name);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        return new S3Reader(objects, new S3Tiering(objects)).ReadAsync(name, offset, length, ct);
    }

    public Task<bool> DeleteAsync(string name, CancellationToken ct)
    {
        ObjectName.ThrowIfInvalid(name);
        return objects.DeleteAsync(name, ct);
    }

    public IAsyncEnumerable<StoredObject> ListAsync(string prefix, CancellationToken ct)
    {
        ObjectName.ThrowIfInvalidPrefix(prefix);
        return PagesAsync(prefix, ct);
    }

    public Task<TierState?> SetTierAsync(string name, StorageTier tier, CancellationToken ct)
    {
        ObjectName.ThrowIfInvalid(name);
        if (!Enum.IsDefined(tier))
            throw new ArgumentOutOfRangeException(nameof(tier), tier, "Not a tier.");
        return new S3Tiering(objects).SetAsync(name, tier, ct);
    }

    public Task<TierState?> GetTierAsync(string name, CancellationToken ct)
    {
        ObjectName.ThrowIfInvalid(name);
        return new S3Tiering(objects).GetAsync(name, ct);
    }

    public async Task<StoreProbe> ProbeAsync(CancellationToken ct)
    {
        var probe = $".probe/{Guid.CreateVersion7():n}";
        try
        {
            await objects.EnsureConditionsAsync(ct);
            await objects.PutAsync(probe, "probe", new byte[16], ct);
            await objects.DeleteAsync(probe, ct);
            return StoreProbe.Healthy;
        }
        catch (IOException failure)
        {
            return new StoreProbe(Writable: false, failure.Message);
        }
    }

    async IAsyncEnumerable<StoredObject> PagesAsync(string prefix, [EnumeratorCancellation] CancellationToken ct)
    {
        string? token = null;
        do
        {
            var page = await objects.GuardAsync(
                () => client.Api.ListObjectsV2Async(new ListObjectsV2Request { BucketName = bucket, Prefix = prefix, ContinuationToken = token }, ct), ct);
            // What no provider would name so, is not ours: a probe, or another program's.
            foreach (var found in (page.S3Objects ?? []).Where(found => ObjectName.IsValid(found.Key)))
            {
                ct.ThrowIfCancellationRequested();
                yield return new StoredObject(
                    found.Key, found.Size ?? 0, new DateTimeOffset(found.LastModified!.Value.ToUniversalTime()), S3Tier.Of(found.StorageClass));
            }

            token = page.IsTruncated is true ? page.NextContinuationToken : null;
        }
        while (token is not null);
    }
}
