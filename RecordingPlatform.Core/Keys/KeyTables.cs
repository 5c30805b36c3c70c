using Npgsql;
using RecordingPlatform.Core.Data;

namespace RecordingPlatform.Core.Keys;

/// <summary>One generation of an owner's key as it stands in its row.</summary>
internal sealed record Generation(Guid Id, int Number, Guid MasterKeyId, byte[]? Wrapped);

/// <summary>A data key with the wrap above it.</summary>
internal sealed record DataKeyRow(Guid Id, Guid ObjectId, byte[]? Wrapped, KeyOwner Owner, Generation OwnerKey);

/// <summary>The key tables in single statements: each is its own short transaction unless the connection is in one.</summary>
internal sealed class KeyTables(NpgsqlDataSource source)
{
    // A replica finds its own key among the newest; more of them than replicas that started in one outage are not of use.
    const int Newest = 16;

    public ValueTask<NpgsqlConnection> OpenConnectionAsync(CancellationToken ct) => source.OpenConnectionAsync(ct);

    /// <exception cref="KeysNotSetUpException">There is none.</exception>
    public async Task<KekVersionKey> CurrentVersionAsync(CancellationToken ct) =>
        (await VersionsAsync("where retired_at is null order by created_at desc, id limit 1", null, ct)).SingleOrDefault()
        ?? throw new KeysNotSetUpException("version of the key-encryption key");

    /// <summary>Null when it is retired or was never known.</summary>
    public async Task<KekVersionKey?> UnretiredVersionAsync(string id, CancellationToken ct) =>
        (await VersionsAsync("where id = $1 and retired_at is null", id, ct)).SingleOrDefault();

    /// <summary>Every version that something stored still needs.</summary>
    public Task<List<KekVersionKey>> NeededVersionsAsync(CancellationToken ct) => VersionsAsync("""
        v where retired_at is null
            or exists (select from master_keys m where m.kek_version_id = v.id) or exists (select from service_keys s where s.kek_version_id = v.id)
        order by created_at
        """, null, ct);

    public Task<List<KekWrapped>> NewestMasterKeysAsync(CancellationToken ct) => MasterKeysAsync($"where retired_at is null order by created_at desc, id desc limit {Newest}", null, ct);

    public async Task<KekWrapped> MasterKeyAsync(Guid id, CancellationToken ct) =>
        await FindMasterKeyAsync(id, ct) ?? throw new KeyTamperedException("master_keys", id, "it has no row");

    public async Task<KekWrapped?> FindMasterKeyAsync(Guid id, CancellationToken ct) => (await MasterKeysAsync("where id = $1", id, ct)).SingleOrDefault();

    public Task<List<KekWrapped>> NewestServiceKeysAsync(ServiceKeyPurpose purpose, CancellationToken ct) =>
        ServiceKeysAsync($"where purpose = $1 and retired_at is null order by created_at desc, id desc limit {Newest}", SnakeCase.Of(purpose), ct);

    public async Task<KekWrapped?> ServiceKeyAsync(Guid id, CancellationToken ct) => (await ServiceKeysAsync("where id = $1", id, ct)).SingleOrDefault();

    /// <summary>False when the KEK version was retired meanwhile: wrap again under the one in force.</summary>
    public async Task<bool> InsertAsync(KekWrapped key, CancellationToken ct)
    {
        // The lock holds off a rotation that is about to retire the version.
        var (columns, values) = key.Place.Table == "service_keys" ? (", purpose, public_key", ", $4, $5") : ("", "");
        await using var command = source.CreateCommand($"""
            insert into {key.Place.Table} (id, kek_version_id, wrapped{columns})
            select $1, id, $3{values} from kek_versions where id = $2 and retired_at is null for share
            """);
        command.Parameters.AddRange((NpgsqlParameter[])[new() { Value = key.Id }, new() { Value = key.KekVersionId }, new() { Value = key.Wrapped }]);
        if (columns.Length > 0)
            command.Parameters.AddRange((NpgsqlParameter[])[new() { Value = key.Place.Kind }, new NpgsqlParameter<byte[]?> { TypedValue = key.PublicKey }]);
        return await command.ExecuteNonQueryAsync(ct) == 1;
    }

