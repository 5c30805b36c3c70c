using Npgsql;
using RecordingPlatform.Core.Jobs;
using RecordingPlatform.Worker.Children;
using RecordingPlatform.Worker.Media;

namespace RecordingPlatform.Worker.Jobs;

/// <summary>
/// Writes down, every <see cref="WorkerStanding.Interval"/>, that this worker runs and whether it can process media. The row
/// goes when the worker does; of one that was killed it stays and grows old.
/// </summary>
internal sealed partial class ReportStanding(NpgsqlDataSource database, MediaTools tools, TimeProvider clock, ILogger<ReportStanding> logger) : BackgroundService
{
    static readonly string Worker = $"{Environment.MachineName}/{Environment.ProcessId}";

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(WorkerStanding.Interval, clock);
        try
        {
            do
                await ReportAsync(stoppingToken);
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopping is how this ends.
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await ExecuteAsync("delete from worker_standings where worker = $1", [Worker], cancellationToken);
    }

    Task ReportAsync(CancellationToken ct) => ExecuteAsync("""
        with gone as (delete from worker_standings where worker <> $1 and reported_at < app_now() - interval '1 day')
        insert into worker_standings (worker, media_failure) values ($1, $2)
        on conflict (worker) do update set reported_at = app_now(), media_failure = excluded.media_failure
        """, [Worker, MediaFailure() ?? (object)DBNull.Value], ct);

    string? MediaFailure()
    {
        try
        {
            _ = (tools.Ffmpeg, tools.Ffprobe);
            return null;
        }
        catch (ChildStartException missing)
        {
            return missing.Message;
        }
    }

    async Task ExecuteAsync(string sql, object[] values, CancellationToken ct)
    {
        await using var command = database.CreateCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(value is DBNull ? new() { Value = value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text } : new() { Value = value });
        try
        {
            await command.ExecuteNonQueryAsync(ct);
        }
        catch (NpgsqlException e)
        {
            // Health reads this row: while the database is away it says so itself.
            Log.NotReported(logger, e);
        }
    }

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "The database did not take this worker's standing; the next report comes by itself")]
        public static partial void NotReported(ILogger logger, Exception exception);
    }
}
