using System.Security.Cryptography;
using Azure.Core.Cryptography;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Npgsql;
using RecordingPlatform.Core.Data;

namespace RecordingPlatform.Core.Keys;

/// <summary>
/// The platform's keys, as FORMAT.md describes them: wraps and opens data keys, hands out service keys, seals small secrets. One per process,
/// safe for any number of callers. Nothing is held that another replica needs.
/// </summary>
public sealed partial class EnvelopeKeys : IDisposable
{
    readonly KeyTables _tables;
    readonly KekGate _gate;
    readonly UnwrappedKeys _unwrapped;
    readonly KekKeyring _keyring;
    readonly OwnerKeyring _owners;
    readonly DataKeyCache _dataKeys;
    readonly ILogger _logger;
    readonly TimeProvider _clock;
    readonly ITimer _sweep;

    public EnvelopeKeys(NpgsqlDataSource source, IKeyEncryptionKeyResolver kek, TimeProvider clock, ILogger<EnvelopeKeys> logger)
    {
        _logger = logger;
        _clock = clock;
        _tables = new KeyTables(source);
        _gate = new KekGate(kek, clock, logger, OnDenied);
        _unwrapped = new UnwrappedKeys(_gate, clock);
        _keyring = new KekKeyring(_tables, _gate, _unwrapped, logger);
        _owners = new OwnerKeyring(_tables, _keyring, logger);
        _dataKeys = new DataKeyCache(clock);
        _sweep = clock.CreateTimer(_ => Sweep(), null, DataKeyCache.SweepEvery, DataKeyCache.SweepEvery);
    }

    /// <summary>
    /// Wraps the data key (32 bytes, which the caller clears) that was minted when writing began, and adds its row to <paramref name="db"/>'s change tracker; the caller saves.
    /// A missing owner key is made in a short transaction of its own. Called inside a transaction, the owner's key stays as it is until that ends;
    /// called outside one, a shred that comes before the save leaves an object that nobody can read.
    /// Lock the owner first (subject, conversation, recording): key rows come last. <see cref="PrepareAsync"/> keeps the KEK out of the transaction.
    /// </summary>
    /// <exception cref="KekDeniedException">The KEK denies; a KEK that is only away stops nobody.</exception>
    /// <exception cref="KeyDestroyedException">The owner is no subject and was shredded.</exception>
    public async Task<DataKey> WrapAsync(RecordingDb db, KeyOwner owner, Guid dataKeyId, Guid objectId, ReadOnlyMemory<byte> key, CancellationToken ct)
    {
        if (key.Length != KeyWrap.KeyLength)
            throw new ArgumentException($"A data key is {KeyWrap.KeyLength} bytes, not {key.Length}.", nameof(key));
        var wrap = await OnConnectionAsync(db, connection =>
            _owners.WrapAsync(connection, owner, ownerKeyId => WrapPlace.DataKey(dataKeyId, ownerKeyId, objectId), key, ct), ct);
        var row = new DataKey { Id = dataKeyId, ObjectId = objectId, OwnerKeyId = wrap.OwnerKeyId, Wrapped = wrap.Wrapped };
        db.DataKeys.Add(row);
        return row;
    }

    /// <summary>Makes and unwraps beforehand what <see cref="WrapAsync"/> will need, so that a transaction does not wait for the KEK.</summary>
    /// <exception cref="KekDeniedException">The KEK denies.</exception>
    /// <exception cref="KeyDestroyedException">The owner is no subject and was shredded.</exception>
    public async Task PrepareAsync(KeyOwner owner, CancellationToken ct)
    {
        await using var connection = await _tables.OpenConnectionAsync(ct);
        await _owners.WrapAsync(connection, owner, ownerKeyId => WrapPlace.DataKey(Guid.Empty, ownerKeyId, Guid.Empty), new byte[KeyWrap.KeyLength], ct);
    }

    /// <summary>
    /// Opens a data key for one reading. May come from a cache of less than 60 s: who may read, and whether the object still may be read, is for the caller
    /// to decide from the database at every open.
    /// </summary>
    /// <exception cref="KeyUnavailableException">Its master key is not held, and the KEK is away or denies.</exception>
    /// <exception cref="KeyDestroyedException">It was shredded.</exception>
    /// <exception cref="KeyTamperedException">A wrap above it, or its own, is not the one that was made for its row.</exception>
    public async Task<OpenedKey> OpenAsync(RecordingDb db, Guid dataKeyId, CancellationToken ct)
    {
        if (_dataKeys.TryOpen(dataKeyId) is { } cached)
            return cached;
        var rows = await OnConnectionAsync(db, connection => KeyTables.DataKeysAsync(connection, [dataKeyId], forUpdate: false, ct), ct);
        var row = rows.SingleOrDefault() ?? throw new KeyTamperedException("data_keys", dataKeyId, "it has no row");
        // Taken before the key is: a denial that comes between shows on it.
        var revoked = _unwrapped.RevokedOf(row.OwnerKey.MasterKeyId);
        var key = await OpenAsync(row, ct);
        _dataKeys.Keep(dataKeyId, row.OwnerKey.Id, key, revoked);
        return new OpenedKey(dataKeyId, key, revoked);
    }