    /// <summary>Every master and service key that another version than this one wraps, retired keys too: what they sealed is still read.</summary>
    public async Task<List<KekWrapped>> NotWrappedByAsync(string versionId, CancellationToken ct) =>
    [
        .. await MasterKeysAsync("where kek_version_id <> $1", versionId, ct),
        .. await ServiceKeysAsync("where kek_version_id <> $1", versionId, ct),
    ];

    /// <summary>False when the row moved meanwhile.</summary>
    public async Task<bool> ReplaceWrapAsync(KekWrapped before, KekWrapped after, CancellationToken ct)
    {
        await using var command = source.CreateCommand($"update {before.Place.Table} set kek_version_id = $3, wrapped = $4 where id = $1 and kek_version_id = $2");
        command.Parameters.AddRange((NpgsqlParameter[])
            [new() { Value = before.Id }, new() { Value = before.KekVersionId }, new() { Value = after.KekVersionId }, new() { Value = after.Wrapped }]);
        return await command.ExecuteNonQueryAsync(ct) == 1;
    }

    /// <summary>Records a version; one that is known stays as it is.</summary>
    public async Task RecordVersionAsync(KekVersionKey version, CancellationToken ct)
    {
        await using var command = source.CreateCommand("insert into kek_versions (id, provider, public_key) values ($1, $2, $3) on conflict (id) do nothing");
        command.Parameters.AddRange((NpgsqlParameter[])[new() { Value = version.Id }, new() { Value = SnakeCase.Of(version.Provider) }, new() { Value = version.PublicKey }]);
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>Retires every version but this one that wraps nothing, and returns them.</summary>
    public async Task<List<string>> RetireUnusedVersionsAsync(string inForce, CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        // First the lock, then a statement of its own to look: a key inserted while this one waited is only seen by the second.
        await using (var locked = new NpgsqlCommand("select from kek_versions where id <> $1 and retired_at is null for update", connection) { Parameters = { new() { Value = inForce } } })
            await locked.ExecuteNonQueryAsync(ct);
        await using var retire = new NpgsqlCommand("""
            update kek_versions v set retired_at = app_now() where id <> $1 and retired_at is null
                and not exists (select from master_keys m where m.kek_version_id = v.id) and not exists (select from service_keys s where s.kek_version_id = v.id)
            returning id
            """, connection)
        { Parameters = { new() { Value = inForce } } };
        var retired = await ReadAsync(retire, row => row.GetString(0), ct);
        await transaction.CommitAsync(ct);
        return retired;
    }

    /// <summary>Held until disposed: set-up and rotation run one at a time, whichever process they run in.</summary>
    public async Task<SetupLock> LockSetupAsync(CancellationToken ct)
    {
        var taken = new SetupLock(await source.OpenConnectionAsync(ct));
        await taken.TakeAsync(ct);
        return taken;
    }

    /// <summary>False when another replica was first with this generation.</summary>
    public async Task<bool> InsertGenerationAsync(KeyOwner owner, Generation generation, CancellationToken ct)
    {
        await using var command = source.CreateCommand("""
            insert into owner_keys (id, owner_kind, owner_id, generation, master_key_id, wrapped)
            values ($1, $2, $3, $4, $5, $6)
            on conflict (owner_kind, owner_id, generation) do nothing
            """);
        command.Parameters.AddRange((NpgsqlParameter[])
        [
            new() { Value = generation.Id }, new() { Value = SnakeCase.Of(owner.Kind) }, new() { Value = owner.Id },
            new() { Value = generation.Number }, new() { Value = generation.MasterKeyId }, new() { Value = generation.Wrapped! },
        ]);
        return await command.ExecuteNonQueryAsync(ct) == 1;
    }

    /// <summary>
    /// Newest first. In a transaction the rows stay as they are until it ends: a shred that comes meanwhile waits, and one that came
    /// before is seen.
    /// </summary>
    public static async Task<List<Generation>> GenerationsAsync(NpgsqlConnection connection, KeyOwner owner, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("""
            select id, generation, master_key_id, wrapped from owner_keys
            where owner_kind = $1 and owner_id = $2 order by generation desc for share
            """, connection)
        { Parameters = { new() { Value = SnakeCase.Of(owner.Kind) }, new() { Value = owner.Id } } };
        return await ReadAsync(command, row => new Generation(row.GetGuid(0), row.GetInt32(1), row.GetGuid(2), BytesOrNull(row, 3)), ct);
    }

    /// <param name="connection">The caller's, so that what its transaction wrote is seen.</param>
    /// <param name="ids">Data keys.</param>
    /// <param name="forUpdate">Locks the data keys until the transaction ends.</param>
    /// <param name="ct">Cancels the query.</param>
    public static async Task<List<DataKeyRow>> DataKeysAsync(NpgsqlConnection connection, IReadOnlyCollection<Guid> ids, bool forUpdate, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand($"""
            select d.id, d.object_id, d.wrapped, o.owner_kind, o.owner_id, o.id, o.generation, o.master_key_id, o.wrapped
            from data_keys d join owner_keys o on o.id = d.owner_key_id
            where d.id = any($1) {(forUpdate ? "order by d.id for update of d" : "")}
            """, connection)
        { Parameters = { new() { Value = ids.ToArray() } } };
        return await ReadAsync(command, row => new DataKeyRow(
            row.GetGuid(0), row.GetGuid(1), BytesOrNull(row, 2),
            new KeyOwner(SnakeCase.Parse<Objects.OwnerKind>(row.GetString(3))!.Value, row.GetGuid(4)),
            new Generation(row.GetGuid(5), row.GetInt32(6), row.GetGuid(7), BytesOrNull(row, 8))), ct);
    }

    /// <summary>Runs a statement on the caller's connection and returns the ids it answers with.</summary>
    public static async Task<List<Guid>> IdsAsync(NpgsqlConnection connection, string sql, CancellationToken ct, params object[] values)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        return await ReadAsync(command, row => row.GetGuid(0), ct);
    }

