using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using RecordingPlatform.Core.Events;
using RecordingPlatform.Core.Jobs;

namespace RecordingPlatform.Core.Data;

public static class DatabaseSetup
{
    /// <summary>The connection name of Aspire's conventions: <c>ConnectionStrings__recordings</c>.</summary>
    public const string ConnectionName = "recordings";

    /// <summary>Registers the data source and <see cref="RecordingDb"/> on it.</summary>
    public static IServiceCollection AddRecordingDb(this IServiceCollection services, string connectionString)
    {
        services.AddSingleton(_ => BuildDataSource(connectionString));
        // Requests share one context; what outlives or precedes a request's transaction makes its own.
        return services.AddDbContextFactory<RecordingDb>((provider, options) => Configure(options, provider.GetRequiredService<NpgsqlDataSource>()));
    }

    public static NpgsqlDataSource BuildDataSource(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString);
        // A request that holds a connection over I/O would stall the sealing of the audit log: end it instead.
        // The default of random_page_cost is of disks that turn; with it the planner reads whole tables for lack of faith in indexes.
        settings.Options = $"{settings.Options} -c idle_in_transaction_session_timeout=30000 -c random_page_cost=1.1".TrimStart();
        return new NpgsqlDataSourceBuilder(settings.ConnectionString).Build();
    }

    public static void Configure(DbContextOptionsBuilder options, NpgsqlDataSource source) =>
        options.UseNpgsql(source, npgsql => npgsql.MigrationsHistoryTable("schema_migrations")).AddInterceptors(JobHint.Instance, EventHint.Instance)
            // Every statement as a line of information would bury the lines that mean something.
            .ConfigureWarnings(warnings => warnings.Log((RelationalEventId.CommandExecuted, LogLevel.Debug)));
}
