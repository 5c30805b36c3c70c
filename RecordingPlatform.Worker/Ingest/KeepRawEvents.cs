using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Ingest;
using RecordingPlatform.Core.Jobs;
using RecordingPlatform.Core.Keys;
using RecordingPlatform.Core.Objects;
using RecordingPlatform.Core.Storage;

namespace RecordingPlatform.Worker.Ingest;

internal sealed record KeepRawEvents : IJobArguments
{
    public static string Kind => "ingest.keep";
}

/// <summary>
/// Moves the bodies of events that were worked on into the object store, under the key of the person they are about where one
/// is known, and forgets what is past its time: the keys, the object, and last the event. Safe to run twice: an event whose body
/// has moved is not found again, an object whose event was not settled with it was never published, and an event whose body is
/// not yet gone is found again.
/// </summary>
internal sealed class KeepRawEventsHandler(IDbContextFactory<RecordingDb> databases, ObjectWriter writer, EnvelopeKeys keys, IObjectStore store) : IJobHandler<KeepRawEvents>
{
    const int Batch = 200;

    // Each waits for the store, and meanwhile bodies wait to be moved; the next run is a minute away.
    const int MostForgotten = 2000;

    public async Task<JobOutcome> RunAsync(KeepRawEvents arguments, JobContext context, CancellationToken ct)
    {
        await using var db = await databases.CreateDbContextAsync(ct);
        await ForgetExpiredAsync(db, ct);
        List<Guid> moving;
        do
        {
            moving = await db.RawEvents.Where(e => e.Body != null && e.State != RawEventState.Received).OrderBy(e => e.ReceivedAt).Take(Batch).Select(e => e.Id).ToListAsync(ct);
            foreach (var id in moving)
            {
                try
                {
                    await MoveAsync(id, ct);
                }
                catch (KeyUnavailableException away)
                {
                    return JobOutcome.Snooze(away.RetryAfter, "KeyUnavailable");
                }
            }
        }
        while (moving.Count == Batch);
        return JobOutcome.Done;
    }

    async Task MoveAsync(Guid id, CancellationToken ct)
    {
        await using var db = await databases.CreateDbContextAsync(ct);
        var row = await db.RawEvents.AsNoTracking().SingleAsync(e => e.Id == id, ct);
        if (row is not { Body: { } sealedBody, BodyMasterKeyId: { } master })
            return;
        var body = await keys.UnsealAsync("raw_events", id, master, sealedBody, ct);
        await using var pending = await writer.BeginAsync(new ObjectDraft { OwnerKind = OwnerKind.RawEvent, OwnerId = id, Role = ObjectRole.RawEvent }, ct);
        await pending.WriteAsync(body, ct);
        await pending.CompleteAsync(ct);
        var owner = row.SubjectId is { } subject ? new KeyOwner(OwnerKind.Subject, subject) : new KeyOwner(OwnerKind.RawEvent, id);
        await pending.PrepareAsync(owner, ct);

        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var emptied = await db.RawEvents.Where(e => e.Id == id && e.Body != null)
            .ExecuteUpdateAsync(set => set.SetProperty(e => e.Body, (byte[]?)null).SetProperty(e => e.BodyMasterKeyId, (Guid?)null), ct);
        if (emptied == 0)
            return;
        await pending.PublishAsync(db, owner, recordingId: null, "application/json", fileName: null, ct);
        await db.SaveChangesAsync(ct);
        await db.Objects.Where(o => o.Id == pending.Row.Id).ExecuteUpdateAsync(set => set.SetProperty(o => o.RetainUntil, row.ExpiresAt), ct);
        await transaction.CommitAsync(ct);
    }

    // Needs no KEK, so it goes on whatever the KEK answers.
    async Task ForgetExpiredAsync(RecordingDb db, CancellationToken ct)
    {
        var expired = await db.RawEvents.Where(e => e.ExpiresAt <= RecordingDb.Now() && e.State != RawEventState.Received && e.Body == null)
            .OrderBy(e => e.ExpiresAt).Take(MostForgotten).Select(e => e.Id).ToListAsync(ct);
        foreach (var id in expired)
            await ForgetAsync(id, ct);
        await db.Database.ExecuteSqlAsync($"delete from refused_deliveries where hour < app_now() - interval '30 days'", ct);
    }

    // The event goes last: while its row is there, the next run finds what one that was cut short has left.
    async Task ForgetAsync(Guid id, CancellationToken ct)
    {
        await using var db = await databases.CreateDbContextAsync(ct);
        var bodies = db.Objects.Where(o => o.OwnerKind == OwnerKind.RawEvent && o.OwnerId == id && o.State == ObjectState.Published && o.Deletion != DeletionState.Purged);
        var left = await bodies.Select(o => new { o.Name, o.DataKeyId }).ToListAsync(ct);
        await using (var closing = await db.Database.BeginTransactionAsync(ct))
        {
            await keys.DestroyOwnerKeysAsync(db, new KeyOwner(OwnerKind.RawEvent, id), ct);
            // Of a person's event it is the data key alone: that person's key goes on.
            await keys.DestroyDataKeysAsync(db, [.. left.Select(o => o.DataKeyId)], ct);
            await bodies.ExecuteUpdateAsync(set => set
                .SetProperty(o => o.Deletion, DeletionState.Deleting)
                .SetProperty(o => o.DeletionReason, "expired")
                .SetProperty(o => o.MarkedAt, o => o.MarkedAt ?? RecordingDb.Now()), ct);
            await closing.CommitAsync(ct);
        }
        foreach (var body in left)
            await store.DeleteAsync(body.Name, ct);

        await using var ending = await db.Database.BeginTransactionAsync(ct);
        await bodies.ExecuteUpdateAsync(set => set.SetProperty(o => o.Deletion, DeletionState.Purged).SetProperty(o => o.PurgedAt, o => RecordingDb.Now()), ct);
        await db.RawEvents.Where(e => e.Id == id).ExecuteDeleteAsync(ct);
        await ending.CommitAsync(ct);
    }
}
