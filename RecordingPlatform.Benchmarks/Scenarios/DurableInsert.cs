using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using RecordingPlatform.Benchmarks.Contenders;
using RecordingPlatform.Benchmarks.Measuring;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Ingest;
using RecordingPlatform.Core.Keys;
using RecordingPlatform.Core.Sources;

namespace RecordingPlatform.Benchmarks.Scenarios;

/// <summary>
/// 64 senders that each wait until their event is committed: the inbox's shared commits beside pgbench's prepared single-row
/// insert into the same table with the same indexes, and beside one insert for each request. Without HTTP on either side.
/// </summary>
internal sealed class DurableInsert : IScenario
{
    const int Senders = WebhookLoad.Senders;
    // As long as a report of a call.
    static readonly byte[] Body = new byte[200];
    static readonly TimeSpan Length = TimeSpan.FromSeconds(4);

    public static string Name => "insert";

    public static async Task RunAsync(Report report)
    {
        // The api stands idle: it made the database, its keys and the first user.
        await using var api = await ApiUnderTest.StartAsync(durable: true);
        await using var database = DatabaseSetup.BuildDataSource(api.DatabaseLogin + ";Maximum Pool Size=80");
        using var kek = new LocalKek(api.KekFile, TimeProvider.System);
        using var keys = new EnvelopeKeys(database, kek, TimeProvider.System, NullLogger<EnvelopeKeys>.Instance);
        await using var inbox = new RawEventInbox(database, keys, TimeProvider.System, NullLogger<RawEventInbox>.Instance);
        var master = await api.MasterKeyAsync();
        using var pgbench = new Pgbench(api.DatabaseLogin, Source.UploadId, master);
        var p99 = new Dictionary<string, List<double>> { ["inbox"] = [], ["insert for each"] = [] };
        var speeds = await new Contest("events committed", "1/s") { Servers = [Environment.ProcessId] }
            .Add("inbox", () => SendAsync(p99["inbox"], e => inbox.AppendAsync(e, default)))
            .Add("insert for each request", () => SendAsync(p99["insert for each"], e => InsertAsync(database, master, e)))
            .Add("pgbench, prepared", pgbench.RunAsync)
            .RunAsync(report);
        report.AtLeast("inbox / pgbench", speeds.Ratio("inbox", "pgbench, prepared"), 1.3);
        report.AtLeast("inbox / insert for each request", speeds.Ratio("inbox", "insert for each request"), 2.5);
        report.AtMost("p99: inbox / insert for each request", new Standings(p99).Ratio("inbox", "insert for each"), 0.5);
    }

    static async Task<double> SendAsync(List<double> p99, Func<IncomingEvent, Task> send)
    {
        var started = Stopwatch.StartNew();
        var latencies = await Task.WhenAll(Enumerable.Range(0, Senders).Select(_ => Task.Run(async () =>
        {
            var mine = new List<double>();
            while (started.Elapsed < Length)
            {
                var sent = Stopwatch.GetTimestamp();
                await send(new IncomingEvent(Source.UploadId, Guid.CreateVersion7().ToString("N"), "call_started", Body));
                mine.Add(Stopwatch.GetElapsedTime(sent).TotalMilliseconds);
            }
            return mine;
        })));
        var all = latencies.SelectMany(l => l).Order().ToList();
        p99.Add(all[all.Count * 99 / 100]);
        return all.Count / started.Elapsed.TotalSeconds;
    }

    static async Task InsertAsync(NpgsqlDataSource database, Guid master, IncomingEvent incoming)
    {
        await using var connection = await database.OpenConnectionAsync();
        await using var command = new NpgsqlCommand(InsertServer.Insert, connection)
        {
            Parameters = { new() { Value = Guid.CreateVersion7() }, new() { Value = incoming.SourceId }, new() { Value = incoming.DedupeKey }, new() { Value = Body }, new() { Value = master } },
        };
        await command.PrepareAsync();
        await command.ExecuteNonQueryAsync();
    }
}
