using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace RecordingPlatform.Core.Keys;

/// <summary>
/// Opened data keys, gone within 60 s of being opened: served for <see cref="Lifetime"/>, swept every <see cref="SweepEvery"/>.
/// What is being destroyed is forgotten and not kept again, even by a reader who comes before the commit.
/// </summary>
internal sealed class DataKeyCache(TimeProvider clock) : IDisposable
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(50);
    public static readonly TimeSpan SweepEvery = TimeSpan.FromSeconds(10);

    // Longer than any transaction: an idle one is ended after 30 s.
    static readonly TimeSpan NotKept = TimeSpan.FromMinutes(5);

    readonly ConcurrentDictionary<Guid, Entry> _entries = new();
    readonly ConcurrentDictionary<Guid, long> _ended = new();

    /// <summary>Told, with its id, whenever a key stops being held.</summary>
    public Action<Guid>? Released { get; set; }

    /// <summary>Whether a key is held and would be served; and what ends it early.</summary>
    public bool Holds(Guid dataKeyId, out CancellationToken revoked)
    {
        var held = _entries.TryGetValue(dataKeyId, out var entry) && clock.GetElapsedTime(entry.OpenedAt) < Lifetime;
        revoked = held ? entry!.Revoked : default;
        return held && !revoked.IsCancellationRequested;
    }

    public OpenedKey? TryOpen(Guid dataKeyId) =>
        _entries.TryGetValue(dataKeyId, out var entry) && clock.GetElapsedTime(entry.OpenedAt) < Lifetime && entry.Key.TryCopy() is { } copy
            ? new OpenedKey(dataKeyId, copy, entry.Revoked)
            : null;

    /// <summary>Keeps a copy, unless the key or its owner's key is being destroyed or the KEK has denied meanwhile.</summary>
    [SuppressMessage("Reliability", "CA2000", Justification = "The entry's key is released with the entry.")]
    public void Keep(Guid dataKeyId, Guid ownerKeyId, ReadOnlySpan<byte> key, CancellationToken revoked)
    {
        var entry = new Entry(new SecretBytes(key), ownerKeyId, clock.GetTimestamp(), revoked);
        var kept = _entries.AddOrUpdate(dataKeyId, static (_, fresh) => fresh, static (_, old, fresh) =>
        {
            old.Key.Dispose();
            return fresh;
        }, entry);
        // Looked at after the entry stands: whoever ends a key meanwhile either finds the entry or is found here.
        if (IsEnded(dataKeyId) || IsEnded(ownerKeyId) || revoked.IsCancellationRequested)
            Remove(dataKeyId, kept);
    }

    public void End(IReadOnlyCollection<Guid> dataKeyIds, IReadOnlySet<Guid> ownerKeyIds)
    {
        var now = clock.GetTimestamp();
        foreach (var id in dataKeyIds.Concat(ownerKeyIds))
            _ended[id] = now;
        foreach (var id in dataKeyIds)
            Forget(id);
        foreach (var (id, entry) in _entries)
        {
            if (ownerKeyIds.Contains(entry.OwnerKeyId))
                Remove(id, entry);
        }
    }

    public void Forget(Guid dataKeyId)
    {
        if (_entries.TryRemove(dataKeyId, out var entry))
            Release(dataKeyId, entry);
    }

    public void ForgetAll()
    {
        foreach (var (id, _) in _entries)
            Forget(id);
    }

    public void Sweep()
    {
        foreach (var (id, entry) in _entries)
        {
            if (clock.GetElapsedTime(entry.OpenedAt) >= Lifetime)
                Remove(id, entry);
        }
        foreach (var (id, at) in _ended)
        {
            if (clock.GetElapsedTime(at) >= NotKept)
                _ended.TryRemove(id, out _);
        }
    }

    public void Dispose() => ForgetAll();

    bool IsEnded(Guid id) => _ended.TryGetValue(id, out var at) && clock.GetElapsedTime(at) < NotKept;

    void Remove(Guid id, Entry entry)
    {
        if (_entries.TryRemove(new KeyValuePair<Guid, Entry>(id, entry)))
            Release(id, entry);
    }

    void Release(Guid id, Entry entry)
    {
        entry.Key.Dispose();
        Released?.Invoke(id);
    }

    sealed record Entry(SecretBytes Key, Guid OwnerKeyId, long OpenedAt, CancellationToken Revoked);
}
