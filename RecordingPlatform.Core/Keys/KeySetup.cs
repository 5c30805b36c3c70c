using Azure.Core.Cryptography;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace RecordingPlatform.Core.Keys;

/// <param name="MadeKek">The embedded KEK's file was made by this call.</param>
/// <param name="MadeKeys">How many of the first master, ticket and checkpoint keys this call made.</param>
public sealed record KeysReady(bool MadeKek, int MadeKeys);

/// <summary>
/// Makes the first keys; for <c>worker migrate</c> alone. Safe to run twice and by two processes at once. Never makes a KEK for a database that already has one:
/// it would open nothing that is stored.
/// </summary>
public static class KeySetup
{
    /// <summary>With the embedded KEK: makes its file when neither file nor database know one.</summary>
    /// <exception cref="LocalKekException">The database needs versions that the file does not hold. The message names the file and what to restore.</exception>
    public static async Task<KeysReady> EnsureAsync(NpgsqlDataSource source, LocalKek kek, TimeProvider clock, ILogger logger, CancellationToken ct)
    {
        var tables = new KeyTables(source);
        await using var oneAtATime = await tables.LockSetupAsync(ct);
        var needed = await tables.NeededVersionsAsync(ct);
        var makesKek = !kek.FileExists && needed.Count == 0;
        if (makesKek)
            (await LocalKek.CreateAsync(kek.FilePath, clock, ct)).Dispose();
        Require(needed, kek);
        return new KeysReady(makesKek, await EnsureKeysAsync(tables, kek, kek.Newest, needed.Count == 0, clock, logger, ct));
    }

    /// <summary>With any other KEK: <paramref name="newest"/> is its version in force.</summary>
    /// <exception cref="KeyUnavailableException">The KEK cannot be used now.</exception>
    public static async Task<KeysReady> EnsureAsync(
        NpgsqlDataSource source, IKeyEncryptionKeyResolver kek, KekVersionKey newest, TimeProvider clock, ILogger logger, CancellationToken ct)
    {
        var tables = new KeyTables(source);
        await using var oneAtATime = await tables.LockSetupAsync(ct);
        var isFirst = (await tables.NeededVersionsAsync(ct)).Count == 0;
        return new KeysReady(MadeKek: false, await EnsureKeysAsync(tables, kek, newest, isFirst, clock, logger, ct));
    }

    static async Task<int> EnsureKeysAsync(
        KeyTables tables, IKeyEncryptionKeyResolver kek, KekVersionKey newest, bool isFirst, TimeProvider clock, ILogger logger, CancellationToken ct)
    {
        // Only the first: later ones come with a rotation, which may have stopped between the KEK and the database.
        if (isFirst)
            await tables.RecordVersionAsync(newest, ct);
        var version = await tables.CurrentVersionAsync(ct);
        var gate = new KekGate(kek, clock, logger, static _ => { });
        var made = 0;
        if (await tables.NewestMasterKeysAsync(ct) is [])
            made += await MakeAsync(FreshKey.Master());
        foreach (var purpose in Enum.GetValues<ServiceKeyPurpose>())
        {
            if (await tables.NewestServiceKeysAsync(purpose, ct) is [])
                made += await MakeAsync(FreshKey.Service(purpose));
        }
        return made;

        async Task<int> MakeAsync(FreshKey fresh)
        {
            using (fresh)
            {
                var row = fresh.Wrap(version);
                await gate.ReadBackAsync(row, fresh.Key, ct);
                return await tables.InsertAsync(row, ct) ? 1 : throw new InvalidOperationException($"KEK version {version.Id} was retired while keys were made under it.");
            }
        }
    }

    static void Require(List<KekVersionKey> needed, LocalKek kek)
    {
        if (needed.Find(v => v.Provider is not KekProvider.Local) is { } elsewhere)
            throw new LocalKekException(LocalKekFault.Missing, $"The keys of this database are wrapped by a key vault ({elsewhere.Id}): set ConnectionStrings__vault. The embedded key-encryption key opens none of them.");
        if (!kek.FileExists)
            throw new LocalKekException(LocalKekFault.Missing, $"The key-encryption key's file {kek.FilePath} is missing, and the database needs {NamesOf(needed)} from it. Restore the file from its backup, or import its export; a new key would open nothing that is stored.");
        var there = kek.Versions.ToDictionary(v => v.Id, StringComparer.Ordinal);
        if (needed.FindAll(v => !there.ContainsKey(v.Id)) is { Count: > 0 } lacking)
            throw new LocalKekException(LocalKekFault.Missing, $"The key-encryption key's file {kek.FilePath} does not hold {NamesOf(lacking)}, which the database needs. Restore the file that does, or import its export: an import adds what is lacking.");
        if (needed.Find(v => !v.PublicKey.AsSpan().SequenceEqual(there[v.Id].PublicKey)) is { } changed)
            throw new LocalKekException(LocalKekFault.Malformed, $"The public key that kek_versions holds for {changed.Id} is not the one of {kek.FilePath}: the row was changed. Find out by whom before anything is recorded.");
    }

    static string NamesOf(IEnumerable<KekVersionKey> versions) => string.Join(", ", versions.Select(v => v.Id));
}
