using Npgsql;
using NpgsqlTypes;

namespace RecordingPlatform.Core.Events;

/// <summary>What one step of the sequencer came to.</summary>
/// <param name="Numbered">How many events got their number.</param>
/// <param name="Waiting">Age of the oldest event without one; zero when there is none.</param>
public readonly record struct SequencingStep(int Numbered, TimeSpan Waiting);

/// <summary>
/// Gives committed events their public numbers: gapless, in the order (epoch, xid, id), and never before a row that could
/// still appear (FORMAT.md). Any number of these may run at once: one holds the lock, the others do nothing.
/// </summary>
public sealed class EventSequencer(NpgsqlDataSource source)
{
    /// <summary>In one transaction: few enough that it is over before anybody waits for it.</summary>
    public const int MostAtOnce = 10_000;

    const string Lock = "select pg_try_advisory_xact_lock(hashtextextended('events sequencer', 0))";

    // The row that got the last number; its own columns say where the next one begins.
    const string Last = """
        select s.seq, e.epoch, e.xid, e.id
        from (select seq, event_id, event_at from event_seq order by seq desc limit 1) s
        left join events e on e.id = s.event_id and e.at = s.event_at
        """;

    // Both ends are conditions on the index events_order: neither what has a number nor what must wait is walked through.
    // One statement, so that the rows and the oldest open transaction are seen by one snapshot.
    const string Number = """
        insert into event_seq (seq, event_id, event_at)
        select $1 + row_number() over (order by e.epoch, e.xid, e.id), e.id, e.at
        from (
            select epoch, xid, id, at from events
            where (epoch, xid, id) > ($2, $3, $4)
              and (epoch, xid) < ((select current_epoch()), (select pg_snapshot_xmin(pg_current_snapshot())))
            order by epoch, xid, id limit $5
        ) e
        """;

    const string Oldest = """
        select app_now() - at from events where (epoch, xid, id) > ($1, $2, $3) order by epoch, xid, id limit 1
        """;

    readonly record struct Place(long Seq, int Epoch, ulong Xid, long Id);

    /// <summary>Numbers up to <see cref="MostAtOnce"/> events. Safe to stop at any point: a step is one transaction.</summary>
    /// <exception cref="SequencePlaceLostException">The event that got the last number is gone.</exception>
    public async Task<SequencingStep> StepAsync(CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        var numbered = await NumberAsync(connection, ct);
        // What is left now waits for an open transaction, or for the next step.
        var place = await LastAsync(connection, null, ct);
        await using var oldest = new NpgsqlCommand(Oldest, connection);
        Add(oldest, place);
        var waiting = await oldest.ExecuteScalarAsync(ct) is TimeSpan age && age > TimeSpan.Zero ? age : TimeSpan.Zero;
        return new(numbered, waiting);
    }

    static async Task<int> NumberAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await using var tryLock = new NpgsqlCommand(Lock, connection, transaction);
        if (await tryLock.ExecuteScalarAsync(ct) is not true)
            return 0;
        // Statements of their own, after the lock: their snapshots see what its last holder committed.
        var place = await LastAsync(connection, transaction, ct);
        await using var number = new NpgsqlCommand(Number, connection, transaction);
        number.Parameters.Add(new() { Value = place.Seq });
        Add(number, place);
        number.Parameters.Add(new() { Value = (long)MostAtOnce });
        var numbered = await number.ExecuteNonQueryAsync(ct);
        await transaction.CommitAsync(ct);
        if (numbered > 0)
        {
            await using var notify = new NpgsqlCommand($"notify {EventChannels.Sequenced}", connection);
            await notify.ExecuteNonQueryAsync(ct);
        }
        return numbered;
    }

    static async Task<Place> LastAsync(NpgsqlConnection connection, NpgsqlTransaction? transaction, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(Last, connection, transaction);
        await using var reader = await command.ExecuteReaderAsync(ct);
        if (!await reader.ReadAsync(ct))
            return default;
        var seq = reader.GetInt64(0);
        return reader.IsDBNull(3) ? throw new SequencePlaceLostException(seq)
            : new(seq, reader.GetInt32(1), reader.GetFieldValue<ulong>(2), reader.GetInt64(3));
    }

    static void Add(NpgsqlCommand command, Place place)
    {
        command.Parameters.Add(new() { Value = place.Epoch });
        command.Parameters.Add(new() { Value = place.Xid, NpgsqlDbType = NpgsqlDbType.Xid8 });
        command.Parameters.Add(new() { Value = place.Id });
    }
}

/// <summary>The event behind the last number is no longer there: where to go on from cannot be known, and guessing would number events twice.</summary>
public sealed class SequencePlaceLostException(long seq)
    : Exception($"The event numbered {seq}, the last one, is not in the table events: its partition must be kept until a later event has a number.")
{
    public long Seq { get; } = seq;
}
