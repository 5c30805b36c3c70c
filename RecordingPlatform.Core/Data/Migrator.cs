using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace RecordingPlatform.Core.Data;

/// <summary>
/// Brings a database to the current schema. Safe to run twice and by two processes at once: roles are made when absent,
/// migrations under EF's own lock.
/// </summary>
public static class Migrator
{
    public const string OwnerLogin = "recordings_owner";
    public const string AppLogin = "recordings_app";

    /// <summary>
    /// Makes both login roles and hands the database to the owner. <paramref name="administrator"/> may create roles;
    /// a database whose roles its administrator made by hand skips this step by connecting as the owner.
    /// </summary>
    /// <returns>The connection string of the owner.</returns>
    public static async Task<string> PrepareRolesAsync(string administrator, string ownerPassword, string appPassword, CancellationToken ct)
    {
        var target = new NpgsqlConnectionStringBuilder(administrator);
        if (target.Username == OwnerLogin)
            return administrator;
        await CreateDatabaseAsync(target, ct);
        await using var connection = new NpgsqlConnection(administrator);
        await connection.OpenAsync(ct);
        await EnsureRoleAsync(connection, OwnerLogin, ownerPassword, ct);
        await EnsureRoleAsync(connection, AppLogin, appPassword, ct);
        var database = Quote(target.Database!);
        // Membership is what lets an administrator who is no superuser (Azure's) hand over ownership.
        await ExecuteAsync(connection, $"grant {OwnerLogin} to current_user", ct);
        await ExecuteAsync(connection, $"alter database {database} owner to {OwnerLogin}", ct);
        await ExecuteAsync(connection, $"alter schema public owner to {OwnerLogin}", ct);
        await ExecuteAsync(connection, "revoke all on schema public from public", ct);
        await ExecuteAsync(connection, $"grant connect on database {database} to {AppLogin}", ct);
        target.Username = OwnerLogin;
        target.Password = ownerPassword;
        return target.ConnectionString;
    }

    /// <summary>Applies what is missing, as the owner.</summary>
    public static async Task MigrateAsync(string owner, CancellationToken ct)
    {
        await using var source = DatabaseSetup.BuildDataSource(owner);
        var options = new DbContextOptionsBuilder<RecordingDb>();
        DatabaseSetup.Configure(options, source);
        await using var db = new RecordingDb(options.Options);
        await db.Database.MigrateAsync(ct);
        await db.Database.ExecuteSqlAsync($"select ensure_partitions()", ct);
    }

    static async Task CreateDatabaseAsync(NpgsqlConnectionStringBuilder target, CancellationToken ct)
    {
        var maintenance = new NpgsqlConnectionStringBuilder(target.ConnectionString) { Database = "postgres", Pooling = false };
        await using var connection = new NpgsqlConnection(maintenance.ConnectionString);
        await connection.OpenAsync(ct);
        await using var exists = new NpgsqlCommand("select 1 from pg_database where datname = $1", connection) { Parameters = { new() { Value = target.Database } } };
        if (await exists.ExecuteScalarAsync(ct) is not null)
            return;
        try
        {
            await ExecuteAsync(connection, $"create database {Quote(target.Database!)} encoding 'UTF8' template template0", ct);
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.DuplicateDatabase or PostgresErrorCodes.UniqueViolation)
        {
            // Another migrate was first.
        }
    }

    static async Task EnsureRoleAsync(NpgsqlConnection connection, string role, string password, CancellationToken ct)
    {
        await using (var exists = new NpgsqlCommand("select 1 from pg_roles where rolname = $1", connection) { Parameters = { new() { Value = role } } })
        {
            if (await exists.ExecuteScalarAsync(ct) is null)
            {
                try
                {
                    await ExecuteAsync(connection, $"create role {role} login", ct);
                }
                catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.DuplicateObject or PostgresErrorCodes.UniqueViolation)
                {
                    // Another migrate was first.
                }
            }
        }
        await ExecuteAsync(connection, $"alter role {role} password '{password.Replace("'", "''", StringComparison.Ordinal)}'", ct);
    }

    static string Quote(string identifier) => $"\"{identifier.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(ct);
    }
}
