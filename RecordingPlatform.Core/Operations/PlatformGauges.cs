using System.Diagnostics.Metrics;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Jobs;
using RecordingPlatform.Core.Sources;

namespace RecordingPlatform.Core.Operations;

/// <summary>
/// What the database says about the platform, as gauges. Read at most every <see cref="Fresh"/>, and what takes a walk
/// through all objects at most every <see cref="StorageFresh"/>, however often somebody asks: scraping cannot load the database.
/// Each api and worker serves them; they say the same, so take the maximum over instances, not the sum.
/// </summary>
public sealed class PlatformGauges : IDisposable
{
    public const string MeterName = "RecordingPlatform.State";

    public static readonly TimeSpan Fresh = TimeSpan.FromSeconds(15);

    public static readonly TimeSpan StorageFresh = TimeSpan.FromMinutes(5);

    // Counted no further: an alarm needs no more, and the count stays cheap on the day that it matters.
    const int MostCounted = 100_000;

    readonly IDbContextFactory<RecordingDb> _databases;
    readonly TimeProvider _clock;
    readonly Meter _meter = new(MeterName);
    readonly SemaphoreSlim _reading = new(1);
    volatile State? _state;
    volatile IReadOnlyList<Stored> _stored = [];
    long? _readAt;
    long? _storedAt;

    sealed record State(JobDepth Queue, double SealingLag, long OverdueRetention, long Missing, long StoppedSources, long Workers);

    sealed record Stored(string Tier, string Role, long Objects, long Bytes);

    /// <param name="Tier">hot, cool, cold or archive.</param>
    /// <param name="Objects">How many objects lie there.</param>
    /// <param name="Bytes">Their sealed bytes.</param>
    public sealed record TierSize(string Tier, long Objects, long Bytes);

    public PlatformGauges(IDbContextFactory<RecordingDb> databases, TimeProvider clock)
    {
        (_databases, _clock) = (databases, clock);
        _meter.CreateObservableGauge("recording.database.readable", () => _state is null ? 0 : 1, description: "1 when the last reading of these gauges succeeded; the others are absent when it did not");
        _meter.CreateObservableGauge("recording.queue.depth", ReadQueue, "{job}", "Jobs by state: due, later, running, dead");
        Gauge("recording.queue.oldest", "s", "How long the oldest due job has waited", s => s.Queue.LongestWait.TotalSeconds);
        Gauge("recording.sealing.lag", "s", "Age of the oldest audit row that is not in the Merkle tree yet", s => s.SealingLag);
        Gauge("recording.retention.overdue", "{object}", $"Objects past their retention that are neither held nor marked for deletion; counted to {MostCounted}", s => s.OverdueRetention);
        Gauge("recording.missing", "{recording}", $"Recordings that should exist by now and do not; counted to {MostCounted}", s => s.Missing);
        Gauge("recording.sources.stopped", "{source}", "Sources from which nothing is fetched until a person has looked: they show another host key than the pinned one", s => s.StoppedSources);
        Gauge("recording.workers", "{worker}", "Workers that reported within the last minute", s => s.Workers);
        _meter.CreateObservableGauge("recording.storage.size", () => _stored.Select(s => new Measurement<long>(s.Bytes, Tags(s))), "By", "Sealed bytes in the object store, by tier and role");
        _meter.CreateObservableGauge("recording.storage.objects", () => _stored.Select(s => new Measurement<long>(s.Objects, Tags(s))), "{object}", "Objects in the store, by tier and role");
    }

    void Gauge(string name, string unit, string description, Func<State, double> read) =>
        _meter.CreateObservableGauge(name, () => _state is { } state ? [new Measurement<double>(read(state))] : Array.Empty<Measurement<double>>(), unit, description);

