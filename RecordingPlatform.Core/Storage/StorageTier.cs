namespace RecordingPlatform.Core.Storage;

/// <summary>Where an object lies, from quick and dear to slow and cheap.</summary>
public enum StorageTier
{
    Hot,
    Cool,
    Cold,

    /// <summary>Offline: it must be restored before it can be read.</summary>
    Archive,
}

/// <summary>An object's tier and, only with <see cref="StorageTier.Archive"/>, the tier that a running restore ends in.</summary>
public sealed record TierState(StorageTier Tier, StorageTier? RestoringTo = null)
{
    public bool Restoring => RestoringTo is not null;
}
