using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;

namespace RecordingPlatform.Core.Ingest;

/// <summary>What a source reports, before anything is made of it.</summary>
/// <param name="SourceId">A known source.</param>
/// <param name="DedupeKey">The same for every delivery of one event.</param>
/// <param name="Kind">The event's name as the source calls it.</param>
public sealed record IncomingEvent(Guid SourceId, string DedupeKey, string Kind);

/// <summary>What became of an event that is now durable.</summary>
/// <param name="EventId">The id of its row, or of the row of its first delivery.</param>
/// <param name="IsFirst">False for a repeated delivery.</param>
public readonly record struct AppendedEvent(Guid EventId, bool IsFirst);

/// <summary>
/// Takes what sources report. An event is durable when <see cref="AppendAsync"/> answers, and exists once however often it is
/// delivered, to whichever replica. Events that arrive while a commit is under way share the next one, so a burst costs few
/// commits and a single event waits for nobody.
/// </summary>
public sealed partial class RawEventInbox : IAsyncDisposable
{
    // A commit of this many takes about as long as the sender of the first of them waits anyway.
    const int MaxTogether = 512;

    /// <summary>Bodies are kept 30 days, and an event no longer than its body.</summary>
    static readonly TimeSpan Kept = TimeSpan.FromDays(30);

    const string Insert = """
        insert into raw_events (id, source_id, dedupe_key, kind, expires_at)
        select id, source_id, dedupe_key, kind, app_now() + @kept
        from unnest(@ids, @sources, @keys, @kinds) as event (id, source_id, dedupe_key, kind)
        on conflict (source_id, dedupe_key) do nothing
        """;

    // Asked only when some of a batch were there already: which row is theirs.
    const string Find = """
        select asked.place, known.id
        from unnest(@ids, @sources, @keys) with ordinality as asked (id, source_id, dedupe_key, place)
        join raw_events known on known.source_id = asked.source_id and known.dedupe_key = asked.dedupe_key
        where known.id <> asked.id
        """;

    readonly NpgsqlDataSource _database;
    readonly Channel<Waiting> _waiting = Channel.CreateBounded<Waiting>(new BoundedChannelOptions(8 * MaxTogether) { SingleReader = true });
    readonly ILogger _logger;
    readonly Task _writing;

    public RawEventInbox(NpgsqlDataSource database, ILogger<RawEventInbox> logger)
    {
        (_database, _logger) = (database, logger);
        _writing = Task.Run(WriteAsync);
    }

    /// <summary>Answers once the event is committed.</summary>
    /// <exception cref="NpgsqlException">The database did not take it: nothing is promised, and the source may deliver again.</exception>
    public async Task<AppendedEvent> AppendAsync(IncomingEvent incoming, CancellationToken ct)
    {
        var waiting = new Waiting(Guid.CreateVersion7(), incoming);
        await _waiting.Writer.WriteAsync(waiting, ct);
        // The row may be on its way: who gives up learns nothing, and a second delivery meets the first.
        return await waiting.Done.Task.WaitAsync(ct);
    }

    async Task WriteAsync()
    {
        var batch = new List<Waiting>(MaxTogether);
        while (await _waiting.Reader.WaitToReadAsync())
        {
            batch.Clear();
            while (batch.Count < MaxTogether && _waiting.Reader.TryRead(out var next))
                batch.Add(next);
            await CommitAsync(batch);
        }
    }

    async Task CommitAsync(IReadOnlyList<Waiting> batch)
    {
        try
        {
            var known = await InsertAsync(batch);
            for (var i = 0; i < batch.Count; i++)
                batch[i].Done.SetResult(known.TryGetValue(i, out var first) ? new(first, IsFirst: false) : new(batch[i].Id, IsFirst: true));
        }
        catch (Exception e) when (batch.Count > 1 && !IsDatabaseAway(e))
        {
            // One of them cannot be stored: alone, it fails alone.
            foreach (var waiting in batch)
                await CommitAsync([waiting]);
        }
        catch (Exception e)
        {
            // The edge of the loop: whatever it was, those who wait learn of it, and the next ones are taken.
            if (!IsDatabaseAway(e))
                Log.Refused(_logger, e, batch[0].Id);
            foreach (var waiting in batch)
                waiting.Done.SetException(e);
        }
    }

    // Then every one of a batch would fail in the same way, each after its own time-out.
    static bool IsDatabaseAway(Exception e) => e is TimeoutException or NpgsqlException { IsTransient: true } or (NpgsqlException and not PostgresException);

    /// <summary>Commits a batch and returns, by place, the ids of events that were there before.</summary>
    async Task<Dictionary<int, Guid>> InsertAsync(IReadOnlyList<Waiting> batch)
    {
        var ids = batch.Select(w => w.Id).ToArray();
        var sources = batch.Select(w => w.Event.SourceId).ToArray();
        var keys = batch.Select(w => w.Event.DedupeKey).ToArray();
        var kinds = batch.Select(w => w.Event.Kind).ToArray();
        var known = new Dictionary<int, Guid>();

        await using var connection = await _database.OpenConnectionAsync();
        await using (var insert = new NpgsqlCommand(Insert, connection))
        {
            insert.Parameters.Add(new("ids", NpgsqlDbType.Array | NpgsqlDbType.Uuid) { Value = ids });
            insert.Parameters.Add(new("sources", NpgsqlDbType.Array | NpgsqlDbType.Uuid) { Value = sources });
            insert.Parameters.Add(new("keys", NpgsqlDbType.Array | NpgsqlDbType.Text) { Value = keys });
            insert.Parameters.Add(new("kinds", NpgsqlDbType.Array | NpgsqlDbType.Text) { Value = kinds });
            insert.Parameters.Add(new("kept", NpgsqlDbType.Interval) { Value = Kept });
            await insert.PrepareAsync();
            if (await insert.ExecuteNonQueryAsync() == batch.Count)
                return known;
        }

        // Committed. Some had been delivered before, perhaps within this batch.
        await using var find = new NpgsqlCommand(Find, connection);
        find.Parameters.Add(new("ids", NpgsqlDbType.Array | NpgsqlDbType.Uuid) { Value = ids });
        find.Parameters.Add(new("sources", NpgsqlDbType.Array | NpgsqlDbType.Uuid) { Value = sources });
        find.Parameters.Add(new("keys", NpgsqlDbType.Array | NpgsqlDbType.Text) { Value = keys });
        await using var rows = await find.ExecuteReaderAsync();
        while (await rows.ReadAsync())
            known[(int)rows.GetInt64(0) - 1] = rows.GetGuid(1);
        return known;
    }

    /// <summary>Takes no more, and ends when what was taken is committed.</summary>
    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await _writing;
    }

    static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "The incoming event {EventId} could not be stored; its sender was told")]
        public static partial void Refused(ILogger logger, Exception e, Guid eventId);
    }

    sealed class Waiting(Guid id, IncomingEvent incoming)
    {
        public Guid Id => id;

        public IncomingEvent Event => incoming;

        public TaskCompletionSource<AppendedEvent> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
