using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using RecordingPlatform.Core.Data;

namespace RecordingPlatform.Core.Events;

/// <summary>Hears the hints of one of <see cref="EventChannels"/> through PostgreSQL. While it cannot, the poll does alone.</summary>
internal sealed partial class EventHintListener(string channel, NpgsqlDataSource source, Wake wake, TimeProvider clock, ILogger<EventHintListener> logger) : BackgroundService
{
    // How long a connection that broke without a word goes unnoticed.
    static readonly TimeSpan Probe = TimeSpan.FromSeconds(30);
    static readonly TimeSpan RetryEvery = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await ListenAsync(stoppingToken);
            }
            catch (NpgsqlException e)
            {
                Log.Deaf(logger, e, channel);
                await Task.Delay(RetryEvery, clock, stoppingToken);
            }
        }
    }

    async Task ListenAsync(CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        connection.Notification += (_, _) => wake.Set();
        await using var listen = new NpgsqlCommand($"listen {channel}", connection);
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
        [LoggerMessage(LogLevel.Warning, "Hears no hints on {Channel} at the moment; events arrive by polling")]
        public static partial void Deaf(ILogger logger, Exception e, string channel);
    }
}
