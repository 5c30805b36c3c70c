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

/// <summary>
/// Looks into a PBX's spool for the recordings of the calls that wait, each folder once for all of them, and gives what stands
/// still to <see cref="FetchSpoolFile"/>. Safe to run twice, also at once: sightings are counted by path, a file is given away
/// once, and a look that was overtaken by a report changes nothing of when to look next.
/// </summary>
sealed partial class SpoolWatch(RecordingDb db, OpenSpools spools, SpoolTrouble trouble, IHostApplicationLifetime lifetime, TimeProvider clock, ILogger<SpoolWatch> logger)
{
    /// <summary>A longer pause gives the slot back; whoever reports a call has the job woken.</summary>
    static readonly TimeSpan LongestHeldPause = TimeSpan.FromSeconds(10);

    /// <summary>More wait for the next look, the longest overdue first.</summary>
    const int CallsALook = 2000;

    /// <summary>In a line of the log.</summary>
    const int MostNamed = 5;

    readonly SpoolNames _names = new();

    sealed record DueRow(Guid ExpectationId, Guid ConversationId, string State, DateTimeOffset LookAt, DateTimeOffset LookFrom, bool IsLast, DateTimeOffset StartedAt, DateTimeOffset? EndedAt, DateTimeOffset Now, string[] Keys);

