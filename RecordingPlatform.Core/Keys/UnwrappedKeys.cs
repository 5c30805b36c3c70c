using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace RecordingPlatform.Core.Keys;

/// <summary>A row whose wrap is the KEK's: a master or a service key.</summary>
internal sealed record KekWrapped(Guid Id, WrapPlace Place, string KekVersionId, byte[] Wrapped, byte[]? PublicKey = null);

/// <summary>
/// Master and service keys in memory, by FORMAT.md's table of lifetimes: fresh for 1 h, up to 24 h while the KEK is away, dropped at once
/// when it denies. However many callers miss one key, the KEK is asked once.
/// </summary>
internal sealed class UnwrappedKeys(KekGate gate, TimeProvider clock) : IDisposable
{
    public static readonly TimeSpan Fresh = TimeSpan.FromHours(1);
    public static readonly TimeSpan Stale = TimeSpan.FromHours(24);

    readonly ConcurrentDictionary<Guid, Slot> _slots = new();
    readonly ConcurrentDictionary<Guid, Lazy<Task>> _asking = new();

    /// <summary>The KEK versions behind what is held.</summary>
    public IReadOnlyCollection<string> Versions =>
        _slots.Values.Select(slot => slot.HeldVersion).OfType<string>().ToHashSet(StringComparer.Ordinal);

    /// <summary>Cancelled when this key is dropped because the KEK denies.</summary>
    public CancellationToken RevokedOf(Guid id) => SlotOf(id).Revoked;

    /// <summary>What <paramref name="use"/> makes of the key, or null when it is not held or was unwrapped longer than <paramref name="atMost"/> ago.</summary>
    public byte[]? TryUse(Guid id, TimeSpan atMost, Func<ReadOnlySpan<byte>, byte[]> use) =>
        _slots.TryGetValue(id, out var slot) ? slot.TryUse(atMost, use) : null;

    /// <summary>As <see cref="TryUse"/>, asking the KEK when nothing fresh is held.</summary>
    /// <exception cref="KeyUnavailableException">Not held, and the KEK is away or denies.</exception>
    public async Task<byte[]> UseAsync(Guid id, Func<CancellationToken, Task<KekWrapped>> read, Func<ReadOnlySpan<byte>, byte[]> use, CancellationToken ct)
    {
        if (TryUse(id, Fresh, use) is { } made)
            return made;
        KeyUnavailableException? last = null;
        try
        {
            await AskOnceAsync(id, read).WaitAsync(ct);
        }
        catch (KekOutageException e)
        {
            last = e;
        }
        return TryUse(id, Stale, use)
            ?? throw (last ?? new KekOutageException(SlotOf(id).LastVersion ?? "unknown", "the key was dropped while it was opened", TimeSpan.FromSeconds(1)));
    }

    /// <summary>Holds a key that this process has just made. Takes a copy.</summary>
    public void Hold(Guid id, string kekVersionId, ReadOnlySpan<byte> key) => SlotOf(id).Hold(kekVersionId, key);

    public void DropAll() => Drop(_ => true);

    public void DropVersion(string kekVersionId) => Drop(slot => slot.LastVersion == kekVersionId);

    /// <summary>Releases without a word to readers: nothing was denied.</summary>
    public void ReleaseVersion(string kekVersionId)
    {
        foreach (var slot in _slots.Values.Where(slot => slot.HeldVersion == kekVersionId))
            slot.ReleaseAfter(TimeSpan.Zero);
    }

    /// <summary>Held and no longer fresh, and whether it was used since it was unwrapped.</summary>
    public IReadOnlyList<(Guid Id, bool Used)> Overdue =>
        [.. _slots.Select(s => (Id: s.Key, Used: s.Value.UsedIfOlderThan(Fresh))).Where(s => s.Used is not null).Select(s => (s.Id, s.Used!.Value))];

