using Amazon.S3;

namespace RecordingPlatform.Core.Storage.S3;

/// <summary>Storage classes as tiers.</summary>
internal static class S3Tier
{
    public static S3StorageClass ClassOf(StorageTier tier) => tier switch
    {
        StorageTier.Hot => S3StorageClass.Standard,
        StorageTier.Cool => S3StorageClass.StandardInfrequentAccess,
        StorageTier.Cold => S3StorageClass.GlacierInstantRetrieval,
        StorageTier.Archive => S3StorageClass.Glacier,
        _ => throw new ArgumentOutOfRangeException(nameof(tier), tier, "Not a tier."),
    };

    /// <param name="storageClass">Null where it is the standard one. What a bucket's own rules chose counts as what it behaves like.</param>
    public static StorageTier Of(S3StorageClass? storageClass) => storageClass?.Value switch
    {
        "STANDARD_IA" or "ONEZONE_IA" => StorageTier.Cool,
        "GLACIER_IR" => StorageTier.Cold,
        "GLACIER" or "DEEP_ARCHIVE" => StorageTier.Archive,
        _ => StorageTier.Hot,
    };
}
