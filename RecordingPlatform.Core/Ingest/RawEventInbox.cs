using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;
using RecordingPlatform.Core.Keys;

namespace RecordingPlatform.Core.Ingest;

/// <summary>What a source reports, before anything is made of it.</summary>
/// <param name="SourceId">A known source.</param>
/// <param name="DedupeKey">The same for every delivery of one event.</param>
/// <param name="Kind">The event's name as the source calls it.</param>
/// <param name="Body">What it said; stored sealed. Kept by the caller until the event is taken.</param>
public sealed record IncomingEvent(Guid SourceId, string DedupeKey, string Kind, ReadOnlyMemory<byte> Body);

/// <summary>What became of an event that is now durable.</summary>
/// <param name="EventId">The id of its row, or of the row of its first delivery.</param>
/// <param name="IsFirst">False for a repeated delivery.</param>
public readonly record struct AppendedEvent(Guid EventId, bool IsFirst);

/// <summary>
/// Takes what sources report. An event is durable when <see cref="AppendAsync"/> answers, and exists once however often it is
/// delivered, to whichever replica; its body lies sealed beside it. Events that arrive while a commit is under way share the next one, so a burst costs few
/// commits and a single event waits for nobody.
/// </summary>
public sealed partial class RawEventInbox : IAsyncDisposable
{
    // A commit of this many takes about as long as the sender of the first of them waits anyway.
    const int MaxTogether = 512;

    /// <summary>Notified after a commit that brought events.</summary>
    public const string HintChannel = "raw_events_received";

    static readonly TimeSpan HintEvery = TimeSpan.FromMilliseconds(50);

    /// <summary>Bodies are kept 30 days, and an event no longer than its body.</summary>
    static readonly TimeSpan Kept = TimeSpan.FromDays(30);

    const string Insert = """
        insert into raw_events (id, source_id, dedupe_key, kind, body, body_master_key_id, expires_at)
        select id, source_id, dedupe_key, kind, body, @master, app_now() + @kept
        from unnest(@ids, @sources, @keys, @kinds, @bodies) as event (id, source_id, dedupe_key, kind, body)
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
    readonly EnvelopeKeys _keys;
    readonly Channel<Waiting> _waiting = Channel.CreateBounded<Waiting>(new BoundedChannelOptions(8 * MaxTogether) { SingleReader = true });
    readonly TimeProvider _clock;
    readonly ILogger _logger;
    readonly Task _writing;
    long? _hintedAt;

    public RawEventInbox(NpgsqlDataSource database, EnvelopeKeys keys, TimeProvider clock, ILogger<RawEventInbox> logger)
    {
        (_database, _keys, _clock, _logger) = (database, keys, clock, logger);
        _writing = Task.Run(WriteAsync);
    }

    /// <summary>Answers once the event is committed.</summary>
    /// <exception cref="NpgsqlException">The database did not take it: nothing is promised, and the source may deliver again.</exception>
    /// <exception cref="KekDeniedException">The KEK denies: what cannot be sealed is not taken.</exception>
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
    static bool IsDatabaseAway(Exception e) => e is TimeoutException or KeyUnavailableException or NpgsqlException { IsTransient: true } or (NpgsqlException and not PostgresException);

    /// <summary>Commits a batch and returns, by place, the ids of events that were there before.</summary>
    async Task<Dictionary<int, Guid>> InsertAsync(IReadOnlyList<Waiting> batch)
    {
        var ids = batch.Select(w => w.Id).ToArray();
        var sources = batch.Select(w => w.Event.SourceId).ToArray();
        var keys = batch.Select(w => w.Event.DedupeKey).ToArray();
        var kinds = batch.Select(w => w.Event.Kind).ToArray();
        var known = new Dictionary<int, Guid>();
        var (master, bodies) = await _keys.SealAsync("raw_events", [.. batch.Select(w => (w.Id, w.Event.Body))], CancellationToken.None);

        await using var connection = await _database.OpenConnectionAsync();
        await using (var insert = new NpgsqlCommand(Insert, connection))
        {
            insert.Parameters.Add(new("ids", NpgsqlDbType.Array | NpgsqlDbType.Uuid) { Value = ids });
            insert.Parameters.Add(new("sources", NpgsqlDbType.Array | NpgsqlDbType.Uuid) { Value = sources });
            insert.Parameters.Add(new("keys", NpgsqlDbType.Array | NpgsqlDbType.Text) { Value = keys });
            insert.Parameters.Add(new("kinds", NpgsqlDbType.Array | NpgsqlDbType.Text) { Value = kinds });
            insert.Parameters.Add(new("bodies", NpgsqlDbType.Array | NpgsqlDbType.Bytea) { Value = bodies });
            insert.Parameters.Add(new("master", NpgsqlDbType.Uuid) { Value = master });
            insert.Parameters.Add(new("kept", NpgsqlDbType.Interval) { Value = Kept });
            await insert.PrepareAsync();
            var first = await insert.ExecuteNonQueryAsync();
            if (first > 0)
                await HintAsync(connection);
            if (first == batch.Count)
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

    // A burst needs one hint; whatever comes right behind it is found by the worker's next look, a second later at most.
    async Task HintAsync(NpgsqlConnection connection)
    {
        if (_hintedAt is { } last && _clock.GetElapsedTime(last) < HintEvery)
            return;
        _hintedAt = _clock.GetTimestamp();
        try
        {
            await using var notify = new NpgsqlCommand($"notify {HintChannel}", connection);
            await notify.ExecuteNonQueryAsync();
        }
        catch (NpgsqlException)
        {
            // What was committed stays so; the next use of the connection reports what is wrong with it.
        }
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
