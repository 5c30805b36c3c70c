using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Audit;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Events;
using RecordingPlatform.Core.Jobs;
using RecordingPlatform.Core.Objects;
using RecordingPlatform.Core.Recordings;

namespace RecordingPlatform.Core.Processing;

public abstract record ReprocessResult
{
    /// <summary>The job that does it: a new one, or the one that was queued or running already.</summary>
    public sealed record Accepted(Guid JobId, string Status) : ReprocessResult;
    public sealed record NotFound : ReprocessResult;
    /// <summary>Only a grant shows it to this caller, and a grant gives no right to edit.</summary>
    public sealed record OnlyGranted : ReprocessResult;
    public sealed record Deleted : ReprocessResult;
    /// <summary>The capture is still going on; processing follows by itself.</summary>
    public sealed record Receiving : ReprocessResult;
    public sealed record NoOriginal : ReprocessResult;
    public sealed record Archived : ReprocessResult;
}

/// <summary>
/// Has a recording's renditions made anew. What was ready stays ready and playable meanwhile; what failed or was damaged is
/// stored again. Safe to repeat: while a job for the recording is queued or running, that one is the answer.
/// </summary>
public sealed class Reprocessing(RecordingDb db, AuditTrail audit)
{
    public async Task<ReprocessResult> RequestAsync(Guid recordingId, Caller caller, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        if (!await db.Recordings.VisibleTo(caller).AnyAsync(r => r.Id == recordingId, ct)
            || await db.LockForChangeAsync(recordingId, ct) is not { } recording)
            return new ReprocessResult.NotFound();
        if (!await db.Recordings.VisibleByRole(caller).AnyAsync(r => r.Id == recordingId, ct))
            return new ReprocessResult.OnlyGranted();
        if (recording.DeletedAt is not null)
            return new ReprocessResult.Deleted();
        if (recording.State == RecordingState.Receiving)
            return new ReprocessResult.Receiving();
        var tier = await db.Objects.Where(o => o.RecordingId == recordingId && o.Role == ObjectRole.Original && o.State == ObjectState.Published
            && o.SupersededAt == null && o.Deletion == DeletionState.None).Select(o => (Tier?)o.Tier).SingleOrDefaultAsync(ct);
        if (tier is null)
            return new ReprocessResult.NoOriginal();
        if (tier == Tier.Archive)
            return new ReprocessResult.Archived();
        if (await FindOpenJobAsync(recordingId, ct) is { } open)
            return new ReprocessResult.Accepted(open, RecordingStatus.Of(recording));

        var was = recording.State;
        if (was is RecordingState.Failed or RecordingState.Damaged or RecordingState.Absent)
        {
            recording.State = RecordingState.Stored;
            recording.StateReason = null;
            recording.ProcessingStartedAt = null;
        }
        recording.UpdatedAt = await db.NowAsync(ct);
        recording.RowVersion++;
        var job = db.Enqueue(new ProcessRecording { RecordingId = recordingId }, new JobOptions { RecordingId = recordingId, UniqueKey = ProcessRecording.KeyOf(recordingId) });
        db.Events.Add(new EventRow { Kind = "recording.reprocessing", RecordingId = recordingId, ConversationId = recording.ConversationId });
        await audit.RecordAsync(AuditAction.RecordingReprocessed, caller, ct, AuditTarget.Of(recording), new { job_id = job.Id, was = SnakeCase.Of(was) });
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        return new ReprocessResult.Accepted(job.SupersededBy ?? job.Id, RecordingStatus.Of(recording));
    }

    // Locked to the end of this transaction, because claims pass over locked rows: what is seen queued starts no sooner than
    // the caller has the answer. Two requests meet at the recording's lock before they come here.
    async Task<Guid?> FindOpenJobAsync(Guid recordingId, CancellationToken ct)
    {
        var key = ProcessRecording.KeyOf(recordingId);
        var open = await db.Database.SqlQuery<Guid>($"""
            select id as "Value" from jobs where recording_id = {recordingId} and unique_key = {key} and state in ('queued', 'running')
            order by state limit 1 for share
            """).ToListAsync(ct);
        return open is [var id] ? id : null;
    }
}
