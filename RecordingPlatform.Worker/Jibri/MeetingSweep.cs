using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.FreePbx;
using RecordingPlatform.Core.Ingest;
using RecordingPlatform.Core.Jibri;
using RecordingPlatform.Core.Jobs;
using RecordingPlatform.Core.Keys;
using RecordingPlatform.Core.Sources;
using RecordingPlatform.Worker.Spools;

namespace RecordingPlatform.Worker.Jibri;

/// <summary>Has the media location of every Jibri swept. Safe to run twice: of each source one sweep waits at a time.</summary>
sealed class SweepMeetingsHandler(RecordingDb db) : IJobHandler<SweepMeetings>
{
    public static readonly TimeSpan Every = TimeSpan.FromMinutes(15);

    public async Task<JobOutcome> RunAsync(SweepMeetings arguments, JobContext context, CancellationToken ct)
    {
        foreach (var id in await db.Sources.Where(s => s.Enabled && s.Kind == SourceKind.Jibri && s.MediaLocation != null).Select(s => s.Id).ToListAsync(ct))
            db.Enqueue(new SweepMeetingSource { SourceId = id }, new JobOptions { Priority = JobOptions.LowPriority, UniqueKey = SweepMeetingSource.KeyOf(id) });
        await db.SaveChangesAsync(ct);
        return JobOutcome.Done;
    }
}

/// <summary>
/// Finds recordings whose script never ran, or whose report never came: each file of sound or pictures that no recording is
/// made of and that stands still becomes a meeting. Safe to run twice, also beside a watch and a push: sightings are counted by
/// path, meetings are known by room and time, a file is given away once.
/// </summary>
sealed partial class SweepMeetingSourceHandler(RecordingDb db, OpenSpools spools, SpoolTrouble trouble, ILogger<SweepMeetingSourceHandler> logger) : IJobHandler<SweepMeetingSource>
{
    /// <summary>A meeting that is recorded grows all the time; a copy of its file may stall.</summary>
    static readonly TimeSpan StandsAfter = TimeSpan.FromMinutes(10);

    /// <summary>What has no byte by then gets none; as long as a reported file is watched.</summary>
    static readonly TimeSpan EmptyAfter = TimeSpan.FromDays(1);

    // Sessions lie one below the other at most by year, month and day.
    const int Deepest = 4;

    // Each enqueued key holds a lock to the end of its transaction.
    const int Batch = 200;

    public async Task<JobOutcome> RunAsync(SweepMeetingSource arguments, JobContext context, CancellationToken ct)
    {
        if (await db.Sources.AsNoTracking().SingleOrDefaultAsync(s => s.Id == arguments.SourceId && s.Enabled && s.Kind == SourceKind.Jibri && s.MediaLocation != null, ct) is not { } source
            || spools.Rest(source) is not null)
        {
            return JobOutcome.Done;
        }
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
            // The next sweep comes by itself.
            await trouble.NoteAsync(source, e, [], ct);
        }
        return JobOutcome.Done;
    }

    async Task SweepAsync(Source source, CancellationToken ct)
    {
        var spool = await spools.OpenAsync(source, ct);
        var oldest = await db.NowAsync(ct) - TimeSpan.FromDays(OpenSpools.SettingsOf(source).SweepDays);
        var files = new List<SeenFile>(Batch);
        await foreach (var file in WalkAsync(source, spool, "", 1, ct))
        {
            // The day that one without a byte is given comes on top: it would be too old by the time that it counts.
            if (file.ModifiedAt < (file.SizeBytes == 0 ? oldest - EmptyAfter : oldest))
                continue;
            files.Add(file);
            if (files.Count == Batch)
                await LookAsync(source, files, ct);
        }
        await LookAsync(source, files, ct);
    }

    async IAsyncEnumerable<SeenFile> WalkAsync(Source source, ISpool spool, string folder, int depth, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        IReadOnlyList<SpoolEntry> entries;
        try
        {
            entries = await spool.ListAsync(folder, ct);
        }
        catch (SpoolException e) when (folder.Length > 0 && e.Fault is SpoolFault.Denied or SpoolFault.NotAFile)
        {
            // One folder that may not be read keeps nobody from the others.
            await trouble.NoteAsync(source, e, [], ct);
            yield break;
        }
        foreach (var entry in entries.Where(e => e.Name is { Length: > 0 } && e.Name[0] != '.'))
        {
            var path = folder.Length == 0 ? entry.Name! : $"{folder}/{entry.Name}";
            if (entry.Kind == SpoolKind.File && RecordingName.IsMedia(entry.Name!) && MediaPath.ProblemOf(path) is null)
            {
                yield return new SeenFile(path, entry.SizeBytes, entry.ModifiedAt, null);
            }
            else if (entry.Kind == SpoolKind.Other && depth < Deepest)
            {
                await foreach (var file in WalkAsync(source, spool, path, depth + 1, ct))
                    yield return file;
            }
        }
    }

    /// <summary>Counts sightings of those that no recording is made of and nobody looks for, and gives away those that stand.</summary>
    async Task LookAsync(Source source, List<SeenFile> files, CancellationToken ct)
    {
        var open = await OpenAsync(source.Id, files, ct);
        files.Clear();
        var seen = await SpoolBook.SeeAsync(db, source.Id, open, ct);
        var standing = open.Where(f => seen.TryGetValue(f.Path, out var known) && known.State == SpoolFileState.Seen && known.Looks > 1 && known.Still >= (f.SizeBytes == 0 ? EmptyAfter : StandsAfter));
        foreach (var file in standing.OrderBy(f => MediaPath.KeyOf(f.Path), StringComparer.Ordinal))
        {
            await using var transaction = await db.Database.BeginTransactionAsync(ct);
            var (conversation, _) = await new ConversationBook(db).WriteAsync(FoundMeeting.Of(source, file.Path, file.ModifiedAt, []), ct);
            if (await FetchMeetingFile.BeginAsync(db, seen[file.Path].Id, conversation.Id, JobOptions.LowPriority, ct))
                Log.Found(logger, source.Id, conversation.Id);
            await db.SaveChangesAsync(ct);
            await transaction.CommitAsync(ct);
            db.ChangeTracker.Clear();
        }
    }

    async Task<List<SeenFile>> OpenAsync(Guid sourceId, List<SeenFile> files, CancellationToken ct)
    {
        var ids = files.Select(f => MediaPath.ExternalIdOf(f.Path)).Distinct(StringComparer.Ordinal).ToArray();
        var taken = await db.Recordings.Where(r => r.SourceId == sourceId && ids.Contains(r.ExternalId) && (r.SizeBytes != null || r.DeletedAt != null)).Select(r => r.ExternalId).ToListAsync(ct);
        var watched = await db.Expectations.Where(e => e.SourceId == sourceId && ids.Contains(e.ExternalId) && e.LookAt != null).Select(e => e.ExternalId).ToListAsync(ct);
        var known = taken.Concat(watched).ToHashSet(StringComparer.Ordinal);
        return [.. files.Where(f => !known.Contains(MediaPath.ExternalIdOf(f.Path)))];
    }

    static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "The sweep of source {SourceId} found a file of meeting {ConversationId} that nobody reported")]
        public static partial void Found(ILogger logger, Guid sourceId, Guid conversationId);
    }
}
