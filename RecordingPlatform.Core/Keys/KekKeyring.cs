using System.Security.Cryptography;
using Microsoft.Extensions.Logging;

namespace RecordingPlatform.Core.Keys;

/// <summary>A key made here and not yet wrapped. Its bytes are overwritten on disposal.</summary>
internal sealed record FreshKey(WrapPlace Place, byte[] Key, byte[]? PublicKey) : IDisposable
{
    public static FreshKey Master() => new(WrapPlace.MasterKey(Guid.CreateVersion7()), SecretBytes.Random(KeyWrap.KeyLength), null);

    public static FreshKey Service(ServiceKeyPurpose purpose)
    {
        var place = WrapPlace.ServiceKey(Guid.CreateVersion7(), purpose);
        if (purpose is ServiceKeyPurpose.Ticket)
            return new FreshKey(place, SecretBytes.Random(KeyWrap.KeyLength), null);
        using var pair = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new FreshKey(place, pair.ExportPkcs8PrivateKey(), pair.ExportSubjectPublicKeyInfo());
    }

    /// <summary>Wrapped with the version's public key: the KEK is not asked.</summary>
    public KekWrapped Wrap(KekVersionKey version)
    {
        var payload = KekPayload.Pack(Place, Key);
        try
        {
            return new KekWrapped(Place.Id, Place, version.Id, KekPayload.Wrap(version.PublicKey, payload), PublicKey);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(payload);
        }
    }

    public void Dispose() => CryptographicOperations.ZeroMemory(Key);
}

/// <summary>What a key was used for, and which key it was.</summary>
internal sealed record Made(KekWrapped By, byte[] Bytes);

/// <summary>What a caller does with a key: its row and its bytes in, a result out. The bytes are not to be kept.</summary>
internal delegate byte[] KeyUse(KekWrapped row, ReadOnlySpan<byte> key);

/// <summary>
/// Master and service keys: the newest that can be used, or a new one wrapped with the stored public key when none can. Ingest and
/// signing therefore never wait for a KEK that is away; they are refused when it denies.
/// </summary>
internal sealed partial class KekKeyring(KeyTables tables, KekGate gate, UnwrappedKeys unwrapped, ILogger logger) : IDisposable
{
    readonly SemaphoreSlim _minting = new(1);
    KekVersionKey? _current;

    /// <summary>The version in force when the database was last asked.</summary>
    public KekVersionKey? LastCurrent => Volatile.Read(ref _current);

    public async Task<KekVersionKey> CurrentVersionAsync(CancellationToken ct)
    {
        var current = await tables.CurrentVersionAsync(ct);
        Volatile.Write(ref _current, current);
        return current;
    }

    /// <summary>True for the denial of a version that is no longer in force: what is new does not depend on it.</summary>
    public async Task<bool> IsOfOlderAsync(KekDeniedException denial, CancellationToken ct) => (await CurrentVersionAsync(ct)).Id != denial.VersionId;

    public byte[]? TryUseMaster(Guid id, TimeSpan atMost, Func<ReadOnlySpan<byte>, byte[]> use) => unwrapped.TryUse(id, atMost, use);

    /// <summary>Uses this very master key.</summary>
    /// <exception cref="KeyUnavailableException">It is not held, and the KEK is away or denies.</exception>
    public Task<byte[]> UseMasterAsync(Guid id, Func<ReadOnlySpan<byte>, byte[]> use, CancellationToken ct) =>
        unwrapped.UseAsync(id, token => tables.MasterKeyAsync(id, token), use, ct);

    /// <summary>Uses this very service key.</summary>
    /// <exception cref="KeyUnavailableException">It is not held, and the KEK is away or denies.</exception>
    public Task<byte[]> UseServiceKeyAsync(KekWrapped row, Func<ReadOnlySpan<byte>, byte[]> use, CancellationToken ct) =>
        unwrapped.UseAsync(row.Id, _ => Task.FromResult(row), use, ct);

    /// <exception cref="KekDeniedException">The version in force denies.</exception>
    public Task<Made> UseNewestMasterAsync(KeyUse use, CancellationToken ct) =>
        UseNewestAsync(tables.NewestMasterKeysAsync, FreshKey.Master, use, ct);

    /// <exception cref="KekDeniedException">The version in force denies.</exception>
    public Task<Made> UseNewestServiceKeyAsync(ServiceKeyPurpose purpose, KeyUse use, CancellationToken ct) =>
        UseNewestAsync(token => tables.NewestServiceKeysAsync(purpose, token), () => FreshKey.Service(purpose), use, ct);

