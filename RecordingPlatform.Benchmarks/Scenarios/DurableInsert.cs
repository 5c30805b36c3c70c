using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using RecordingPlatform.Benchmarks.Measuring;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Ingest;
using RecordingPlatform.Core.Sources;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Benchmarks.Scenarios;

/// <summary>
/// 64 senders that each wait until their event is committed: the inbox's shared commits beside pgbench's prepared single-row
/// insert into the same table with the same indexes, and beside one insert for each request. Without HTTP on either side.
/// </summary>
internal sealed class DurableInsert : IScenario
{
    const int Senders = 64;
    static readonly TimeSpan Length = TimeSpan.FromSeconds(4);

    public static string Name => "insert";

    public static async Task RunAsync(Report report)
    {
        await using var cluster = new PostgresCluster(durable: true);
        var login = await cluster.CreateDatabaseAsync();
        await using var database = DatabaseSetup.BuildDataSource(login.App + ";Maximum Pool Size=80");
        await using var inbox = new RawEventInbox(database, NullLogger<RawEventInbox>.Instance);
        var folder = Machine.NewFolder();
        try
        {
            var script = Path.Combine(folder, "insert.sql");
            await File.WriteAllTextAsync(script, $"insert into raw_events (id, source_id, dedupe_key, kind, expires_at) values (gen_random_uuid(), '{Source.UploadId}', gen_random_uuid()::text, 'call.ended', app_now() + interval '30 days') on conflict (source_id, dedupe_key) do nothing;\n");
            var p99 = new Dictionary<string, List<double>> { ["inbox"] = [], ["insert for each"] = [] };
            var speeds = await new Contest("events committed", "1/s")
                .Add("inbox", () => SendAsync(p99["inbox"], e => inbox.AppendAsync(e, default)))
                .Add("insert for each request", () => SendAsync(p99["insert for each"], e => InsertAsync(database, e)))
                .Add("pgbench, prepared", () => PgbenchAsync(login.App, script))
                .RunAsync(report);
            report.AtLeast("inbox / pgbench", speeds["inbox"] / speeds["pgbench, prepared"], 1.3);
            report.AtLeast("inbox / insert for each request", speeds["inbox"] / speeds["insert for each request"], 2.5);
            report.AtMost("p99: inbox / insert for each request", Middle(p99["inbox"]) / Middle(p99["insert for each"]), 0.5);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
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
                await send(new IncomingEvent(Source.UploadId, Guid.CreateVersion7().ToString("N"), "call.ended"));
                mine.Add(Stopwatch.GetElapsedTime(sent).TotalMilliseconds);
            }
            return mine;
        })));
        var all = latencies.SelectMany(l => l).Order().ToList();
        p99.Add(all[all.Count * 99 / 100]);
        return all.Count / started.Elapsed.TotalSeconds;
    }

    static async Task InsertAsync(NpgsqlDataSource database, IncomingEvent incoming)
    {
        await using var connection = await database.OpenConnectionAsync();
        await using var command = new NpgsqlCommand(
            "insert into raw_events (id, source_id, dedupe_key, kind, expires_at) values ($1, $2, $3, $4, app_now() + interval '30 days') on conflict (source_id, dedupe_key) do nothing", connection)
        {
            Parameters = { new() { Value = Guid.CreateVersion7() }, new() { Value = incoming.SourceId }, new() { Value = incoming.DedupeKey }, new() { Value = incoming.Kind } },
        };
        await command.PrepareAsync();
        await command.ExecuteNonQueryAsync();
    }

    static async Task<double> PgbenchAsync(string login, string script)
    {
        var at = new NpgsqlConnectionStringBuilder(login);
        // The password is a test database's own; pgbench takes it from its environment.
        var said = await Run.ToEndAsync("env", $"PGPASSWORD={at.Password}", Programs.Find("pgbench", Directory.GetDirectories("/usr/lib/postgresql").Select(d => Path.Combine(d, "bin"))),
            "--no-vacuum", "--protocol=prepared", $"--client={Senders}", "--jobs=2", $"--time={Length.TotalSeconds:0}", $"--file={script}",
            "--host=127.0.0.1", $"--port={at.Port}", $"--username={at.Username}", at.Database!);
        var line = said.Split('\n').Single(l => l.StartsWith("tps = ", StringComparison.Ordinal));
        return double.Parse(line.Split(' ')[2], CultureInfo.InvariantCulture);
    }

    static double Middle(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
