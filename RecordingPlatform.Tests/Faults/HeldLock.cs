using Npgsql;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Faults;

/// <summary>
/// A lock that stops whoever needs it at a point that can be named, so that a process is killed exactly there and not a
/// moment before or after. Ends with the transaction that holds it.
/// </summary>
internal sealed class HeldLock : IAsyncDisposable
{
    readonly NpgsqlConnection _connection;
    readonly NpgsqlTransaction _transaction;
    readonly Platform _platform;

    HeldLock(Platform platform, NpgsqlConnection connection, NpgsqlTransaction transaction) => (_platform, _connection, _transaction) = (platform, connection, transaction);

    /// <param name="platform">Whose database.</param>
    /// <param name="sql">Takes the lock.</param>
    public static async Task<HeldLock> TakeAsync(Platform platform, string sql)
    {
        var connection = new NpgsqlConnection(platform.Database.Owner + ";Pooling=false");
        await connection.OpenAsync();
        var transaction = await connection.BeginTransactionAsync();
        await using var command = new NpgsqlCommand(sql, connection, transaction);
        await command.ExecuteNonQueryAsync();
        return new HeldLock(platform, connection, transaction);
    }

    /// <summary>Until a session of the app's login waits for it, in a statement that contains the text.</summary>
    public Task StopsAsync(string statement) => Until.TrueAsync(
        async () => await _platform.QueryAsync(
            $"select pid from pg_stat_activity where {_connection.ProcessID} = any(pg_blocking_pids(pid)) and query ilike '%{statement}%'", asAdministrator: true) is not [],
        TimeSpan.FromSeconds(60), $"somebody waits to {statement}");

    public async ValueTask DisposeAsync()
    {
        await _transaction.DisposeAsync();
        await _connection.DisposeAsync();
    }
}
