using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.FreePbx;
using RecordingPlatform.Core.Ingest;
using RecordingPlatform.Core.Jibri;
using RecordingPlatform.Core.Jobs;
using RecordingPlatform.Core.Keys;
using RecordingPlatform.Core.Recordings;
using RecordingPlatform.Core.Sources;
using RecordingPlatform.Worker.Spools;

namespace RecordingPlatform.Worker.Jibri;

/// <summary>
/// Looks where Jibri leaves its media for the files that were reported, and gives those that are whole to
/// <see cref="FetchMeetingFile"/>. Safe to run twice, also at once: sightings are counted by path, a file is given away once,
/// and a look that was overtaken by a report changes nothing of when to look next.
/// </summary>
sealed partial class MeetingWatch(RecordingDb db, OpenSpools spools, SpoolTrouble trouble, ILogger<MeetingWatch> logger)
{
    const string NotThere = "The file is not where its report says, or not yet.";
    const string GaveUp = "The reported file did not appear in the time that it was looked for. Look at whether it lies below the source's media location, then have it looked for again.";

    const int FilesALook = 200;

    // The job says how it went; this is for one that never does.
    static readonly TimeSpan InHand = TimeSpan.FromMinutes(1);

    // Of a file that is not as long as was reported, which takes minutes to be sure of.
    static readonly TimeSpan DiffersEvery = TimeSpan.FromSeconds(30);

    sealed record Waiting(Expectation Expectation, SpoolFile? File, string Path, TimeSpan Since, bool IsLast);

    sealed record Look(TimeSpan? Pause, string? Problem);

    public async Task<JobOutcome> RunAsync(Source source, CancellationToken ct)
    {
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
        return (await db.Database.SqlQuery<TimeSpan?>($"""
            select greatest(min(look_at) - app_now(), interval '0') as "Value" from expectations where source_id = {source.Id} and look_at is not null
            """).ToListAsync(ct))[0] is { } pause ? JobOutcome.Snooze(pause, "RecordingNotThere") : JobOutcome.Done;
    }

    async Task LookAsync(Source source, CancellationToken ct)
    {
        var waiting = await WaitingAsync(source.Id, ct);
        foreach (var one in waiting)
        {
            try
            {
                var spool = await spools.OpenAsync(source, ct);
                await LookAsync(source, spool, one, ct);
                spools.Answered(source);
            }
            catch (SpoolException e) when (e.Fault == SpoolFault.NotAFile)
            {
                // Never read; whoever has it looked for again has it asked again.
                await SpoolBook.RefuseAsync(db, source.Id, new SeenFile(one.Path, 0, DateTimeOffset.UnixEpoch, one.Expectation.ConversationId), e.Message, ct);
                if (one.File is { } file)
                    await SpoolBook.EndAsync(db, [file.Id], SpoolFileState.Refused, null, e.Message, ct);
                await WriteAsync(one, new Look(null, e.Message), ct);
            }
            catch (SpoolException e) when (e.Fault is SpoolFault.Denied or SpoolFault.Missing)
            {
                await trouble.NoteAsync(source, e, [one.Expectation.Id], ct);
            }
            catch (SpoolException e)
            {
                await trouble.NoteAsync(source, e, [.. waiting.Select(w => w.Expectation.Id)], ct);
                return;
            }
        }
    }

    async Task<List<Waiting>> WaitingAsync(Guid sourceId, CancellationToken ct)
    {
        db.ChangeTracker.Clear();
        var now = await db.NowAsync(ct);
        var due = await db.Expectations.AsNoTracking().Where(e => e.SourceId == sourceId && e.LookAt <= now).OrderBy(e => e.LookAt).Take(FilesALook).ToListAsync(ct);
        var conversations = due.Select(e => e.ConversationId).ToArray();
        var files = await db.SpoolFiles.AsNoTracking().Where(f => f.SourceId == sourceId && f.ConversationId != null && conversations.Contains(f.ConversationId.Value)).ToListAsync(ct);
        return due.ConvertAll(e =>
        {
            var file = files.Find(f => f.ConversationId == e.ConversationId && MediaPath.ExternalIdOf(f.Path) == e.ExternalId);
            // What was reported with a path that leads elsewhere may lie below the location all the same.
            return new Waiting(e, file, file?.Path ?? e.ExternalId, now - (e.LookFrom ?? e.CreatedAt), e.LookUntil <= now);
        });
    }