    /// <summary>Reads again what is not fresh. A database that does not answer leaves the gauges absent, never old.</summary>
    public async Task RefreshAsync(CancellationToken ct)
    {
        await _reading.WaitAsync(ct);
        try
        {
            if (_readAt is { } last && _clock.GetElapsedTime(last) < Fresh)
                return;
            await using var db = await _databases.CreateDbContextAsync(ct);
            // A scraper gives up after ten seconds; so does this.
            db.Database.SetCommandTimeout(TimeSpan.FromSeconds(8));
            try
            {
                _state = await ReadStateAsync(db, ct);
                // Nothing is counted quickly, and the first objects are worth seeing soon.
                if (_stored is [] || _storedAt is not { } storedAt || _clock.GetElapsedTime(storedAt) >= StorageFresh)
                {
                    _stored = await ReadStorageAsync(db, ct);
                    _storedAt = _clock.GetTimestamp();
                }
            }
            catch (Exception e) when (e is NpgsqlException or TimeoutException or InvalidOperationException { InnerException: NpgsqlException })
            {
                (_state, _stored, _storedAt) = (null, [], null);
            }
            _readAt = _clock.GetTimestamp();
        }
        finally
        {
            _reading.Release();
        }
    }

    /// <summary>What lies in the store by tier, at most <see cref="StorageFresh"/> old; null when the database did not answer.</summary>
    public async Task<IReadOnlyList<TierSize>?> ReadTiersAsync(CancellationToken ct)
    {
        await RefreshAsync(ct);
        return _state is null ? null : [.. _stored.GroupBy(s => s.Tier).Select(t => new TierSize(t.Key, t.Sum(s => s.Objects), t.Sum(s => s.Bytes)))];
    }

    IEnumerable<Measurement<long>> ReadQueue() => _state is not { } state ? [] :
    [
        new(state.Queue.Due, new KeyValuePair<string, object?>("state", "due")),
        new(state.Queue.Later, new KeyValuePair<string, object?>("state", "later")),
        new(state.Queue.Running, new KeyValuePair<string, object?>("state", "running")),
        new(state.Queue.Dead, new KeyValuePair<string, object?>("state", "dead")),
    ];

    static KeyValuePair<string, object?>[] Tags(Stored stored) => [new("tier", stored.Tier), new("role", stored.Role)];

    static async Task<State> ReadStateAsync(RecordingDb db, CancellationToken ct) => new(
        await JobQueue.DepthAsync(db, ct),
        await db.Database.SqlQuery<double>($"""
            with last as (select a.epoch, a.xid, a.id from audit_leaves l join audit a on a.id = l.audit_id and a.at = l.audit_at order by l.leaf_index desc limit 1),
                 oldest as (select a.at from audit a where not exists (select from last) or (a.epoch, a.xid, a.id) > (select epoch, xid, id from last)
                            order by a.epoch, a.xid, a.id limit 1)
            select coalesce((select extract(epoch from greatest(interval '0', app_now() - at)) from oldest), 0)::double precision as "Value"
            """).SingleAsync(ct),
        await db.Database.SqlQuery<long>($"""
            select count(*) as "Value" from (
                select from objects o left join recordings r on r.id = o.recording_id
                where o.deletion = 'none' and o.retain_until < app_now() and not exists (select from holds h where h.released_at is null
                    and (h.target_kind, h.target_id) in (('recording', r.id), ('conversation', r.conversation_id), ('subject', r.subject_id)))
                limit {MostCounted}) overdue
            """).SingleAsync(ct),
        await db.Database.SqlQuery<long>($"""
            select count(*) as "Value" from (select from expectations where state in ('expected', 'late') and due_at < app_now() limit {MostCounted}) missing
            """).SingleAsync(ct),
        await RetrievalStop.Standing(db).LongCountAsync(ct),
        await db.Database.SqlQuery<long>($"""
            select count(*) as "Value" from worker_standings where reported_at > app_now() - {WorkerStanding.GoneAfter}
            """).SingleAsync(ct));

    static Task<List<Stored>> ReadStorageAsync(RecordingDb db, CancellationToken ct) => db.Database.SqlQuery<Stored>($"""
        select tier as "Tier", role as "Role", count(*) as "Objects", coalesce(sum(sealed_length), 0)::bigint as "Bytes"
        from objects where state = 'published' and deletion <> 'purged' group by tier, role
        """).ToListAsync(ct);

    public void Dispose()
    {
        _meter.Dispose();
        _reading.Dispose();
    }
}
