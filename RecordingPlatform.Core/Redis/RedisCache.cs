namespace RecordingPlatform.Core.Redis;

/// <summary>
/// What can be computed again, kept for all replicas. A miss is all that an absent, slow or broken Redis ever means. Whoever can read
/// Redis reads what is put here: nothing decrypted, no key and no secret belongs into it.
/// </summary>
public sealed class RedisCache(RedisClient redis)
{
    /// <summary>Apart from the keys of whatever else uses the same Redis.</summary>
    const string Prefix = "rp:cache:";

    public ValueTask<byte[]?> TryGetAsync(string key, CancellationToken ct) => redis.TryGetAsync(Prefix + key, ct);

    /// <summary>Kept for the lifetime at most. Whether it was kept matters to nobody but a test.</summary>
    public ValueTask<bool> SetAsync(string key, ReadOnlyMemory<byte> value, TimeSpan lifetime, CancellationToken ct) =>
        redis.TrySetAsync(Prefix + key, value, lifetime, onlyIfAbsent: false, ct);

    /// <summary>Whether it is certainly gone: when not, it stays for what is left of its lifetime.</summary>
    public ValueTask<bool> TryRemoveAsync(string key, CancellationToken ct) => redis.TryDeleteAsync(Prefix + key, ct);
}