    /// <summary>Unwraps what is in use again before anyone waits for it, and releases what nobody used for an hour. For a moment when the KEK answers.</summary>
    public async Task RenewAsync(CancellationToken ct)
    {
        foreach (var (id, used) in unwrapped.Overdue)
        {
            if (!used || (await tables.FindMasterKeyAsync(id, ct) ?? await tables.ServiceKeyAsync(id, ct)) is not { } row)
                unwrapped.Release(id);
            else
                await RenewAsync(row, ct);
        }
    }

    public void Dispose() => _minting.Dispose();

    async Task RenewAsync(KekWrapped row, CancellationToken ct)
    {
        try
        {
            await unwrapped.RenewAsync(row, ct);
        }
        catch (Exception e) when (e is KeyUnavailableException or KeyTamperedException)
        {
            Log.NotRenewed(logger, e, row.Place.Table, row.Id);
        }
    }

    async Task<Made> UseNewestAsync(Func<CancellationToken, Task<List<KekWrapped>>> list, Func<FreshKey> make, KeyUse use, CancellationToken ct)
    {
        var rows = await list(ct);
        if (UseHeld(rows, UnwrappedKeys.Fresh, use) is { } held)
            return held;
        if (rows is [var newest, ..])
        {
            try
            {
                return new Made(newest, await unwrapped.UseAsync(newest.Id, _ => Task.FromResult(newest), key => use(newest, key), ct));
            }
            catch (KekOutageException)
            {
                if (UseHeld(rows, UnwrappedKeys.Stale, use) is { } stale)
                    return stale;
            }
            catch (KekDeniedException e)
            {
                if (!await IsOfOlderAsync(e, ct))
                    throw;
            }
            catch (KeyTamperedException e)
            {
                Log.PassedOver(logger, e, newest.Place.Table, newest.Id);
            }
        }
        await _minting.WaitAsync(ct);
        try
        {
            // Whoever held the place before may have made one.
            return UseHeld(await list(ct), UnwrappedKeys.Fresh, use) ?? await MintAsync(make, use, ct);
        }
        finally
        {
            _minting.Release();
        }
    }

    Made? UseHeld(List<KekWrapped> rows, TimeSpan atMost, KeyUse use)
    {
        foreach (var row in rows)
        {
            if (unwrapped.TryUse(row.Id, atMost, key => use(row, key)) is { } bytes)
                return new Made(row, bytes);
        }
        return null;
    }

    async Task<Made> MintAsync(Func<FreshKey> make, KeyUse use, CancellationToken ct)
    {
        while (true)
        {
            var version = await CurrentVersionAsync(ct);
            await EnsureNotDeniedAsync(version, ct);
            using var fresh = make();
            var row = fresh.Wrap(version);
            if (!await tables.InsertAsync(row, ct))
                continue; // retired since: the next one is in force
            unwrapped.Hold(row.Id, version.Id, fresh.Key);
            Log.Minted(logger, row.Place.Table, row.Id, version.Id);
            return new Made(row, use(row, fresh.Key));
        }
    }

    // A process that has asked nothing yet does not know: it asks once. That the KEK is away is no denial.
    async Task EnsureNotDeniedAsync(KekVersionKey version, CancellationToken ct)
    {
        if (gate.StandingOf(version.Id).Condition is KekCondition.Answering or KekCondition.Outage)
            return;
        gate.ThrowInPause(version.Id);
        try
        {
            await gate.ProbeAsync(version, ct);
        }
        catch (KekOutageException e)
        {
            Log.WrappingAlone(logger, version.Id, e.Why);
        }
    }

    static partial class Log
    {
        [LoggerMessage(13, LogLevel.Warning, "{Table} {Id} could not be unwrapped again: it serves on as long as it may.")]
        public static partial void NotRenewed(ILogger logger, Exception exception, string table, Guid id);

        [LoggerMessage(10, LogLevel.Information, "Made a key: {Table} {Id}, wrapped with the public key of KEK version {Version}.")]
        public static partial void Minted(ILogger logger, string table, Guid id, string version);

        [LoggerMessage(11, LogLevel.Error, "The newest wrap of {Table}, {Id}, does not open: a new key takes its place.")]
        public static partial void PassedOver(ILogger logger, Exception exception, string table, Guid id);

        [LoggerMessage(12, LogLevel.Warning, "Wrapping with the stored public key of KEK version {Version} without having reached it: {Why}.")]
        public static partial void WrappingAlone(ILogger logger, string version, string why);
    }
}
