namespace RecordingPlatform.Core.Storage.Azure;

/// <summary>The object store on Azure Blob Storage: block blobs in one container, which is created when it is missing.</summary>
internal sealed class AzureObjectStore(BlobHttp http, string container) : IObjectStore, IContainerSetup
{
    readonly BlobContainer blobs = new(http, container);

    public string Provider => "azure";

    public string Container => container;

    public Task EnsureContainerAsync(CancellationToken ct) => blobs.EnsureAsync(ct);

    public async Task<ObjectUpload> CreateAsync(string name, CancellationToken ct)
    {
        ObjectName.ThrowIfInvalid(name);
        await blobs.EnsureAsync(ct);
        return new BlobUpload(blobs, name);
    }

    public Task<ObjectRead> ReadAsync(string name, long offset, long length, CancellationToken ct)
    {
        ObjectName.ThrowIfInvalid(name);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        return new BlobReader(blobs).ReadAsync(name, offset, length, ct);
    }

    public Task<bool> DeleteAsync(string name, CancellationToken ct)
    {
        ObjectName.ThrowIfInvalid(name);
        return blobs.DeleteAsync(name, ct);
    }

    public IAsyncEnumerable<StoredObject> ListAsync(string prefix, CancellationToken ct)
    {
        ObjectName.ThrowIfInvalidPrefix(prefix);
        return new BlobListing(blobs).ListAsync(prefix, ct);
    }

    public async Task<TierState?> SetTierAsync(string name, StorageTier tier, CancellationToken ct)
    {
        ObjectName.ThrowIfInvalid(name);
        if (!Enum.IsDefined(tier))
            throw new ArgumentOutOfRangeException(nameof(tier), tier, "Not a tier.");

        var before = await GetTierAsync(name, ct);
        if (before is null || before.Restoring || before.Tier == tier)
            return before;
        await blobs.SetTierAsync(name, tier, ct);
        return await GetTierAsync(name, ct);
    }

    public async Task<TierState?> GetTierAsync(string name, CancellationToken ct)
    {
        ObjectName.ThrowIfInvalid(name);
        return (await blobs.AskAsync(name, ct))?.State;
    }

    public async Task<StoreProbe> ProbeAsync(CancellationToken ct)
    {
        // No object's name begins with a dot.
        var probe = $".probe/{Guid.CreateVersion7():n}";
        try
        {
            await blobs.EnsureAsync(ct);
            await blobs.PutAsync(probe, "probe", new byte[16], ct);
            await blobs.DeleteAsync(probe, ct);
            return StoreProbe.Healthy;
        }
        catch (IOException failure)
        {
            return new StoreProbe(Writable: false, failure.Message);
        }
    }
}
