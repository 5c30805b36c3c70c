using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Ingest;
using RecordingPlatform.Core.Jobs;

namespace RecordingPlatform.Core.FreePbx;

/// <summary>A file as a look found it.</summary>
public sealed record SeenFile(string Path, long SizeBytes, DateTimeOffset ModifiedAt, Guid? ConversationId);

/// <summary>What is known of a file after a look.</summary>
/// <param name="Id">Of its row.</param>
/// <param name="Path">Below the spool.</param>
/// <param name="State">How far it has come.</param>
/// <param name="SizeBytes">At the last look while it was watched.</param>
/// <param name="Still">For how long size and time have not changed.</param>
/// <param name="Looks">How many in a row found it so.</param>
/// <param name="RecordingId">What became of it.</param>
/// <param name="ConversationId">Whose it is.</param>
public sealed record KnownFile(Guid Id, string Path, SpoolFileState State, long SizeBytes, TimeSpan Still, int Looks, Guid? RecordingId, Guid? ConversationId);

/// <summary>
/// Writes down what looks into a spool found, and gives files to the job that takes them in. A file is there once, by its path,
/// whoever saw it and however many look at the same moment.
/// </summary>
public static class SpoolBook
{
    sealed record Row(Guid Id, string Path, string State, long SizeBytes, TimeSpan Still, int StillLooks, Guid? RecordingId, Guid? ConversationId);

    /// <summary>Notes sightings; files that are past being watched stay as they are.</summary>
    /// <returns>By path.</returns>
    public static async Task<IReadOnlyDictionary<string, KnownFile>> SeeAsync(RecordingDb db, Guid sourceId, IReadOnlyCollection<SeenFile> files, CancellationToken ct)
    {
        // One of a path in a statement, and in one order for all: two looks never wait for each other in a ring.
        var seen = files.DistinctBy(file => file.Path, StringComparer.Ordinal).OrderBy(file => file.Path, StringComparer.Ordinal).ToList();
        if (seen.Count == 0)
            return new Dictionary<string, KnownFile>();
        var paths = seen.Select(file => file.Path).ToArray();
        var ids = seen.Select(_ => Guid.CreateVersion7()).ToArray();
        var sizes = seen.Select(file => file.SizeBytes).ToArray();
        var times = seen.Select(file => file.ModifiedAt.ToUniversalTime()).ToArray();
        var conversations = seen.Select(file => file.ConversationId).ToArray();
        await db.Database.ExecuteSqlAsync($"""
            insert into spool_files as f (id, source_id, path, size_bytes, modified_at, conversation_id)
            select id, {sourceId}, path, size_bytes, modified_at, conversation_id
            from unnest({ids}, {paths}, {sizes}, {times}, {conversations}) as s (id, path, size_bytes, modified_at, conversation_id)
            on conflict (source_id, path) do update set
                still_since = case when (f.size_bytes, f.modified_at) = (excluded.size_bytes, excluded.modified_at) then f.still_since else app_now() end,
                still_looks = case when (f.size_bytes, f.modified_at) = (excluded.size_bytes, excluded.modified_at) then f.still_looks + 1 else 1 end,
                size_bytes = excluded.size_bytes,
                modified_at = excluded.modified_at,
                conversation_id = coalesce(f.conversation_id, excluded.conversation_id),
                updated_at = app_now()
            where f.state = 'seen'
            """, ct);
        return await FindAsync(db, sourceId, paths, ct);
    }

    /// <summary>What is known of these paths.</summary>
    public static async Task<IReadOnlyDictionary<string, KnownFile>> FindAsync(RecordingDb db, Guid sourceId, string[] paths, CancellationToken ct)
    {
        var rows = await db.Database.SqlQuery<Row>($"""
            select id as "Id", path as "Path", state as "State", size_bytes as "SizeBytes", app_now() - still_since as "Still", still_looks as "StillLooks",
                   recording_id as "RecordingId", conversation_id as "ConversationId"
            from spool_files where source_id = {sourceId} and path = any({paths})
            """).ToListAsync(ct);
        return rows.ToDictionary(r => r.Path,
            r => new KnownFile(r.Id, r.Path, SnakeCase.Parse<SpoolFileState>(r.State)!.Value, r.SizeBytes, r.Still, r.StillLooks, r.RecordingId, r.ConversationId), StringComparer.Ordinal);
    }

    /// <summary>Gives a file, or two legs, to the job that takes it in. Runs in the caller's transaction.</summary>
    /// <returns>False when somebody else was first.</returns>
    public static async Task<bool> FetchAsync(RecordingDb db, Guid sourceId, FetchSpoolFile fetch, Guid conversationId, short priority, CancellationToken ct)
    {
        Guid[] ids = fetch.OtherLegId is { } other ? [fetch.SpoolFileId, other] : [fetch.SpoolFileId];
        var begun = await db.Database.ExecuteSqlAsync($"""
            with free as (select id from spool_files where id = any({ids}) and state = 'seen' order by id for update)
            update spool_files set state = 'fetching', conversation_id = {conversationId}, updated_at = app_now()
            where id in (select id from free) and (select count(*) from free) = {ids.Length}
            """, ct);
        if (begun == 0)
            return false;
        db.Enqueue(fetch, new JobOptions { Priority = priority, UniqueKey = FetchSpoolFile.KeyOf(sourceId, fetch.SpoolFileId) });
        return true;
    }

    /// <summary>Ends in one of the last states.</summary>
    public static Task<int> EndAsync(RecordingDb db, Guid[] ids, SpoolFileState state, Guid? recordingId, string? refusal, CancellationToken ct) =>
        db.SpoolFiles.Where(f => ids.Contains(f.Id)).ExecuteUpdateAsync(set => set
            .SetProperty(f => f.State, state).SetProperty(f => f.RecordingId, recordingId).SetProperty(f => f.Refusal, refusal).SetProperty(f => f.UpdatedAt, f => RecordingDb.Now()), ct);

    /// <summary>Back to being watched, as if it had only just been seen: it moved after all.</summary>
    public static Task<int> ReleaseAsync(RecordingDb db, Guid[] ids, CancellationToken ct) =>
        db.SpoolFiles.Where(f => ids.Contains(f.Id) && f.State == SpoolFileState.Fetching).ExecuteUpdateAsync(set => set
            .SetProperty(f => f.State, SpoolFileState.Seen).SetProperty(f => f.StillLooks, 0).SetProperty(f => f.StillSince, f => RecordingDb.Now()).SetProperty(f => f.UpdatedAt, f => RecordingDb.Now()), ct);

    /// <summary>Notes what is never read; once, whoever sees it.</summary>
    /// <returns>Whether it is new.</returns>
    public static async Task<bool> RefuseAsync(RecordingDb db, Guid sourceId, SeenFile file, string why, CancellationToken ct) =>
        await db.Database.ExecuteSqlAsync($"""
            insert into spool_files (id, source_id, path, size_bytes, modified_at, state, refusal, conversation_id)
            values ({Guid.CreateVersion7()}, {sourceId}, {file.Path}, {file.SizeBytes}, {file.ModifiedAt.ToUniversalTime()}, 'refused', {why}, {file.ConversationId})
            on conflict (source_id, path) do nothing
            """, ct) == 1;
}
