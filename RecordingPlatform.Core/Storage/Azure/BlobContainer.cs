using System.Globalization;
using Azure;
using Azure.Core;

namespace RecordingPlatform.Core.Storage.Azure;

/// <summary>What Azure says of a blob without its content.</summary>
internal sealed record BlobProperties(long Length, TierState State, string? Stamp);

/// <summary>The requests of one container that answer without a body.</summary>
internal sealed class BlobContainer(BlobHttp http, string name)
{
    /// <summary>The metadata in which an upload leaves its stamp. Metadata names are C# identifiers.</summary>
    public const string StampHeader = "x-ms-meta-upload";

    volatile bool exists;

    public string Name => name;

    public BlobHttp Http => http;

    /// <summary>Creates the container if it is missing. Asks until it has been told once that the container is there.</summary>
    public async Task EnsureAsync(CancellationToken ct)
    {
        if (exists)
            return;

        // Asked first, since an identity that may write blobs need not have the right to create containers.
        using var ask = http.Create(RequestMethod.Head, name, blob: null, ("restype", "container"));
        var found = await http.SendAsync(ask, name, ct);
        if (found.Status == 404)
        {
            using var create = http.Create(RequestMethod.Put, name, blob: null, ("restype", "container"));
            var created = await http.SendAsync(create, name, ct);
            if (created.Status != 201 && BlobFailure.CodeOf(created) != "ContainerAlreadyExists")
                throw BlobFailure.Of(created, name);
        }
        else if (found.Status != 200)
        {
            throw BlobFailure.Of(found, name);
        }

        exists = true;
    }

    /// <returns>Null when there is no such blob.</returns>
    public async Task<BlobProperties?> AskAsync(string blob, CancellationToken ct)
    {
        using var message = http.Create(RequestMethod.Head, name, blob);
        var response = await http.SendAsync(message, name, ct);
        if (IsMissing(response))
            return null;
        if (response.Status != 200 || !response.Headers.TryGetValue("Content-Length", out var length))
            throw BlobFailure.Of(response, name);
        return new BlobProperties(
            long.Parse(length, CultureInfo.InvariantCulture), BlobTier.Of(response), response.Headers.TryGetValue(StampHeader, out var stamp) ? stamp : null);
    }

    /// <summary>One request, for a blob that fits in it: there whole, unless the name is taken.</summary>
    /// <returns>False when the name is taken.</returns>
    public async Task<bool> PutAsync(string blob, string stamp, ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        using var message = http.Create(RequestMethod.Put, name, blob);
        message.Request.Headers.Add("x-ms-blob-type", "BlockBlob");
        message.Request.Headers.Add(StampHeader, stamp);
        message.Request.Headers.Add("If-None-Match", "*");
        message.Request.Content = RequestContent.Create(bytes);
        return IsCreated(await http.SendAsync(message, name, ct));
    }

    /// <returns>False when there is no such blob.</returns>
    public async Task<bool> DeleteAsync(string blob, CancellationToken ct)
    {
        // Azurite would delete the uncommitted blocks of an upload that is under way, and call that a blob.
        if (await AskAsync(blob, ct) is null)
            return false;

        using var message = http.Create(RequestMethod.Delete, name, blob);
        // Someone's snapshot would refuse the delete, and outlive it.
        message.Request.Headers.Add("x-ms-delete-snapshots", "include");
        var response = await http.SendAsync(message, name, ct);
        if (IsMissing(response))
            return false;
        return response.Status == 202 ? true : throw BlobFailure.Of(response, name);
    }

    /// <returns>False when there is no such blob, or its restore is running.</returns>
    public async Task<bool> SetTierAsync(string blob, StorageTier tier, CancellationToken ct)
    {
        using var message = http.Create(RequestMethod.Put, name, blob, ("comp", "tier"));
        message.Request.Headers.Add("x-ms-access-tier", BlobTier.NameOf(tier));
        var response = await http.SendAsync(message, name, ct);
        if (IsMissing(response) || BlobFailure.CodeOf(response) == "BlobBeingRehydrated")
            return false;
        return response.Status is 200 or 202 ? true : throw BlobFailure.Of(response, name);
    }

    /// <summary>Whether a conditional put made the blob; false when the name was taken.</summary>
    public bool IsCreated(Response response) => (response.Status, BlobFailure.CodeOf(response)) switch
    {
        (201, _) => true,
        (412, _) or (409, "BlobAlreadyExists" or "BlobArchived" or "BlobBeingRehydrated") => false,
        _ => throw BlobFailure.Of(response, name),
    };

    /// <summary>The blob is missing, not its container. An answer to HEAD may come without a code.</summary>
    public static bool IsMissing(Response response) => response.Status == 404 && BlobFailure.CodeOf(response) != "ContainerNotFound";
}
