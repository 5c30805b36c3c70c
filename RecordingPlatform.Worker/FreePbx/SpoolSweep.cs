using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.FreePbx;
using RecordingPlatform.Core.Ingest;
using RecordingPlatform.Core.Jobs;
using RecordingPlatform.Core.Keys;
using RecordingPlatform.Core.Recordings;
using RecordingPlatform.Core.Sources;
using RecordingPlatform.Worker.Spools;

namespace RecordingPlatform.Worker.FreePbx;

/// <summary>Has the spool of every PBX swept. Safe to run twice: of each source one sweep waits at a time.</summary>
sealed class SweepSpoolsHandler(RecordingDb db) : IJobHandler<SweepSpools>
{
    public static readonly TimeSpan Every = TimeSpan.FromMinutes(15);

    public async Task<JobOutcome> RunAsync(SweepSpools arguments, JobContext context, CancellationToken ct)
    {
        foreach (var id in await db.Sources.Where(s => s.Enabled && s.Kind == SourceKind.Freepbx).Select(s => s.Id).ToListAsync(ct))
            db.Enqueue(new SweepSpool { SourceId = id }, new JobOptions { Priority = JobOptions.LowPriority, UniqueKey = SweepSpool.KeyOf(id) });
        await db.SaveChangesAsync(ct);
        return JobOutcome.Done;
    }
}

/// <summary>
/// Finds recordings of calls that nobody reported, or that nobody looks for any more, in the folders of the last days. A call
/// that is not known becomes one, with nothing said of its parties. Safe to run twice, also beside a watch: sightings are
/// counted by path, calls are known by their unique id, a file is given away once.
/// </summary>
sealed partial class SweepSpoolHandler(RecordingDb db, OpenSpools spools, SpoolTrouble trouble, TimeProvider clock, ILogger<SweepSpoolHandler> logger) : IJobHandler<SweepSpool>
{
    // Between the two looks that show whether a file stands still.
    static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(4);

    /// <summary>By the PBX's clock. What is younger may be a call that lasts and is on hold, or one that is reported yet.</summary>
    static readonly TimeSpan Young = TimeSpan.FromMinutes(10);

    // Nothing more comes to a lone leg, or to a header without anything behind it, after so long.
    static readonly TimeSpan AsItIsAfter = WatchSchedule.Window;

    // Each enqueued key holds a lock to the end of its transaction.
    const int Batch = 200;

    const string WentOn = "The PBX went on writing a file of this call after it was taken in: the recording here lacks its end. The whole file lies in the PBX's folder; fetch it from there before the PBX deletes it, and upload it.";

    readonly SpoolNames _names = new();

    public async Task<JobOutcome> RunAsync(SweepSpool arguments, JobContext context, CancellationToken ct)
    {
        if (await db.Sources.AsNoTracking().SingleOrDefaultAsync(s => s.Id == arguments.SourceId && s.Enabled && s.Kind == SourceKind.Freepbx, ct) is not { } source)
            return JobOutcome.Done;
        // The next sweep comes by itself.
        if (await trouble.StandsStillAsync(source, ct) || spools.Rest(source) is not null)
            return JobOutcome.Done;
        try
        {
            await SweepAsync(source, ct);
            spools.Answered(source);
        }
        catch (KeyUnavailableException away)
        {
            return JobOutcome.Snooze(away.RetryAfter, "KeyUnavailable");
        }
        catch (SpoolException e)
        {
            await trouble.NoteAsync(source, e, [], ct);
        }
        return JobOutcome.Done;
    }

    async Task SweepAsync(Source source, CancellationToken ct)
    {
        var (spool, zone, days) = (await spools.OpenAsync(source, ct), OpenSpools.ZoneOf(source), OpenSpools.SettingsOf(source).SweepDays);
        foreach (var folder in MonitorFolder.Back(await db.NowAsync(ct), days, zone))
        {
            try
            {
                await SweepFolderAsync(source, spool, zone, folder, ct);
            }
            catch (SpoolException e) when (e.Fault is SpoolFault.Denied or SpoolFault.NotAFile)
            {
                await trouble.NoteAsync(source, e, [], ct);
            }
        }
    }

    async Task SweepFolderAsync(Source source, ISpool spool, TimeZoneInfo zone, string folder, CancellationToken ct)
    {
        if (await LookAsync(source, spool, folder, ct) is { Count: 0 })
            return;
        await Task.Delay(BetweenLooks, clock, ct);
        // Twice the whole folder and not each file: one listing costs less than a thousand questions.
        var files = await LookAsync(source, spool, folder, ct);
        var now = await db.NowAsync(ct);
        foreach (var ofCall in files.GroupBy(f => f.File.Name.UniqueId, StringComparer.Ordinal).Chunk(Batch))
        {
            await using var transaction = await db.Database.BeginTransactionAsync(ct);
            foreach (var call in ofCall.OrderBy(call => call.Key, StringComparer.Ordinal))
                await TakeAsync(source, zone, call.Key, [.. call], now, ct);
            await db.SaveChangesAsync(ct);
            await transaction.CommitAsync(ct);
            db.ChangeTracker.Clear();
        }
    }