    Task<List<KekVersionKey>> VersionsAsync(string where, object? value, CancellationToken ct) =>
        QueryAsync($"select id, provider, public_key from kek_versions {where}", value,
            row => new KekVersionKey(row.GetString(0), SnakeCase.Parse<KekProvider>(row.GetString(1))!.Value, row.GetFieldValue<byte[]>(2)), ct);

    Task<List<KekWrapped>> MasterKeysAsync(string where, object? value, CancellationToken ct) =>
        QueryAsync($"select id, kek_version_id, wrapped from master_keys {where}", value,
            row => new KekWrapped(row.GetGuid(0), WrapPlace.MasterKey(row.GetGuid(0)), row.GetString(1), row.GetFieldValue<byte[]>(2)), ct);

    Task<List<KekWrapped>> ServiceKeysAsync(string where, object? value, CancellationToken ct) =>
        QueryAsync($"select id, kek_version_id, wrapped, purpose, public_key from service_keys {where}", value,
            row => new KekWrapped(row.GetGuid(0), WrapPlace.ServiceKey(row.GetGuid(0), SnakeCase.Parse<ServiceKeyPurpose>(row.GetString(3))!.Value),
                row.GetString(1), row.GetFieldValue<byte[]>(2), BytesOrNull(row, 4)), ct);

    async Task<List<T>> QueryAsync<T>(string sql, object? value, Func<NpgsqlDataReader, T> map, CancellationToken ct)
    {
        await using var command = source.CreateCommand(sql);
        if (value is not null)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        return await ReadAsync(command, map, ct);
    }

    static async Task<List<T>> ReadAsync<T>(NpgsqlCommand command, Func<NpgsqlDataReader, T> map, CancellationToken ct)
    {
        await using var reader = await command.ExecuteReaderAsync(ct);
        var rows = new List<T>();
        while (await reader.ReadAsync(ct))
            rows.Add(map(reader));
        return rows;
    }

    static byte[]? BytesOrNull(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetFieldValue<byte[]>(column);
}
