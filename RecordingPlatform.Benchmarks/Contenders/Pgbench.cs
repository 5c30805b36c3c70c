using System.Globalization;
using Npgsql;
using RecordingPlatform.Benchmarks.Measuring;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Benchmarks.Contenders;

/// <summary>PostgreSQL's own load: 64 clients, each a prepared insert of one event, as large as ours, into the same table with the same indexes.</summary>
internal sealed class Pgbench(string login, Guid source, Guid master) : IDisposable
{
    static readonly TimeSpan Length = TimeSpan.FromSeconds(4);

    readonly string _folder = Machine.NewFolder();

    /// <summary>Commits in a second.</summary>
    public async Task<double> RunAsync()
    {
        var script = Path.Combine(_folder, "insert.sql");
        await File.WriteAllTextAsync(script, $"""
            insert into raw_events (id, source_id, dedupe_key, kind, body, body_master_key_id, expires_at) values (gen_random_uuid(), '{source}', gen_random_uuid()::text, 'call_started', decode(repeat('a7', 230), 'hex'), '{master}', app_now() + interval '30 days') on conflict (source_id, dedupe_key) do nothing;

            """);
        var at = new NpgsqlConnectionStringBuilder(login);
        // The password is a test database's own; pgbench takes it from its environment.
        var said = await Run.ToEndAsync("env", $"PGPASSWORD={at.Password}", Programs.Find("pgbench", Directory.GetDirectories("/usr/lib/postgresql").Select(d => Path.Combine(d, "bin"))),
            "--no-vacuum", "--protocol=prepared", $"--client={WebhookLoad.Senders}", "--jobs=2", $"--time={Length.TotalSeconds:0}", $"--file={script}",
            "--host=127.0.0.1", $"--port={at.Port}", $"--username={at.Username}", at.Database!);
        var line = said.Split('\n').Single(l => l.StartsWith("tps = ", StringComparison.Ordinal));
        return double.Parse(line.Split(' ')[2], CultureInfo.InvariantCulture);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
