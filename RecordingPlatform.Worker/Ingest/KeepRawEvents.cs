using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Ingest;
using RecordingPlatform.Core.Jobs;
using RecordingPlatform.Core.Keys;
using RecordingPlatform.Core.Objects;

namespace RecordingPlatform.Worker.Ingest;

internal sealed record KeepRawEvents : IJobArguments
{
    public static string Kind => "ingest.keep";
}

/// <summary>
/// Moves the bodies of events that were worked on into the object store, under the key of the person they are about where one
/// is known, and removes what is past its time. Safe to run twice: an event whose body has moved is not found again, and an
/// object whose event was not settled with it was never published.
/// </summary>
internal sealed class KeepRawEventsHandler(IDbContextFactory<RecordingDb> databases, ObjectWriter writer, EnvelopeKeys keys) : IJobHandler<KeepRawEvents>
{
    const int Batch = 200;

    public async Task<JobOutcome> RunAsync(KeepRawEvents arguments, JobContext context, CancellationToken ct)
    {
        await using var db = await databases.CreateDbContextAsync(ct);
        await ForgetAsync(db, ct);
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
        await db.Objects.Where(o => o.Id == pending.Row.Id).ExecuteUpdateAsync(set => set.SetProperty(o => o.RetainUntil, row.ExpiresAt), ct);
        await transaction.CommitAsync(ct);
    }

    // Rows go with their time; the objects of their bodies are due for deletion at the same moment.
    static async Task ForgetAsync(RecordingDb db, CancellationToken ct)
    {
        await db.Database.ExecuteSqlAsync($"delete from raw_events where id in (select id from raw_events where expires_at <= app_now() and state <> 'received' and body is null order by expires_at limit 10000)", ct);
        await db.Database.ExecuteSqlAsync($"delete from refused_deliveries where hour < app_now() - interval '30 days'", ct);
    }
}
