namespace RecordingPlatform.Core.Storage;

/// <summary>
/// A container of named objects whose content never changes. Safe for concurrent use, by any number of processes.
/// The promises of each call are in CONTRACT.md and hold for every provider alike.
/// </summary>
/// <remarks>
/// Every name is checked with <see cref="ObjectName"/> (<see cref="ArgumentException"/>). A store that is out of space throws
/// <see cref="ObjectStoreFullException"/>; every other failure of the store is an <see cref="IOException"/>.
/// </remarks>
public interface IObjectStore
{
    /// <summary><c>disk</c>, <c>azure</c> or <c>s3</c>.</summary>
    string Provider { get; }

    string Container { get; }

    /// <summary>Begins an object. It exists once <see cref="ObjectUpload.CommitAsync"/> has answered <see cref="PutOutcome.Created"/>.</summary>
    Task<ObjectUpload> CreateAsync(string name, CancellationToken ct);

    /// <summary>
    /// Reads bytes <paramref name="offset"/> to <paramref name="offset"/> + <paramref name="length"/>, or to the end when the object
    /// ends before (<see cref="long.MaxValue"/>: all of the rest). Dispose the answer.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The offset or length is negative.</exception>
    Task<ObjectRead> ReadAsync(string name, long offset, long length, CancellationToken ct);

    /// <summary>False when there was no such object. Safe to run twice.</summary>
    Task<bool> DeleteAsync(string name, CancellationToken ct);

    /// <summary>Objects whose names begin with <paramref name="prefix"/> (empty: all), in no order to rely on.</summary>
    IAsyncEnumerable<StoredObject> ListAsync(string prefix, CancellationToken ct);

    /// <summary>Moves an object to a tier, or begins its restore from the archive.</summary>
    /// <returns>The state after the call; null when there is no such object.</returns>
    Task<TierState?> SetTierAsync(string name, StorageTier tier, CancellationToken ct);

    /// <returns>Null when there is no such object.</returns>
    Task<TierState?> GetTierAsync(string name, CancellationToken ct);

    /// <summary>Whether an object could be written now. A store that cannot is an answer, not an exception.</summary>
    Task<StoreProbe> ProbeAsync(CancellationToken ct);
}

public enum PutOutcome
{
    Created,

    /// <summary>The name is taken; what it holds is unchanged.</summary>
    AlreadyExists,
}

/// <summary>One line of a listing: the length in bytes, and when the store last wrote it, by the store's clock.</summary>
public sealed record StoredObject(string Name, long Length, DateTimeOffset ModifiedAt, StorageTier Tier);

/// <summary>Whether the store takes writes, and the reason when not: fit to show, without paths or secrets.</summary>
public sealed record StoreProbe(bool Writable, string? Reason)
{
    public static StoreProbe Healthy { get; } = new(Writable: true, Reason: null);
}
