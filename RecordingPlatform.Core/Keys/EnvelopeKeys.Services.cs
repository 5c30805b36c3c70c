using Microsoft.Extensions.Logging;
using Npgsql;

namespace RecordingPlatform.Core.Keys;

// The platform's own keys, small secrets, and how the KEK stands.
public sealed partial class EnvelopeKeys
{
    /// <summary>The newest service key that can be used; a new one, wrapped with the stored public key, when none can.</summary>
    /// <exception cref="KekDeniedException">The KEK denies.</exception>
    public async Task<OpenedServiceKey> SigningKeyAsync(ServiceKeyPurpose purpose, CancellationToken ct)
    {
        var made = await _keyring.UseNewestServiceKeyAsync(purpose, (_, key) => SecretBytes.Copy(key), ct);
        return new OpenedServiceKey(made.By.Id, purpose, made.Bytes, made.By.PublicKey);
    }

    /// <summary>The service key of that id, retired or not; null when there is none. A checkpoint key brings its public part and needs no KEK.</summary>
    /// <exception cref="KeyUnavailableException">A ticket key that is not held, and the KEK is away or denies.</exception>
    /// <exception cref="KeyTamperedException">Its wrap is not the one that was made for its row.</exception>
    public async Task<OpenedServiceKey?> VerificationKeyAsync(Guid id, CancellationToken ct)
    {
        if (await _tables.ServiceKeyAsync(id, ct) is not { } row)
            return null;
        return row.PublicKey is not null
            ? new OpenedServiceKey(id, ServiceKeyPurpose.Checkpoint, [], row.PublicKey)
            : new OpenedServiceKey(id, ServiceKeyPurpose.Ticket, await _keyring.UseServiceKeyAsync(row, SecretBytes.Copy, ct), null);
    }

    /// <summary>Seals a small secret for its row; both parts of the answer are stored there.</summary>
    /// <param name="table">The table of the row, as the database names it.</param>
    /// <param name="id">The row's id.</param>
    /// <param name="secret">Any length; the caller clears it.</param>
    /// <param name="ct">Cancels the wait for the database and the KEK.</param>
    /// <exception cref="KekDeniedException">The KEK denies.</exception>
    public async Task<SealedSecret> SealAsync(string table, Guid id, ReadOnlyMemory<byte> secret, CancellationToken ct)
    {
        var made = await _keyring.UseNewestMasterAsync((masterKey, key) => KeyWrap.Seal(key, WrapPlace.Secret(table, id, masterKey.Id), secret.Span), ct);
        return new SealedSecret(made.By.Id, made.Bytes);
    }

    /// <summary>As <see cref="SealAsync(string, Guid, ReadOnlyMemory{byte}, CancellationToken)"/>, for several rows of one table under one master key, which is looked for once.</summary>
    /// <returns>The master key, and the sealed secrets in the order of the rows.</returns>
    /// <exception cref="KekDeniedException">The KEK denies.</exception>
    public async Task<(Guid MasterKeyId, byte[][] Sealed)> SealAsync(string table, IReadOnlyList<(Guid Id, ReadOnlyMemory<byte> Secret)> rows, CancellationToken ct)
    {
        byte[][] wraps = [];
        var made = await _keyring.UseNewestMasterAsync((masterKey, key) =>
        {
            wraps = new byte[rows.Count][];
            for (var i = 0; i < wraps.Length; i++)
                wraps[i] = KeyWrap.Seal(key, WrapPlace.Secret(table, rows[i].Id, masterKey.Id), rows[i].Secret.Span);
            return [];
        }, ct);
        return (made.By.Id, wraps);
    }

    /// <summary>Opens what <see cref="SealAsync(string, Guid, ReadOnlyMemory{byte}, CancellationToken)"/> sealed for this row. On the pinned heap; the caller clears it.</summary>
    /// <exception cref="KeyUnavailableException">The master key is not held, and the KEK is away or denies.</exception>
    /// <exception cref="KeyTamperedException">It was sealed for another row or under another master key.</exception>
    public Task<byte[]> UnsealAsync(string table, Guid id, Guid masterKeyId, ReadOnlyMemory<byte> sealedSecret, CancellationToken ct) =>
        _keyring.UseMasterAsync(masterKeyId, key => KeyWrap.Open(key, WrapPlace.Secret(table, id, masterKeyId), sealedSecret.Span), ct);

    /// <summary>How the KEK in force stood when it was last asked.</summary>
    public KekHealth Health
    {
        get
        {
            if (_keyring.LastCurrent is not { } current)
                return new KekHealth(null, KekCondition.Unknown, _clock.GetUtcNow(), null);
            var standing = _gate.StandingOf(current.Id);
            return new KekHealth(current.Id, standing.Condition, standing.Since, standing.Why);
        }
    }

    /// <summary>
    /// Asks the version in force, and every version behind what is held, whether it still answers; a denial drops what it had unwrapped. Renews what is in use,
    /// and unwraps the newest master key when none is held, so that the first recording does not wait for it.
    /// </summary>
    public async Task<KekHealth> ProbeAsync(CancellationToken ct)
    {
        var current = await CurrentOrLastAsync(ct);
        await ProbeAsync(current, ct);
        foreach (var held in _unwrapped.Versions.Where(id => id != current.Id))
        {
            if (await _tables.UnretiredVersionAsync(held, ct) is { } older)
                await ProbeAsync(older, ct);
            else if (Health.Condition is KekCondition.Answering)
                _unwrapped.ReleaseVersion(held); // its rows have moved: next use unwraps them where they are now
        }
        if (Health.Condition is KekCondition.Answering)
        {
            await _keyring.RenewAsync(ct);
            if (_unwrapped.Versions.Count == 0)
                await WarmAsync(ct);
        }
        return Health;
    }

    async Task ProbeAsync(KekVersionKey version, CancellationToken ct)
    {
        try
        {
            await _gate.ProbeAsync(version, ct);
        }
        catch (KeyUnavailableException)
        {
            // The gate has noted it, logged the change and dropped what a denial drops.
        }
    }

    // A database that is away too must not keep a revoked key in use.
    async Task<KekVersionKey> CurrentOrLastAsync(CancellationToken ct)
    {
        try
        {
            return await _keyring.CurrentVersionAsync(ct);
        }
        catch (NpgsqlException e) when (_keyring.LastCurrent is not null)
        {
            Log.DatabaseAway(_logger, e);
            return _keyring.LastCurrent;
        }
    }

    async Task WarmAsync(CancellationToken ct)
    {
        if (await _tables.NewestMasterKeysAsync(ct) is not [var newest, ..])
            return;
        try
        {
            await _keyring.UseMasterAsync(newest.Id, static _ => [], ct);
        }
        catch (Exception e) when (e is KeyUnavailableException or KeyTamperedException)
        {
            Log.NotWarmed(_logger, e, newest.Id);
        }
    }

    static partial class Log
    {
        [LoggerMessage(30, LogLevel.Warning, "The database is away: probing the last known version of the KEK.")]
        public static partial void DatabaseAway(ILogger logger, Exception exception);

        [LoggerMessage(31, LogLevel.Warning, "Master key {Id} could not be unwrapped ahead of its first use.")]
        public static partial void NotWarmed(ILogger logger, Exception exception, Guid id);
    }
}
