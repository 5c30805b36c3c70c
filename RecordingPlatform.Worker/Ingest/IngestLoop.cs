using System.Diagnostics.Metrics;
using Npgsql;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Ingest;
using RecordingPlatform.Core.Keys;

namespace RecordingPlatform.Worker.Ingest;

/// <summary>
/// Applies what sources reported, while the worker runs: at every hint, and every second whatever happens. An event is its own
/// job: a worker takes it for <see cref="TakenFor"/>, and it comes back by itself when that worker dies. Any number of workers
/// share the waiting ones.
/// </summary>
internal sealed partial class IngestLoop(NpgsqlDataSource database, IServiceScopeFactory scopes, Wake<IngestLoop> wake, ILogger<IngestLoop> logger) : BackgroundService
{
    public const int MostAttempts = 5;

    static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);
    static readonly TimeSpan TakenFor = TimeSpan.FromSeconds(30);

    // Small, so that a worker that dies keeps few of them waiting.
    const int Together = 50;

    // An event whose worker died five times is given up with the rest: what kills workers must not go round for ever.
    const string Take = $"""
        update raw_events set attempts = attempts + 1, next_attempt_at = app_now() + $1
        where id in (
            select id from raw_events where state = 'received' and next_attempt_at <= app_now()
            order by next_attempt_at, received_at limit $2 for update skip locked)
        returning id, attempts
        """;

    const string PutOff = "update raw_events set next_attempt_at = app_now() + $2, last_error = $3, attempts = attempts - $4 where id = $1 and state = 'received'";

    const string GiveUp = """
        update raw_events set state = 'refused', refusal = 'It could not be applied after several attempts: ' || coalesce(last_error, 'its worker died each time') || '.', applied_at = app_now()
        where id = $1 and state = 'received'
        """;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var failing = false;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var taken = await TakeAsync(stoppingToken);
                failing = false;
                foreach (var (id, attempts) in taken)
                    await ApplyAsync(id, attempts, stoppingToken);
                if (taken.Count == Together)
                    continue;
            }
            catch (NpgsqlException e)
            {
                if (!failing)
                    Log.Stalled(logger, e, Poll);
                failing = true;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                // What was taken and not done is due again within half a minute.
                return;
            }
            await wake.WaitAsync(Poll, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    async Task<List<(Guid Id, int Attempts)>> TakeAsync(CancellationToken ct)
    {
        await using var take = database.CreateCommand(Take);
        take.Parameters.Add(new() { Value = TakenFor });
        take.Parameters.Add(new() { Value = Together });
        await using var rows = await take.ExecuteReaderAsync(ct);
        var taken = new List<(Guid, int)>();
        while (await rows.ReadAsync(ct))
            taken.Add((rows.GetGuid(0), rows.GetInt32(1)));
        return taken;
    }

    async Task ApplyAsync(Guid id, int attempts, CancellationToken ct)
    {
        if (attempts > MostAttempts)
        {
            await ExecuteAsync(GiveUp, ct, id);
            Log.GivenUp(logger, id, MostAttempts);
            IngestTelemetry.Ended("given_up");
            return;
        }
        try
        {
            await using var scope = scopes.CreateAsyncScope();
            if (await scope.ServiceProvider.GetRequiredService<EventApplier>().ApplyAsync(id, ct))
                IngestTelemetry.Ended("applied");
        }
        catch (KeyUnavailableException away)
        {
            // Not its fault: the attempt does not count.
            await ExecuteAsync(PutOff, ct, id, away.RetryAfter, "the key service does not answer", 1);
        }
        catch (Exception e) when (e is not OperationCanceledException || !ct.IsCancellationRequested)
        {
            // The edge of the loop: the error stands beside the event, where the source's page shows it, and the next one is taken.
            Log.Failed(logger, e, id, attempts);
            await ExecuteAsync(PutOff, ct, id, TimeSpan.FromSeconds(Math.Pow(4, attempts)), e.GetType().Name, 0);
        }
    }

    async Task ExecuteAsync(string sql, CancellationToken ct, params object[] values)
    {
        await using var command = database.CreateCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(new() { Value = value });
        await command.ExecuteNonQueryAsync(ct);
    }

    static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "Reports of sources wait: the database does not answer; tries again every {Poll}")]
        public static partial void Stalled(ILogger logger, Exception e, TimeSpan poll);

        [LoggerMessage(LogLevel.Warning, "Report {EventId} could not be applied (attempt {Attempt}); it is tried again")]
        public static partial void Failed(ILogger logger, Exception e, Guid eventId, int attempt);

        [LoggerMessage(LogLevel.Error, "Report {EventId} was given up after {Attempts} attempts; its source's page shows why")]
        public static partial void GivenUp(ILogger logger, Guid eventId, int attempts);
    }
}

/// <summary>What became of reports; the host adds <see cref="Name"/> to its meter providers.</summary>
internal static class IngestTelemetry
{
    public const string Name = "RecordingPlatform.Ingest";

    static readonly Meter Meter = new(Name);
    static readonly Counter<long> Reports = Meter.CreateCounter<long>("ingest.reports.ended", "{report}", "Reports of sources that were worked on, by what became of them");

    public static void Ended(string outcome) => Reports.Add(1, new KeyValuePair<string, object?>("outcome", outcome));
}
