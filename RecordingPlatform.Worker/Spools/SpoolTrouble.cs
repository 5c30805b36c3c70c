using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Events;
using RecordingPlatform.Core.Recordings;
using RecordingPlatform.Core.Sources;

namespace RecordingPlatform.Worker.Spools;

/// <summary>
/// Writes down why a spool could not be read, where people find it: beside what is expected, and in the log. A call is never
/// given up for it. A PBX that shows another host key is not asked again before a person has looked.
/// </summary>
sealed partial class SpoolTrouble(RecordingDb db, OpenSpools spools, ILogger<SpoolTrouble> logger)
{
    /// <summary>How soon a change of a stopped source is noticed.</summary>
    public static readonly TimeSpan StoppedPause = TimeSpan.FromSeconds(15);

    static readonly TimeSpan OfOnePath = TimeSpan.FromSeconds(30);

    // Nobody's day of being looked for runs out while nobody could look.
    static readonly TimeSpan Longer = TimeSpan.FromHours(1);

    /// <summary>Whether the source stands still since its host key changed.</summary>
    public async Task<bool> StandsStillAsync(Source source, CancellationToken ct)
    {
        if (await db.RetrievalStops.AsNoTracking().SingleOrDefaultAsync(s => s.SourceId == source.Id, ct) is not { } stop)
            return false;
        if (stop.StandsFor(source))
            return true;
        if (await db.RetrievalStops.Where(s => s.SourceId == source.Id && s.SettingsAt == stop.SettingsAt).ExecuteDeleteAsync(ct) == 1)
            Log.GoesOn(logger, source.Id);
        return false;
    }

    /// <summary>Notes it for these expectations. Trouble with one path leaves the source's others alone.</summary>
    /// <returns>How long to wait before the next try.</returns>
    public async Task<TimeSpan> NoteAsync(Source source, SpoolException failure, Guid[] expectations, CancellationToken ct)
    {
        var ofAll = failure.Fault is SpoolFault.HostKey or SpoolFault.Settings or SpoolFault.Unreachable;
        var (times, pause) = ofAll ? spools.Failed(source) : (1, OfOnePath);
        var isNew = ofAll || expectations.Length == 0 || await db.Expectations.AnyAsync(e => expectations.Contains(e.Id) && e.State != ExpectationState.Received && e.LastProblem != failure.Message, ct);
        // Of what was received nothing is missing: only further files are looked for.
        await db.Database.ExecuteSqlAsync($"""
            update expectations set last_problem = case when state = 'received' then last_problem else {failure.Message} end, look_at = greatest(look_at, app_now() + {pause}), look_until = greatest(look_until, app_now() + {Longer})
            where id = any({expectations}) and look_at is not null
            """, ct);
        if (failure.Fault == SpoolFault.HostKey)
            await StopAsync(source, failure.Message, ct);
        else if (isNew && (times == 1 || times % 20 == 0))
            Log.Unreadable(logger, source.Id, failure.Fault, times);
        return pause;
    }

    async Task StopAsync(Source source, string reason, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var stopped = await db.Database.ExecuteSqlAsync($"""
            insert into retrieval_stops (source_id, settings_at, reason) values ({source.Id}, {source.UpdatedAt}, {reason})
            on conflict (source_id) do update set settings_at = excluded.settings_at, reason = excluded.reason, stopped_at = app_now()
            where retrieval_stops.settings_at <> excluded.settings_at
            """, ct);
        if (stopped == 0)
            return;
        db.Events.Add(new EventRow { Kind = "source.changed", Data = JsonSerializer.Serialize(new { source_id = source.Id, retrieval = "stopped" }) });
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        Log.HostKey(logger, source.Id);
    }

    static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "The PBX of source {SourceId} shows another host key than the pinned one: nothing is fetched from it until its host key is pinned anew or the source is changed. Its page and what is missing from it say which key was shown")]
        public static partial void HostKey(ILogger logger, Guid sourceId);

        [LoggerMessage(2, LogLevel.Warning, "The spool of source {SourceId} cannot be read ({Fault}, {Failures} times in a row); what is missing from it says why. It is tried again, less and less often")]
        public static partial void Unreadable(ILogger logger, Guid sourceId, SpoolFault fault, int failures);

        [LoggerMessage(3, LogLevel.Information, "Source {SourceId} was changed: its spool is looked at again")]
        public static partial void GoesOn(ILogger logger, Guid sourceId);
    }
}