    async Task LookAsync(Source source, ISpool spool, Waiting one, CancellationToken ct)
    {
        var stat = MediaPath.ProblemOf(one.Path) is null ? await spool.StatAsync(one.Path, ct) : null;
        if (stat is not { } seen)
        {
            var written = await WriteAsync(one, one.IsLast ? new Look(null, GaveUp) : new Look(PauseOf(one, Sighting.Nothing), NotThere), ct);
            if (one.IsLast && written == 1)
                Log.GaveUp(logger, source.Id, one.Expectation.ConversationId);
            return;
        }
        if (one.File is { State: SpoolFileState.Refused } refused)
            await SpoolBook.EndAsync(db, [refused.Id], SpoolFileState.Seen, null, null, ct);
        var known = (await SpoolBook.SeeAsync(db, source.Id, [new SeenFile(one.Path, seen.SizeBytes, seen.ModifiedAt, one.Expectation.ConversationId)], ct))[one.Path];
        if (known.State == SpoolFileState.Seen)
            await JudgeAsync(one, known, ct);
        else
            await InHandAsync(one, known, ct);
    }

    async Task JudgeAsync(Waiting one, KnownFile known, CancellationToken ct)
    {
        var standing = FileJudgement.Of(known.SizeBytes, one.File?.ReportedBytes, known.Still, known.Looks, one.IsLast);
        if (standing == FileStanding.NotYet)
        {
            var mismatched = one.File?.ReportedBytes is { } reported && reported != known.SizeBytes;
            // One without a byte may stay so for its day: it is looked at no more often than one that is not there.
            var pause = known.SizeBytes == 0 ? PauseOf(one, Sighting.Nothing) : mismatched && known.Looks > 1 ? DiffersEvery : PauseOf(one, Sighting.Growing);
            // A file that is there is looked at until it stands, also past its day.
            await WriteAsync(one, new Look(pause, known.SizeBytes == 0 ? "The file is there and has no byte yet."
                : mismatched ? $"The file has {known.SizeBytes} bytes, and {one.File!.ReportedBytes} were reported: it is waited for."
                : null), ct);
            return;
        }
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        await FetchMeetingFile.BeginAsync(db, known.Id, one.Expectation.ConversationId, JobOptions.NormalPriority, ct);
        await db.SaveChangesAsync(ct);
        await WriteAsync(one, new Look(InHand, null), ct);
        await transaction.CommitAsync(ct);
    }

    async Task InHandAsync(Waiting one, KnownFile known, CancellationToken ct)
    {
        if (known is { State: SpoolFileState.Fetching })
        {
            await FetchMeetingFile.EnsureAsync(db, known.Id, ct);
            await db.SaveChangesAsync(ct);
            await WriteAsync(one, new Look(InHand, one.Expectation.LastProblem), ct);
            return;
        }
        // It was taken before it was expected, and is another conversation's, or was removed since.
        await WriteAsync(one, new Look(null, "The file was taken in before, as a recording of its own: look for the room and time among the recordings."), ct);
    }

    static TimeSpan PauseOf(Waiting one, Sighting seen) => WatchSchedule.Pause(one.Since, seen, Random.Shared.NextDouble());

    // A report that came during the look has set its own time; a settled one has none.
    Task<int> WriteAsync(Waiting one, Look look, CancellationToken ct) => db.Database.ExecuteSqlAsync($"""
        update expectations set looks = looks + 1, look_at = app_now() + {look.Pause}, look_from = case when {look.Pause}::interval is null then null else look_from end, last_problem = {look.Problem}
        where id = {one.Expectation.Id} and look_at = {one.Expectation.LookAt}
        """, ct);

    static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "A file that was reported of meeting {ConversationId} of source {SourceId} is not looked for any more: it did not appear. Look at whether it lies below the source's media location, then have it looked for again under Completeness")]
        public static partial void GaveUp(ILogger logger, Guid sourceId, Guid conversationId);
    }
}
