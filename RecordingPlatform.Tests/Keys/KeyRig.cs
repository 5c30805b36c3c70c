using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Keys;
using RecordingPlatform.Core.Objects;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Keys;

/// <summary>A database with its first keys, a KEK that can be made to fail, a clock for what lives in memory, and any number of replicas.</summary>
internal sealed class KeyRig : IAsyncDisposable
{
    readonly List<EnvelopeKeys> _replicas = [];

    KeyRig(TestDatabase database, KekFolder folder, LocalKek kek)
    {
        Database = database;
        Folder = folder;
        Kek = kek;
        Fault = new FaultyKek(kek);
        App = DatabaseSetup.BuildDataSource(database.App);
        Owner = DatabaseSetup.BuildDataSource(database.Owner);
        Administrator = DatabaseSetup.BuildDataSource(database.Administrator);
    }

    public TestDatabase Database { get; }
    public KekFolder Folder { get; }
    public LocalKek Kek { get; }
    public FaultyKek Fault { get; }
    public ManualClock Clock { get; } = new();
    public NpgsqlDataSource App { get; }
    public NpgsqlDataSource Owner { get; }
    public NpgsqlDataSource Administrator { get; }
    public LogCatcher Log { get; } = new();

    public static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static async Task<KeyRig> StartAsync(PostgresCluster cluster)
    {
        var folder = new KekFolder();
        var rig = new KeyRig(await cluster.CreateDatabaseAsync(), folder, await folder.KekAsync());
        await KeySetup.EnsureAsync(rig.Owner, rig.Kek, TimeProvider.System, NullLogger.Instance, Ct);
        return rig;
    }

    /// <summary>A process that has just started.</summary>
    public EnvelopeKeys NewReplica()
    {
        var keys = new EnvelopeKeys(App, Fault, Clock, Log);
        _replicas.Add(keys);
        return keys;
    }

    /// <summary>A replica that holds the newest master key.</summary>
    public async Task<EnvelopeKeys> NewWarmReplicaAsync()
    {
        var keys = NewReplica();
        await keys.ProbeAsync(Ct);
        return keys;
    }

    public RecordingDb NewDb()
    {
        var options = new DbContextOptionsBuilder<RecordingDb>();
        DatabaseSetup.Configure(options, App);
        return new RecordingDb(options.Options);
    }

    public static KeyOwner Subject() => new(OwnerKind.Subject, Guid.CreateVersion7());

    /// <summary>Publishes one object of the owner.</summary>
    public async Task<Published> PublishAsync(EnvelopeKeys keys, KeyOwner owner)
    {
        await using var db = NewDb();
        var key = RandomNumberGenerator.GetBytes(32);
        var row = await keys.WrapAsync(db, owner, Guid.CreateVersion7(), Guid.CreateVersion7(), key, Ct);
        await db.SaveChangesAsync(Ct);
        return new Published(row.Id, row.OwnerKeyId, row.ObjectId, key);
    }

    public async Task<byte[]> ReadAsync(EnvelopeKeys keys, Guid dataKeyId)
    {
        await using var db = NewDb();
        using var opened = await keys.OpenAsync(db, dataKeyId, Ct);
        return opened.Memory.ToArray();
    }

    public async Task AssertReadableAsync(EnvelopeKeys keys, params Published[] published)
    {
        foreach (var one in published)
            Assert.Equal(one.Key, await ReadAsync(keys, one.DataKeyId));
    }

    public async Task<DestroyedKeys> ShredAsync(EnvelopeKeys keys, KeyOwner owner)
    {
        await using var db = NewDb();
        await using var transaction = await db.Database.BeginTransactionAsync(Ct);
        var destroyed = await keys.DestroyOwnerKeysAsync(db, owner, Ct);
        await transaction.CommitAsync(Ct);
        return destroyed;
    }

    /// <summary>As the owner of the database, past the application.</summary>
    public async Task ExecuteAsync(string sql)
    {
        await using var command = Owner.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Ct);
    }

    public async Task<T> ScalarAsync<T>(string sql)
    {
        await using var command = Owner.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync(Ct))!;
    }

    /// <summary>The database takes no more connections and ends those of the replicas.</summary>
    public async Task CutOffAsync()
    {
        var name = new NpgsqlConnectionStringBuilder(Database.Administrator).Database;
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(Database.Administrator) { Database = "postgres", Pooling = false }.ConnectionString);
        await connection.OpenAsync(Ct);
        foreach (var sql in (string[])[$"alter database {name} with allow_connections false", $"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'"])
        {
            await using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync(Ct);
        }
    }

    /// <summary>Until a session of this database waits for another's lock.</summary>
    public Task LockWaitAsync() => Until.TrueAsync(
        async () =>
        {
            // Only a superuser sees what other logins wait for.
            await using var command = Administrator.CreateCommand("select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'");
            return (long)(await command.ExecuteScalarAsync(Ct))! > 0;
        },
        TimeSpan.FromSeconds(20), "a session waits for a lock");

    public Task<long> CountAsync(string table) => ScalarAsync<long>($"select count(*) from {table}");

    public async ValueTask DisposeAsync()
    {
        foreach (var replica in _replicas)
            replica.Dispose();
        await App.DisposeAsync();
        await Owner.DisposeAsync();
        await Administrator.DisposeAsync();
        Folder.Dispose();
    }
}

internal sealed record Published(Guid DataKeyId, Guid OwnerKeyId, Guid ObjectId, byte[] Key);

/// <summary>Keeps every line, exceptions included.</summary>
internal sealed class LogCatcher : ILogger<EnvelopeKeys>
{
    public ConcurrentQueue<(LogLevel Level, string Text)> Lines { get; } = new();

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Lines.Enqueue((logLevel, $"{formatter(state, exception)} {exception}"));
}
