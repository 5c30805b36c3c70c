#pragma warning disable RS0030 // The disk provider's objects are files.
using System.Runtime.CompilerServices;
using System.Runtime.Versioning;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace RecordingPlatform.Core.Storage;

/// <summary>
/// The object store on a POSIX file system, shared by every process that sees the folder. Layout and order of the system calls:
/// CONTRACT.md, Disk. Makes no folder before the first write or probe.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class DiskObjectStore(
    DiskStorageOptions options, string container, TimeProvider clock, ILogger<DiskObjectStore> logger) : IObjectStore, IDisposable
{
    public const char ObjectSuffix = '@';

    const int ListedTogether = 256;

    readonly string root = Path.Combine(options.Path, container);
    readonly DiskWriter writer = new(options, container, clock, logger);

    public string Provider => "disk";

    public string Container => container;

    public Task<ObjectUpload> CreateAsync(string name, CancellationToken ct)
    {
        ObjectName.ThrowIfInvalid(name);
        return Task.Run<ObjectUpload>(() => new DiskUpload(name, PathOf(name), writer), ct);
    }

    public Task<ObjectRead> ReadAsync(string name, long offset, long length, CancellationToken ct)
    {
        ObjectName.ThrowIfInvalid(name);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ct.ThrowIfCancellationRequested();
        // On the caller's thread: opening costs less than a switch, and a seek does it for every range.
        return Task.FromResult(DiskFailure.Guard(container, () => Read(name, offset, length)));
    }

    public Task<bool> DeleteAsync(string name, CancellationToken ct)
    {
        ObjectName.ThrowIfInvalid(name);
        return Task.Run(() => DiskFailure.Guard(container, () => Delete(PathOf(name))), ct);
    }

    public async IAsyncEnumerable<StoredObject> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken ct)
    {
        ObjectName.ThrowIfInvalidPrefix(prefix);
        using var found = DiskListing.Walk(root, prefix, clock).GetEnumerator();
        List<StoredObject> batch;
        do
        {
            // Reading folders blocks: off the caller's thread, and not with one switch for each name.
            batch = await Task.Run(() => DiskFailure.Guard(container, () => Take(found)), ct);
            foreach (var stored in batch)
                yield return stored;
        }
        while (batch.Count == ListedTogether);
    }

    public Task<TierState?> SetTierAsync(string name, StorageTier tier, CancellationToken ct)
    {
        ObjectName.ThrowIfInvalid(name);
        if (!Enum.IsDefined(tier))
            throw new ArgumentOutOfRangeException(nameof(tier), tier, "Not a tier.");
        return Task.Run(() => DiskFailure.Guard(container, () => SetTier(PathOf(name), tier)), ct);
    }

    public Task<TierState?> GetTierAsync(string name, CancellationToken ct)
    {
        ObjectName.ThrowIfInvalid(name);
        ct.ThrowIfCancellationRequested();
        var path = PathOf(name);
        return Task.FromResult(DiskFailure.Guard(container, () => File.Exists(path) ? TierRecord.Read(path, clock.GetUtcNow()) : null));
    }

    public Task<StoreProbe> ProbeAsync(CancellationToken ct) => Task.Run(writer.Probe, ct);

    public void Dispose() => writer.Dispose();

    string PathOf(string name) => Path.Combine(root, name) + ObjectSuffix;

    ObjectRead Read(string name, long offset, long length)
    {
        var path = PathOf(name);
        SafeFileHandle file;
        try
        {
            file = File.OpenHandle(path);
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            return new ObjectRead.NotFound();
        }

        var handedOver = false;
        try
        {
            var state = TierRecord.Read(path, clock.GetUtcNow());
            if (state.Tier == StorageTier.Archive)
                return new ObjectRead.Archived(state);

            var objectLength = RandomAccess.GetLength(file);
            var given = Math.Min(length, Math.Max(0, objectLength - offset));
            handedOver = true;
            return new ObjectRead.Found(new DiskReadStream(file, name, offset, given), given, objectLength);
        }
        finally
        {
            if (!handedOver)
                file.Dispose();
        }
    }

    bool Delete(string path)
    {
        // The record goes first, or a later object of this name would find it; and again, for a SetTier that ran meanwhile.
        Posix.Unlink(path + TierRecord.Suffix);
        var removed = Posix.Unlink(path);
        Posix.Unlink(path + TierRecord.Suffix);

        // Also when nothing was there: an earlier delete may have died before its sync.
        var folder = Path.GetDirectoryName(path)!;
        Posix.SyncFolder(folder);
        // Only then: a prune for each miss could starve a commit of its folder for ever.
        if (removed)
            DiskFolders.Prune(root, folder);
        return removed;
    }

    TierState? SetTier(string path, StorageTier tier)
    {
        if (!File.Exists(path))
            return null;

        var now = clock.GetUtcNow();
        var before = TierRecord.Read(path, now);
        if (before.Restoring)
            return before;

        var restores = before.Tier == StorageTier.Archive && tier != StorageTier.Archive && options.RestoreDelay > TimeSpan.Zero;
        var after = restores ? new TierState(StorageTier.Archive, tier) : new TierState(tier);
        if (!writer.ReplaceRecord(path + TierRecord.Suffix, TierRecord.Line(after, now + options.RestoreDelay)))
            return null;
        if (File.Exists(path))
            return after;

        // Deleted meanwhile, perhaps before the record was there to go with it.
        Posix.Unlink(path + TierRecord.Suffix);
        return null;
    }

    static List<StoredObject> Take(IEnumerator<StoredObject> found)
    {
        var batch = new List<StoredObject>(ListedTogether);
        while (batch.Count < ListedTogether && found.MoveNext())
            batch.Add(found.Current);
        return batch;
    }
}
