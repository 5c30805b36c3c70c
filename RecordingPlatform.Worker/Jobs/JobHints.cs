using Microsoft.Extensions.Options;
using Npgsql;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Jobs;

namespace RecordingPlatform.Worker.Jobs;

/// <summary>Listens for hints that a job was enqueued. Whatever it misses, the poll finds.</summary>
internal sealed partial class JobHints(NpgsqlDataSource source, Wake<JobLoop> wake, IOptions<JobSettings> settings, TimeProvider clock, ILogger<JobHints> logger)
{
    // How long a connection that broke without a word goes unnoticed.
    static readonly TimeSpan Probe = TimeSpan.FromSeconds(30);

    public async Task ListenAsync(CancellationToken ct)
    {
        try
        {
            while (true)
            {
                try
                {
                    await ListenOnceAsync(ct);
                }
                catch (NpgsqlException e)
                {
                    Log.Deaf(logger, e, settings.Value.Poll);
                    await Task.Delay(settings.Value.Poll, clock, ct);
                }
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // The worker stops.
        }
    }

    async Task ListenOnceAsync(CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        connection.Notification += (_, _) => wake.Set();
        await using var listen = new NpgsqlCommand($"listen {JobQueue.HintChannel}", connection);
        await listen.ExecuteNonQueryAsync(ct);
        // Hints sent while nobody listened are gone.
        wake.Set();
        while (true)
        {
            if (!await connection.WaitAsync(Probe, ct))
                await listen.ExecuteNonQueryAsync(ct);
        }
    }

    static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Hears of no new jobs at the moment, and finds them by looking every {Poll} instead")]
        public static partial void Deaf(ILogger logger, Exception e, TimeSpan poll);
    }
}
