using Azure;

namespace RecordingPlatform.Core.Storage.Azure;

/// <summary>Azure's access tiers, of the same names as ours.</summary>
internal static class BlobTier
{
    public static string NameOf(StorageTier tier) => tier switch
    {
        StorageTier.Hot => "Hot",
        StorageTier.Cool => "Cool",
        StorageTier.Cold => "Cold",
        StorageTier.Archive => "Archive",
        _ => throw new ArgumentOutOfRangeException(nameof(tier), tier, "Not a tier."),
    };

    /// <param name="name">Null where an account has no tiers.</param>
    public static StorageTier Of(string? name) => name switch
    {
        null or "" or "Hot" => StorageTier.Hot,
        "Cool" => StorageTier.Cool,
        "Cold" => StorageTier.Cold,
        "Archive" => StorageTier.Archive,
        _ => throw new IOException($"The object store answered the unknown tier '{name}'."),
    };

    /// <summary>From the headers of a blob's properties.</summary>
    public static TierState Of(Response properties)
    {
        var tier = Of(properties.Headers.TryGetValue("x-ms-access-tier", out var name) ? name : null);
        return properties.Headers.TryGetValue("x-ms-archive-status", out var status) ? new TierState(StorageTier.Archive, TargetOf(status)) : new TierState(tier);
    }

    static StorageTier TargetOf(string status) => status switch
    {
        "rehydrate-pending-to-hot" => StorageTier.Hot,
        "rehydrate-pending-to-cool" => StorageTier.Cool,
        "rehydrate-pending-to-cold" => StorageTier.Cold,
        _ => throw new IOException($"The object store answered the unknown archive status '{status}'."),
    };
}
