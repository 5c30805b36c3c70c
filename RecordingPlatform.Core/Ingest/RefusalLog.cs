using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Sources;

namespace RecordingPlatform.Core.Ingest;

/// <summary>
/// Counts what was turned away at the door, by source, reason and hour, and writes it down every second: whoever knocks a
/// thousand times makes one row, not a thousand.
/// </summary>
public sealed partial class RefusalLog(NpgsqlDataSource database, TimeProvider clock, ILogger<RefusalLog> logger) : BackgroundService
{
    static readonly TimeSpan WriteEvery = TimeSpan.FromSeconds(1);

    const string Write = """
        insert into refused_deliveries (id, source_kind, source_id, code, detail, hour, count)
        values ($1, $2, $3, $4, $5, date_trunc('hour', app_now()), $6)
        on conflict (source_kind, source_id, code, hour)
        do update set count = refused_deliveries.count + excluded.count, detail = excluded.detail, last_at = app_now()
        """;

    readonly Lock _guard = new();
    Dictionary<(SourceKind Kind, Guid? Source, string Code), (long Count, string Detail)> _waiting = [];

    /// <param name="kind">At whose door.</param>
    /// <param name="source">Whose it is, if that is known.</param>
    /// <param name="code">Stable.</param>
    /// <param name="detail">What was wrong and what to do; nothing of the body.</param>
    public void Add(SourceKind kind, Guid? source, string code, string detail)
    {
        lock (_guard)
            _waiting[(kind, source, code)] = (_waiting.GetValueOrDefault((kind, source, code)).Count + 1, detail);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(WriteEvery, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                await FlushAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // What still waits is written below.
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await FlushAsync(cancellationToken);
    }

    async Task FlushAsync(CancellationToken ct)
    {
        Dictionary<(SourceKind Kind, Guid? Source, string Code), (long Count, string Detail)> taken;
        lock (_guard)
            (taken, _waiting) = (_waiting, []);
        foreach (var ((kind, source, code), (count, detail)) in taken)
        {
            await using var write = database.CreateCommand(Write);
            foreach (var value in new object[] { Guid.CreateVersion7(), SnakeCase.Of(kind), source ?? (object)DBNull.Value, code, detail, count })
                write.Parameters.Add(value is DBNull ? new() { Value = value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Uuid } : new() { Value = value });
            try
            {
                await write.ExecuteNonQueryAsync(ct);
            }
            catch (NpgsqlException e)
            {
                // A count for people, not a promise to anybody: it is not kept for a database that is away.
                Log.NotWritten(logger, e, count, SnakeCase.Of(kind), code);
            }
        }
    }

    static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "{Count} refused deliveries to {Kind} ({Code}) could not be written down")]
        public static partial void NotWritten(ILogger logger, Exception e, long count, string kind, string code);
    }
}
