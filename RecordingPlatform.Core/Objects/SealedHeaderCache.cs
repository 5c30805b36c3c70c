using System.Diagnostics.Metrics;
using RecordingPlatform.Core.Redis;

namespace RecordingPlatform.Core.Objects;

/// <summary>
/// The first 106 bytes of objects, by name, for all replicas. They are public and never change, because a name is created once.
/// What comes from here is worth nothing until its tag was checked with the key.
/// </summary>
internal sealed class SealedHeaderCache(RedisCache cache)
{
    static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);
    static readonly Meter Meter = new("RecordingPlatform.Objects");
    static readonly Counter<long> Lookups = Meter.CreateCounter<long>("recording.header.lookups", "{lookup}", "Headers of objects looked for in Redis by outcome; a refused one was there and did not open");

    public async ValueTask<byte[]?> TryGetAsync(ObjectRow row, CancellationToken ct)
    {
        var header = await cache.TryGetAsync(KeyOf(row), ct);
        if (header is null)
            Count("missed");
        return header;
    }

    public static void Opened() => Count("opened");

    /// <summary>Nobody waits for it: whether it is kept changes no answer, and a call ends by itself.</summary>
    public void Keep(ObjectRow row, ReadOnlyMemory<byte> header) => _ = cache.SetAsync(KeyOf(row), header, Lifetime, CancellationToken.None).AsTask();

    /// <summary>It did not open. Not removed in time, the next one finds it refused as well.</summary>
    public void Forget(ObjectRow row)
    {
        Count("refused");
        _ = cache.TryRemoveAsync(KeyOf(row), CancellationToken.None).AsTask();
    }

    static string KeyOf(ObjectRow row) => "header:" + row.Name;

    static void Count(string outcome) => Lookups.Add(1, new KeyValuePair<string, object?>("outcome", outcome));
}
