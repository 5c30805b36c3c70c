using System.Security.Cryptography;
using Azure.Core.Cryptography;

namespace RecordingPlatform.Core.Keys;

/// <summary>One version of the KEK as the database records it: its id, where it lives and its public part (SubjectPublicKeyInfo, DER).</summary>
public sealed record KekVersionKey(string Id, KekProvider Provider, byte[] PublicKey);

/// <summary>
/// The embedded KEK: RSA keys in one file, for installations without a vault. Looks at the file at every call, so that a version added,
/// a version removed or loosened permissions take effect without a restart, in every process that reads the file.
/// </summary>
/// <param name="path">The file of FORMAT.md, "The embedded KEK".</param>
/// <param name="clock">Dates new versions.</param>
public sealed class LocalKek(string path, TimeProvider clock) : IKeyEncryptionKeyResolver, IDisposable
{
    readonly Lock _lock = new();
    LocalKekStamp _stamp;
    Dictionary<string, LocalKeyEncryptionKey> _keys = [];
    List<LocalKekEntry> _entries = [];

    public string FilePath => path;

    public bool FileExists => LocalKekFile.Exists(path);

    /// <summary>Oldest first.</summary>
    /// <exception cref="LocalKekException">The file is missing, open to others or damaged.</exception>
    public IReadOnlyList<KekVersionKey> Versions => [.. Load().Select(VersionOf)];

    public KekVersionKey Newest => VersionOf(Load()[^1]);

    /// <summary>Makes the file with a first version.</summary>
    /// <exception cref="LocalKekException">There is a file already.</exception>
    public static async Task<LocalKek> CreateAsync(string path, TimeProvider clock, CancellationToken ct)
    {
        var first = LocalKekEntry.Mint(clock.GetUtcNow());
        await LocalKekFile.WriteAsync(path, [first], replace: false, ct);
        first.Key.Dispose();
        return new LocalKek(path, clock);
    }

    /// <summary>Adds the next version to the file; <see cref="KekRotation"/> moves the keys under it. One caller at a time.</summary>
    public async Task<KekVersionKey> AddVersionAsync(CancellationToken ct)
    {
        var next = LocalKekEntry.Mint(clock.GetUtcNow());
        await LocalKekFile.WriteAsync(path, [.. Load(), next], replace: true, ct);
        var version = VersionOf(next);
        next.Key.Dispose();
        return version;
    }

    /// <summary>All versions under a passphrase, as JSON for the safe.</summary>
    /// <exception cref="LocalKekException">The passphrase is shorter than 12 characters, or the file cannot be served.</exception>
    public string Export(string passphrase) => LocalKekExport.Write(Load(), passphrase);

    /// <summary>Restores a file from its export, or adds to the file the versions it lacks. What the file holds stays.</summary>
    /// <exception cref="LocalKekException">The export is damaged or the passphrase is not its own.</exception>
    public static async Task<LocalKek> ImportAsync(string path, string export, string passphrase, TimeProvider clock, CancellationToken ct)
    {
        var kek = new LocalKek(path, clock);
        var there = kek.FileExists ? kek.Load() : [];
        var brought = LocalKekExport.Read(export, passphrase);
        var all = there.Concat(brought).DistinctBy(e => e.Id).OrderBy(e => e.CreatedAt).ToList();
        if (all.Count > there.Count)
            await LocalKekFile.WriteAsync(path, all, replace: kek.FileExists, ct);
        foreach (var entry in brought)
            entry.Key.Dispose();
        return kek;
    }

    /// <exception cref="KekOutageException">The file is missing or cannot be read: what is held in memory stays usable while it is restored.</exception>
    /// <exception cref="KekDeniedException">The file does not hold this version, or is open to others.</exception>
    public IKeyEncryptionKey Resolve(string keyId, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            try
            {
                Load();
            }
            catch (LocalKekException e) when (e.Fault is LocalKekFault.LoosePermissions)
            {
                throw new KekDeniedException(keyId, e.Message, TimeSpan.Zero, e);
            }
            catch (LocalKekException e)
            {
                throw new KekOutageException(keyId, e.Message, TimeSpan.Zero, e);
            }
            return _keys.TryGetValue(keyId, out var key) ? key : throw new KekDeniedException(keyId, $"{path} does not hold it", TimeSpan.Zero);
        }
    }

    public Task<IKeyEncryptionKey> ResolveAsync(string keyId, CancellationToken cancellationToken = default) =>
        Task.FromResult(Resolve(keyId, cancellationToken));

    public void Dispose()
    {
        lock (_lock)
        {
            foreach (var entry in _entries)
                entry.Key.Dispose();
            (_entries, _keys, _stamp) = ([], [], default);
        }
    }

    List<LocalKekEntry> Load()
    {
        lock (_lock)
        {
            var stamp = LocalKekFile.Look(path);
            if (stamp == _stamp)
                return _entries;
            // The keys of before are not disposed: a call may be using one. Their handles release themselves.
            var entries = LocalKekFile.Read(path).ToList();
            (_entries, _keys, _stamp) = (entries, entries.ToDictionary(e => e.Id, e => new LocalKeyEncryptionKey(e.Id, e.Key), StringComparer.Ordinal), stamp);
            return _entries;
        }
    }

    static KekVersionKey VersionOf(LocalKekEntry entry) => new(entry.Id, KekProvider.Local, entry.Key.ExportSubjectPublicKeyInfo());
}

/// <summary>One version of the embedded KEK.</summary>
internal sealed class LocalKeyEncryptionKey(string id, RSA key) : IKeyEncryptionKey
{
    // RSA's instances promise nothing to several threads.
    readonly Lock _lock = new();

    public string KeyId => id;

    public byte[] WrapKey(string algorithm, ReadOnlyMemory<byte> plain, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Require(algorithm);
        lock (_lock)
            return key.Encrypt(plain.Span, RSAEncryptionPadding.OaepSHA256);
    }

    public Task<byte[]> WrapKeyAsync(string algorithm, ReadOnlyMemory<byte> plain, CancellationToken cancellationToken = default) =>
        Task.Run(() => WrapKey(algorithm, plain, cancellationToken), cancellationToken);

    public byte[] UnwrapKey(string algorithm, ReadOnlyMemory<byte> encryptedKey, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Require(algorithm);
        lock (_lock)
            return key.Decrypt(encryptedKey.Span, RSAEncryptionPadding.OaepSHA256);
    }

    public Task<byte[]> UnwrapKeyAsync(string algorithm, ReadOnlyMemory<byte> encryptedKey, CancellationToken cancellationToken = default) =>
        Task.Run(() => UnwrapKey(algorithm, encryptedKey, cancellationToken), cancellationToken);

    static void Require(string algorithm)
    {
        if (algorithm != KekPayload.Algorithm)
            throw new NotSupportedException($"The embedded KEK wraps by {KekPayload.Algorithm}, not {algorithm}.");
    }
}