    /// <summary>What is in the folder, belongs to no watched call and was not taken.</summary>
    async Task<List<(FoundFile File, KnownFile Known)>> LookAsync(Source source, ISpool spool, string folder, CancellationToken ct)
    {
        var entries = await spool.ListAsync(folder, ct);
        var files = _names.Recordings(folder, entries).Where(f => f.Entry.Kind == SpoolKind.File).ToList();
        if (entries.Count(e => e.Name is null || _names.Read(e.Name) is null) is > 0 and var strangers)
            Log.Strangers(logger, source.Id, strangers);
        var known = await SpoolBook.FindAsync(db, source.Id, [.. files.Select(f => f.Path)], ct);
        foreach (var (file, taken) in files.Select(f => (File: f, Known: known.GetValueOrDefault(f.Path))))
        {
            if (taken is { State: SpoolFileState.Taken, RecordingId: { } recording } && file.Entry.SizeBytes > taken.SizeBytes)
                await NoteGrowthAsync(source.Id, recording, taken.SizeBytes, file.Entry.SizeBytes, ct);
        }
        var open = files.Where(f => !known.TryGetValue(f.Path, out var file) || file.State == SpoolFileState.Seen).ToList();
        var watched = await WatchedAsync(source.Id, [.. open.Select(f => f.Name.UniqueId).Distinct()], ct);
        open.RemoveAll(f => watched.Contains(f.Name.UniqueId));
        var seen = await SpoolBook.SeeAsync(db, source.Id, [.. open.Select(f => f.Seen(null))], ct);
        return [.. open.Where(f => seen.TryGetValue(f.Path, out var file) && file.State == SpoolFileState.Seen).Select(f => (f, seen[f.Path]))];
    }

    /// <summary>Says it once, however many sweeps find it so.</summary>
    async Task NoteGrowthAsync(Guid sourceId, Guid recordingId, long takenBytes, long nowBytes, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var expectation = (await db.Expectations.FromSql($"""
            select e.* from expectations e join recordings r on r.conversation_id = e.conversation_id
            where r.id = {recordingId} and e.medium = 'audio' and e.external_id = '' for update of e
            """).ToListAsync(ct)).SingleOrDefault();
        if (expectation is null || expectation.LastProblem == WentOn)
            return;
        (expectation.LastProblem, expectation.UpdatedAt) = (WentOn, await db.NowAsync(ct));
        db.Events.Add(expectation.Changed());
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        db.ChangeTracker.Clear();
        Log.GrewAfterwards(logger, sourceId, recordingId, takenBytes, nowBytes);
    }

    async Task<HashSet<string>> WatchedAsync(Guid sourceId, string[] uniqueIds, CancellationToken ct) => [.. await db.Database.SqlQuery<string>($"""
        select k.key as "Value" from conversation_keys k join expectations e on e.conversation_id = k.conversation_id
        where k.source_id = {sourceId} and k.key = any({uniqueIds}) and e.look_at is not null and e.medium = 'audio' and e.external_id = ''
        """).ToListAsync(ct)];

    async Task TakeAsync(Source source, TimeZoneInfo zone, string uniqueId, List<(FoundFile File, KnownFile Known)> files, DateTimeOffset now, CancellationToken ct)
    {
        var isYoung = files.Any(f => f.File.Entry.ModifiedAt > now - Young);
        var isOld = files.All(f => f.Known.Still >= AsItIsAfter || f.File.Entry.ModifiedAt < now - AsItIsAfter);
        if (isYoung && !isOld)
            return;
        var finding = Finding.Judge([.. files.Select(f => f.File)], files.ToDictionary(f => f.Known.Path, f => f.Known, StringComparer.Ordinal), ended: true, isOld);
        if (finding.Fetches.Count == 0)
            return;
        var conversation = await ConversationAsync(source, zone, uniqueId, files[0].File.Name, ct);
        foreach (var fetch in finding.Fetches)
        {
            if (await SpoolBook.FetchAsync(db, source.Id, fetch, conversation, JobOptions.LowPriority, ct))
                Log.Found(logger, source.Id, conversation);
        }
    }

    async Task<Guid> ConversationAsync(Source source, TimeZoneInfo zone, string uniqueId, MonitorFileName name, CancellationToken ct)
    {
        if (await db.ConversationKeys.Where(k => k.SourceId == source.Id && k.Key == uniqueId).Select(k => (Guid?)k.ConversationId).SingleOrDefaultAsync(ct) is { } known)
            return known;
        var (conversation, _) = await new ConversationBook(db).WriteAsync(new ReportedConversation
        {
            SourceId = source.Id,
            Keys = [uniqueId],
            Kind = ConversationKind.Call,
            Direction = name.Direction,
            StartedAt = name.StartedAt(zone),
        }, ct);
        // There is a file of it: from here on it counts as expected, and as received once it is taken in.
        await db.Database.ExecuteSqlAsync($"""
            insert into expectations (id, conversation_id, source_id, medium, state, due_at) values ({Guid.CreateVersion7()}, {conversation.Id}, {source.Id}, 'audio', 'expected', app_now() + make_interval(mins => {OpenSpools.SettingsOf(source).DueAfterMinutes}))
            on conflict (conversation_id, medium, external_id) do nothing
            """, ct);
        return conversation.Id;
    }

    static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "The sweep of source {SourceId} found a recording of conversation {ConversationId} that nobody looked for")]
        public static partial void Found(ILogger logger, Guid sourceId, Guid conversationId);

        [LoggerMessage(3, LogLevel.Warning, "A file in the spool of source {SourceId} went on after it was taken in as recording {RecordingId}: it had {TakenBytes} bytes then and has {NowBytes} now. The rest is only on the PBX")]
        public static partial void GrewAfterwards(ILogger logger, Guid sourceId, Guid recordingId, long takenBytes, long nowBytes);

        [LoggerMessage(2, LogLevel.Debug, "{Count} names in a folder of the spool of source {SourceId} are no recordings")]
        public static partial void Strangers(ILogger logger, Guid sourceId, int count);
    }
}
