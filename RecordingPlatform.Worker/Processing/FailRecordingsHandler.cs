using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Audit;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Events;
using RecordingPlatform.Core.Jobs;
using RecordingPlatform.Core.Processing;
using RecordingPlatform.Core.Recordings;

namespace RecordingPlatform.Worker.Processing;

/// <summary>
/// Marks recordings failed whose processing is dead-lettered, also when each attempt took its worker down with it. Safe to run
/// twice: only a stored recording becomes failed.
/// </summary>
internal sealed class FailRecordingsHandler(RecordingDb db, AuditTrail audit) : IJobHandler<FailRecordings>
{
    public async Task<JobOutcome> RunAsync(FailRecordings arguments, JobContext context, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        await context.GuardAsync(db, ct);
        var lost = await db.Recordings
            .Where(r => r.State == RecordingState.Stored && r.DeletedAt == null
                && db.Jobs.Any(j => j.RecordingId == r.Id && j.Kind == ProcessRecording.Kind && j.State == JobState.Dead)
                && !db.Jobs.Any(j => j.RecordingId == r.Id && j.Kind == ProcessRecording.Kind && (j.State == JobState.Queued || j.State == JobState.Running)))
            .OrderBy(r => r.Id).Take(100).ToListAsync(ct);
        foreach (var recording in lost)
        {
            recording.State = RecordingState.Failed;
            recording.StateReason = "Processing was given up after several attempts. The original is kept; see the failed jobs for the cause.";
            recording.ProcessingStartedAt = null;
            recording.RowVersion++;
            recording.UpdatedAt = await db.NowAsync(ct);
            db.Events.Add(new EventRow { Kind = "recording.failed", RecordingId = recording.Id, ConversationId = recording.ConversationId });
            await audit.RecordAsync(AuditAction.RecordingProcessingFailed, Caller.System, ct, AuditTarget.Of(recording), outcome: AuditOutcome.Failed);
        }
        await db.SaveChangesAsync(ct);
        await context.CompleteInAsync(db, ct);
        await transaction.CommitAsync(ct);
        return JobOutcome.Done;
    }
}
