using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace RecordingPlatform.Core.Data;

/// <summary>
/// Refuses to start on a database that could lie: a login that can change the audit log, or in Production a clock that was moved.
/// </summary>
public sealed class DatabaseGuard(NpgsqlDataSource database, IHostEnvironment environment) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("""
            select bool_or(has_table_privilege(t, p)), (select clock_offset = '0' from clock), current_user
            from unnest(array['audit', 'audit_leaves', 'checkpoints', 'events', 'event_seq']) t, unnest(array['UPDATE', 'DELETE', 'TRUNCATE']) p
            """);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        if (reader.GetBoolean(0))
            throw new InvalidOperationException($"The database login '{reader.GetString(2)}' could change the audit log. Connect as {Migrator.AppLogin} (ConnectionStrings__{DatabaseSetup.ConnectionName}).");
        if (environment.IsProduction() && !reader.GetBoolean(1))
            throw new InvalidOperationException("The database clock was moved (table clock). Set clock_offset to 0 as recordings_owner before starting in Production.");
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

public static class ConnectionStrings
{
    /// <exception cref="InvalidOperationException">It is not set; the message names the key.</exception>
    public static string GetRequiredConnectionString(this IConfiguration configuration, string name) =>
        configuration.GetConnectionString(name) is { Length: > 0 } found ? found
            : throw new InvalidOperationException($"ConnectionStrings__{name} is not set: the connection string of the PostgreSQL database.");
}