    /// <summary>
    /// Whether a data key is held, so that what a reader derived from it may be used again; and what ends that early.
    /// </summary>
    internal bool Holds(Guid dataKeyId, out CancellationToken revoked) => _dataKeys.Holds(dataKeyId, out revoked);

    /// <summary>Tells, from now on, whenever a data key stops being held: what was derived from it goes too.</summary>
    internal void TellReleased(Action<Guid> tell) => _dataKeys.Released += tell;

    /// <summary>
    /// Hangs data keys on another owner, inside the caller's transaction: a recording whose subject became known, a raw event that was
    /// understood. No media byte changes.
    /// </summary>
    /// <exception cref="KeyUnavailableException">A master key above is not held, and the KEK is away or denies.</exception>
    /// <exception cref="KeyDestroyedException">One of the keys, or the new owner, was shredded.</exception>
    public async Task MoveAsync(RecordingDb db, IReadOnlyCollection<Guid> dataKeyIds, KeyOwner to, CancellationToken ct)
    {
        var connection = ConnectionInTransaction(db);
        var rows = await KeyTables.DataKeysAsync(connection, dataKeyIds, forUpdate: true, ct);
        if (dataKeyIds.Except(rows.Select(r => r.Id)).ToList() is [var absent, ..])
            throw new KeyTamperedException("data_keys", absent, "it has no row");
        foreach (var row in rows)
        {
            if (row.Owner == to)
                continue;
            var key = await OpenAsync(row, ct);
            try
            {
                var wrap = await _owners.WrapAsync(connection, to, ownerKeyId => WrapPlace.DataKey(row.Id, ownerKeyId, row.ObjectId), key, ct);
                await KeyTables.IdsAsync(connection, "update data_keys set owner_key_id = $2, wrapped = $3 where id = $1 returning id", ct, row.Id, wrap.OwnerKeyId, wrap.Wrapped);
            }
            finally
            {
                CryptographicOperations.ZeroMemory(key);
            }
        }
        ForgetDataKeys(dataKeyIds);
    }

    /// <summary>Drops opened data keys of this process at once; to be told by whoever closes an object.</summary>
    public void ForgetDataKeys(IEnumerable<Guid> dataKeyIds)
    {
        foreach (var id in dataKeyIds)
            _dataKeys.Forget(id);
    }

    public void Dispose()
    {
        _sweep.Dispose();
        _dataKeys.Dispose();
        _unwrapped.Dispose();
        _keyring.Dispose();
    }

    async Task<byte[]> OpenAsync(DataKeyRow row, CancellationToken ct)
    {
        if (row.OwnerKey.Wrapped is null)
            throw new KeyDestroyedException("owner key", row.OwnerKey.Id);
        if (row.Wrapped is null)
            throw new KeyDestroyedException("data key", row.Id);
        return await _owners.UseAsync(row.Owner, row.OwnerKey, ownerKey =>
            KeyWrap.Open(ownerKey, WrapPlace.DataKey(row.Id, row.OwnerKey.Id, row.ObjectId), row.Wrapped), ct);
    }

    // The KEK's refusal of the version in force ends everything; of an older one, what it had wrapped.
    void OnDenied(string versionId)
    {
        if (_keyring.LastCurrent is { } current && current.Id != versionId)
            _unwrapped.DropVersion(versionId);
        else
            _unwrapped.DropAll();
        _dataKeys.ForgetAll();
    }

    void Sweep()
    {
        _dataKeys.Sweep();
        _unwrapped.Sweep();
    }

    static async Task<T> OnConnectionAsync<T>(RecordingDb db, Func<NpgsqlConnection, Task<T>> work, CancellationToken ct)
    {
        await db.Database.OpenConnectionAsync(ct);
        try
        {
            return await work((NpgsqlConnection)db.Database.GetDbConnection());
        }
        finally
        {
            await db.Database.CloseConnectionAsync();
        }
    }

    static NpgsqlConnection ConnectionInTransaction(RecordingDb db) => db.Database.CurrentTransaction is null
        ? throw new InvalidOperationException("Key rows change only in the transaction of what they are changed for: begin it first.")
        : (NpgsqlConnection)db.Database.GetDbConnection();
}
