using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Audit;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Events;
using RecordingPlatform.Core.Objects;
using RecordingPlatform.Core.Recordings;

namespace RecordingPlatform.Core.Retention;

public abstract record DeletionResult
{
    public sealed record Deleted : DeletionResult;
    public sealed record NotFound : DeletionResult;
    public sealed record Held(IReadOnlyList<string> Matters) : DeletionResult;
}

/// <summary>Marks recordings for deletion. What is marked is closed at once and can be taken back within the grace period.</summary>
public sealed class RecordingDeletion(RecordingDb db, AuditTrail audit, IOptions<RetentionOptions> options)
{
    /// <summary>Safe to repeat: a recording that is already marked stays as it was marked first.</summary>
    public async Task<DeletionResult> MarkAsync(Guid recordingId, string reason, Caller caller, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        if (!await db.Recordings.VisibleTo(caller).AnyAsync(r => r.Id == recordingId, ct)
            || await db.LockForChangeAsync(recordingId, ct) is not { } recording)
            return new DeletionResult.NotFound();
        if (recording.DeletedAt is not null)
            return new DeletionResult.Deleted();
        var matters = await HoldsOn(recording).Select(h => db.Matters.Single(m => m.Id == h.MatterId).Name).Distinct().ToListAsync(ct);
        if (matters.Count > 0)
        {
            await audit.RecordAsync(AuditAction.RecordingDeleted, caller, ct, AuditTarget.Of(recording), reason: reason, outcome: AuditOutcome.Denied);
            await db.SaveChangesAsync(ct);
            await transaction.CommitAsync(ct);
            return new DeletionResult.Held(matters);
        }
        var now = await db.NowAsync(ct);
        var purgeAfter = now + options.Value.DeletionGrace;
        recording.DeletedAt = now;
        recording.UpdatedAt = now;
        recording.RowVersion++;
        await db.Objects.Where(o => o.RecordingId == recordingId && o.State == ObjectState.Published && o.Deletion == DeletionState.None)
            .ExecuteUpdateAsync(set => set
                .SetProperty(o => o.Deletion, DeletionState.Marked)
                .SetProperty(o => o.MarkedAt, now)
                .SetProperty(o => o.PurgeAfter, purgeAfter)
                .SetProperty(o => o.DeletionReason, "requested"), ct);
        await db.Tickets.Where(t => t.RecordingId == recordingId && t.RevokedAt == null)
            .ExecuteUpdateAsync(set => set.SetProperty(t => t.RevokedAt, now), ct);
        db.Events.Add(new EventRow { Kind = "recording.deleted", RecordingId = recordingId, ConversationId = recording.ConversationId });
        await audit.RecordAsync(AuditAction.RecordingDeleted, caller, ct, AuditTarget.Of(recording), new { purge_after = purgeAfter }, reason);
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        return new DeletionResult.Deleted();
    }

    IQueryable<Hold> HoldsOn(Recording recording) => db.Holds.Where(h => h.ReleasedAt == null
        && ((h.TargetKind == HoldTarget.Recording && h.TargetId == recording.Id)
            || (h.TargetKind == HoldTarget.Conversation && h.TargetId == recording.ConversationId)
            || (h.TargetKind == HoldTarget.Subject && h.TargetId == recording.SubjectId)));
}
