using Npgsql;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Events;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Events;

/// <summary>
/// A database in a cluster of its own: a transaction held open here stalls the sequencing of nobody else's events, and
/// nobody else's stalls these.
/// </summary>
internal sealed class EventBench : IAsyncDisposable
{
    readonly PostgresCluster _cluster = new();
    NpgsqlDataSource _owner = null!;

    public NpgsqlDataSource App { get; private set; } = null!;

    public EventSequencer Sequencer { get; private set; } = null!;

    public static async Task<EventBench> OpenAsync()
    {
        var bench = new EventBench();
        var database = await bench._cluster.CreateDatabaseAsync();
        // Not pooled, because a server process counts what it read when its client leaves.
        bench.App = DatabaseSetup.BuildDataSource(database.App + ";Pooling=false");
        bench._owner = DatabaseSetup.BuildDataSource(database.Owner);
        bench.Sequencer = new EventSequencer(bench.App);
        return bench;
    }

    /// <summary>Numbers everything that can be numbered.</summary>
    public async Task<int> SequenceAsync()
    {
        var all = 0;
        for (int some; (some = (await Sequencer.StepAsync(default)).Numbered) > 0;)
            all += some;
        return all;
    }

    public static async Task AddAsync(NpgsqlConnection connection, string kind)
    {
        await using var insert = new NpgsqlCommand("insert into events (kind) values ($1)", connection);
        insert.Parameters.Add(new() { Value = kind });
        await insert.ExecuteNonQueryAsync();
    }

    public async Task OwnerAsync(string sql)
    {
        await using var command = _owner.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>The kinds in the order of their numbers.</summary>
    public async Task<List<string>> KindsAsync() =>
        (await RowsAsync("select s.seq, e.kind from event_seq s join events e on e.id = s.event_id and e.at = s.event_at order by s.seq")).ConvertAll(r => r.Kind);

    public async Task<List<(long Seq, string Kind)>> RowsAsync(string sql)
    {
        await using var command = App.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<(long, string)>();
        while (await reader.ReadAsync())
            rows.Add((reader.GetInt64(0), reader.GetString(1)));
        return rows;
    }

    /// <summary>Rows of the table events that any statement has read so far, by any way.</summary>
    public async Task<long> EventRowsReadAsync()
    {
        await using var command = App.CreateCommand("select sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::bigint from pg_stat_all_tables where relname like 'events\\_%'");
        return (long)(await command.ExecuteScalarAsync())!;
    }

    public async ValueTask DisposeAsync()
    {
        await App.DisposeAsync();
        await _owner.DisposeAsync();
        await _cluster.DisposeAsync();
    }
}
