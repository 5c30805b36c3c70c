using Microsoft.Extensions.Logging;
using RecordingPlatform.Core.Data;

namespace RecordingPlatform.Core.Keys;

// Destruction. It needs no KEK, so it works whatever the KEK answers.
public sealed partial class EnvelopeKeys
{
    /// <summary>
    /// Shreds: overwrites the wraps of every generation of the owner's key and of every data key below, inside the caller's transaction, which has locked the owner.
    /// The data keys go too, so that each row tells on its own that its object is gone. Safe to run twice: what is destroyed keeps its date. Final when the last
    /// backup that holds the rows has expired.
    /// </summary>
    /// <returns>What this call destroyed.</returns>
    public async Task<DestroyedKeys> DestroyOwnerKeysAsync(RecordingDb db, KeyOwner owner, CancellationToken ct)
    {
        var connection = ConnectionInTransaction(db);
        // FOR UPDATE, not the weaker lock of the update below: it also holds off inserts of data keys that refer to these rows.
        var all = await KeyTables.IdsAsync(connection,
            "select id from owner_keys where owner_kind = $1 and owner_id = $2 order by generation desc for update", ct, SnakeCase.Of(owner.Kind), owner.Id);
        var dataKeys = await KeyTables.IdsAsync(connection,
            "update data_keys set wrapped = null, destroyed_at = app_now() where owner_key_id = any($1) and destroyed_at is null returning id", ct, all.ToArray());
        var ownerKeys = await KeyTables.IdsAsync(connection,
            "update owner_keys set wrapped = null, destroyed_at = app_now() where id = any($1) and destroyed_at is null returning id", ct, all.ToArray());
        _dataKeys.End(dataKeys, all.ToHashSet());
        Log.Shredded(_logger, owner.Kind, owner.Id, ownerKeys.Count, dataKeys.Count);
        return new DestroyedKeys(ownerKeys, dataKeys);
    }

    /// <summary>Destroys single data keys, for objects that end before their owner does, inside the caller's transaction. Safe to run twice.</summary>
    /// <returns>What this call destroyed.</returns>
    public async Task<DestroyedKeys> DestroyDataKeysAsync(RecordingDb db, IReadOnlyCollection<Guid> dataKeyIds, CancellationToken ct)
    {
        var destroyed = await KeyTables.IdsAsync(ConnectionInTransaction(db),
            "update data_keys set wrapped = null, destroyed_at = app_now() where id = any($1) and destroyed_at is null returning id", ct, dataKeyIds.ToArray());
        _dataKeys.End(dataKeyIds, new HashSet<Guid>());
        return new DestroyedKeys([], destroyed);
    }

    static partial class Log
    {
        [LoggerMessage(32, LogLevel.Information, "Shredded {Kind} {Owner}: {OwnerKeys} owner keys, {DataKeys} data keys.")]
        public static partial void Shredded(ILogger logger, Objects.OwnerKind kind, Guid owner, int ownerKeys, int dataKeys);
    }
}