    /// <summary>Unwraps again. What is held stays when the KEK is away.</summary>
    /// <exception cref="KeyUnavailableException">The KEK is away or denies.</exception>
    public Task RenewAsync(KekWrapped row, CancellationToken ct) => AskOnceAsync(row.Id, _ => Task.FromResult(row)).WaitAsync(ct);

    public void Release(Guid id) => SlotOf(id).ReleaseAfter(TimeSpan.Zero);

    /// <summary>Releases what no outage excuses any more.</summary>
    public void Sweep()
    {
        foreach (var slot in _slots.Values)
            slot.ReleaseAfter(Stale);
    }

    public void Dispose()
    {
        foreach (var slot in _slots.Values)
            slot.Dispose();
    }

    void Drop(Func<Slot, bool> which)
    {
        foreach (var slot in _slots.Values.Where(which))
            slot.Revoke();
    }

    Slot SlotOf(Guid id) => _slots.GetOrAdd(id, static (_, clock) => new Slot(clock), clock);

    // Not bound to one caller's token: the others wait for the same answer. The gate bounds the time.
    Task AskOnceAsync(Guid id, Func<CancellationToken, Task<KekWrapped>> read) =>
        _asking.GetOrAdd(id, _ => new Lazy<Task>(() => AskAsync(id, read))).Value;

    async Task AskAsync(Guid id, Func<CancellationToken, Task<KekWrapped>> read)
    {
        await Task.Yield(); // so that the entry is there before it is removed
        try
        {
            var row = await read(CancellationToken.None);
            var key = await gate.UnwrapAsync(row.KekVersionId, row.Place, row.Wrapped, CancellationToken.None);
            SlotOf(id).Hold(row.KekVersionId, key);
            CryptographicOperations.ZeroMemory(key);
        }
        finally
        {
            _asking.TryRemove(id, out _);
        }
    }

    /// <summary>One key. The slot outlives what it holds, so that a reader opened long ago still learns of a denial.</summary>
    sealed class Slot(TimeProvider clock) : IDisposable
    {
        readonly Lock _lock = new();
        SecretBytes? _secret;
        long _unwrappedAt;
        bool _used;
        CancellationTokenSource _revoked = new();

        public string? LastVersion { get; private set; }

        public string? HeldVersion
        {
            get
            {
                lock (_lock)
                    return _secret is null ? null : LastVersion;
            }
        }

        public CancellationToken Revoked
        {
            get
            {
                lock (_lock)
                    return _revoked.Token;
            }
        }

        public byte[]? TryUse(TimeSpan atMost, Func<ReadOnlySpan<byte>, byte[]> use)
        {
            lock (_lock)
            {
                if (_secret is null || clock.GetElapsedTime(_unwrappedAt) >= atMost)
                    return null;
                _used = true;
                return _secret.TryUse(use);
            }
        }

        /// <summary>Null when nothing of that age is held.</summary>
        public bool? UsedIfOlderThan(TimeSpan age)
        {
            lock (_lock)
                return _secret is null || clock.GetElapsedTime(_unwrappedAt) < age ? null : _used;
        }

        public void Hold(string kekVersionId, ReadOnlySpan<byte> key)
        {
            lock (_lock)
            {
                _secret?.Dispose();
                _secret = new SecretBytes(key);
                LastVersion = kekVersionId;
                _used = false;
                _unwrappedAt = clock.GetTimestamp();
            }
        }

        public void ReleaseAfter(TimeSpan age)
        {
            lock (_lock)
            {
                if (_secret is null || clock.GetElapsedTime(_unwrappedAt) < age)
                    return;
                _secret.Dispose();
                _secret = null;
            }
        }

        public void Revoke()
        {
            CancellationTokenSource revoked;
            lock (_lock)
            {
                _secret?.Dispose();
                _secret = null;
                (revoked, _revoked) = (_revoked, new CancellationTokenSource());
            }
            // Outside the lock: what is registered runs here.
            revoked.Cancel();
            revoked.Dispose();
        }

        public void Dispose()
        {
            ReleaseAfter(TimeSpan.Zero);
            _revoked.Dispose();
        }
    }
}