    public async Task<JobOutcome> RunAsync(Guid sourceId, CancellationToken ct)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct, lifetime.ApplicationStopping);
        while (!lifetime.ApplicationStopping.IsCancellationRequested)
        {
            db.ChangeTracker.Clear();
            if (await db.Sources.AsNoTracking().SingleOrDefaultAsync(s => s.Id == sourceId && s.Enabled && s.Kind == SourceKind.Freepbx, ct) is not { } source)
                return JobOutcome.Done;
            if (await trouble.StandsStillAsync(source, ct))
                return JobOutcome.Snooze(SpoolTrouble.StoppedPause, "HostKeyChanged");
            if (spools.Rest(source) is { } rest)
                return JobOutcome.Snooze(rest, "SpoolUnreadable");
            try
            {
                await LookAsync(source, ct);
            }
            catch (KeyUnavailableException away)
            {
                return JobOutcome.Snooze(away.RetryAfter, "KeyUnavailable");
            }
            if (await NextLookAsync(sourceId, ct) is not { } pause)
                return JobOutcome.Done;
            if (pause > LongestHeldPause)
                return JobOutcome.Snooze(pause, "RecordingNotThere");
            // No longer than a second: a call that is reported meanwhile is looked for at once.
            await Task.Delay(TimeSpan.FromSeconds(Math.Clamp(pause.TotalSeconds, 0.2, 1)), clock, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            ct.ThrowIfCancellationRequested();
        }
        return JobOutcome.HandBack;
    }

    async Task<TimeSpan?> NextLookAsync(Guid sourceId, CancellationToken ct) => (await db.Database.SqlQuery<TimeSpan?>($"""
        select min(look_at) - app_now() as "Value" from expectations where source_id = {sourceId} and look_at is not null and medium = 'audio' and external_id = ''
        """).ToListAsync(ct))[0];

    async Task LookAsync(Source source, CancellationToken ct)
    {
        var calls = await DueAsync(source.Id, ct);
        if (calls.Count == 0)
            return;
        try
        {
            var spool = await spools.OpenAsync(source, ct);
            var (files, unread) = await ListAsync(source, spool, calls, ct);
            spools.Answered(source);
            await ConcludeAsync(source, calls, files, unread, ct);
        }
        catch (SpoolException e)
        {
            await trouble.NoteAsync(source, e, [.. calls.Select(c => c.ExpectationId)], ct);
        }
    }

    async Task<List<WaitingCall>> DueAsync(Guid sourceId, CancellationToken ct)
    {
        var rows = await db.Database.SqlQuery<DueRow>($"""
            select e.id as "ExpectationId", e.conversation_id as "ConversationId", e.state as "State", e.look_at as "LookAt",
                   coalesce(e.look_from, e.created_at) as "LookFrom", coalesce(e.look_until <= app_now(), false) as "IsLast",
                   c.started_at as "StartedAt", c.ended_at as "EndedAt", app_now() as "Now",
                   array(select k.key from conversation_keys k where k.conversation_id = c.id union select c.external_id) as "Keys"
            from expectations e join conversations c on c.id = e.conversation_id
            where e.source_id = {sourceId} and e.look_at <= app_now() and e.medium = 'audio' and e.external_id = ''
            order by e.look_at limit {CallsALook}
            """).ToListAsync(ct);
        return [.. rows.Select(r => new WaitingCall
        {
            ExpectationId = r.ExpectationId,
            ConversationId = r.ConversationId,
            IsLate = r.State == SnakeCase.Of(ExpectationState.Late),
            IsReceived = r.State == SnakeCase.Of(ExpectationState.Received),
            LookAt = r.LookAt,
            Since = r.Now - r.LookFrom,
            IsLast = r.IsLast,
            LookFrom = r.LookFrom,
            StartedAt = r.StartedAt,
            EndedAt = r.EndedAt,
            Now = r.Now,
            Keys = r.Keys,
        })];
    }

    /// <summary>Every folder that a call may lie in, once. A folder that may not be read is about its calls only.</summary>
    async Task<(ILookup<string, FoundFile> ByUniqueId, Dictionary<Guid, SpoolException> Unread)> ListAsync(Source source, ISpool spool, List<WaitingCall> calls, CancellationToken ct)
    {
        var zone = OpenSpools.ZoneOf(source);
        var wanted = calls.SelectMany(call => call.Keys).ToHashSet(StringComparer.Ordinal);
        var found = new List<FoundFile>();
        var unread = new Dictionary<Guid, SpoolException>();
        var folders = calls.SelectMany(call => MonitorFolder.Of(call.StartedAt, call.EndedAt ?? call.Now, zone), (call, folder) => (call, folder)).ToLookup(pair => pair.folder, pair => pair.call, StringComparer.Ordinal);
        foreach (var folder in folders)
        {
            try
            {
                found.AddRange(_names.Recordings(folder.Key, await spool.ListAsync(folder.Key, ct)).Where(file => wanted.Contains(file.Name.UniqueId)));
            }
            catch (SpoolException e) when (e.Fault is SpoolFault.Denied or SpoolFault.NotAFile)
            {
                foreach (var call in folder)
                    unread[call.ExpectationId] = e;
            }
        }
        return (found.ToLookup(file => file.Name.UniqueId, StringComparer.Ordinal), unread);
    }

    async Task ConcludeAsync(Source source, List<WaitingCall> calls, ILookup<string, FoundFile> byUniqueId, Dictionary<Guid, SpoolException> unread, CancellationToken ct)
    {
        var ofCalls = calls.Where(call => !unread.ContainsKey(call.ExpectationId))
            .ToDictionary(call => call, call => call.Keys.SelectMany(key => byUniqueId[key]).ToList());
        var known = await SpoolBook.SeeAsync(db, source.Id, [.. ofCalls.SelectMany(pair => pair.Value.Where(f => f.Entry.Kind == SpoolKind.File).Select(f => f.Seen(pair.Key.ConversationId)))], ct);
        var looked = new Looks();
        foreach (var (call, files) in ofCalls)
        {
            var refused = await RefuseAsync(source.Id, call, files, ct);
            var finding = Finding.Judge(files, known, call.EndedAt is not null, call.IsLast);
            await FetchAsync(source.Id, call, finding, ct);
            if (finding is { Taken: { } recording, Fetches: [], InHand: null } && !call.IsReceived)
            {
                await SettleAsync(call, recording, ct);
                continue;
            }
            var stuck = finding.InHand is { } file ? await StuckAsync(source.Id, file, call, ct) : null;
            looked.Add(call, finding, stuck ?? finding.Problem ?? refused);
        }
        if (await looked.WriteAsync(db, OpenSpools.SettingsOf(source).DueAfterMinutes, ct) is { Count: > 0 } givenUp)
            Log.GaveUp(logger, source.Id, givenUp.Count, string.Join(", ", givenUp.Take(MostNamed)));
        foreach (var group in unread.GroupBy(pair => pair.Value, pair => pair.Key))
            await trouble.NoteAsync(source, group.Key, [.. group], ct);
    }

    async Task<string?> RefuseAsync(Guid sourceId, WaitingCall call, List<FoundFile> files, CancellationToken ct)
    {
        string? why = null;
        foreach (var file in files.Where(f => f.Entry.Kind != SpoolKind.File))
        {
            why = "What bears the recording's name in the spool is a link or no file, and is never read. Look at who put it there.";
            if (await SpoolBook.RefuseAsync(db, sourceId, file.Seen(call.ConversationId), why, ct))
                Log.Refused(logger, sourceId, call.ConversationId);
        }
        return why;
    }

    async Task FetchAsync(Guid sourceId, WaitingCall call, Finding finding, CancellationToken ct)
    {
        if (finding.Fetches.Count == 0)
            return;
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        foreach (var fetch in finding.Fetches)
            await SpoolBook.FetchAsync(db, sourceId, fetch, call.ConversationId, JobOptions.HighPriority, ct);
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
    }

    // The sweep was faster than the report.
    async Task SettleAsync(WaitingCall call, Guid recordingId, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var expectation = (await db.Expectations.FromSql($"select * from expectations where id = {call.ExpectationId} for update").ToListAsync(ct)).Single();
        if (expectation.LookAt is not null)
        {
            expectation.Settle(recordingId, await db.NowAsync(ct));
            db.Events.Add(expectation.Changed());
            await db.SaveChangesAsync(ct);
        }
        await transaction.CommitAsync(ct);
    }

    /// <summary>A job that died over a file leaves it in hand for ever: whoever has the call looked for again wants it tried again.</summary>
    async Task<string?> StuckAsync(Guid sourceId, Guid fileId, WaitingCall call, CancellationToken ct)
    {
        var key = FetchSpoolFile.KeyOf(sourceId, fileId);
        var jobs = await db.Jobs.AsNoTracking().Where(j => j.UniqueKey == key && (j.State == JobState.Queued || j.State == JobState.Running || j.State == JobState.Dead)).ToListAsync(ct);
        if (jobs.Any(j => j.State != JobState.Dead))
            return null;
        if (jobs.Count > 0 && jobs.Max(j => j.FinishedAt) > call.LookFrom)
            return "Taking the file in failed several times. The failed jobs say why; requeue there, or look for it again here, when the cause is gone.";
        await SpoolBook.ReleaseAsync(db, [.. await db.SpoolFiles.Where(f => f.ConversationId == call.ConversationId && f.State == SpoolFileState.Fetching).Select(f => f.Id).ToListAsync(ct)], ct);
        return null;
    }

    static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "In the spool of source {SourceId} a link or no file bears the name of a recording of conversation {ConversationId}; it is never read")]
        public static partial void Refused(ILogger logger, Guid sourceId, Guid conversationId);

        [LoggerMessage(2, LogLevel.Warning, "{Count} calls of source {SourceId} are not looked for any more: no recording of them came, among them of conversations {ConversationIds}. Look at whether the PBX records such calls and at the source's time zone, then have them looked for again under Completeness")]
        public static partial void GaveUp(ILogger logger, Guid sourceId, int count, string conversationIds);
    }
}
