using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Core.Audit;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Events;
using RecordingPlatform.Core.Jobs;
using RecordingPlatform.Core.Objects;
using RecordingPlatform.Core.Processing;
using RecordingPlatform.Core.Recordings;
using RecordingPlatform.Core.Retention;

namespace RecordingPlatform.Core.Ingest;

// What connectors bring: a file of a conversation that is known, under the source's own name.
public sealed partial class RecordingIntake
{
    /// <summary>The id that the recording has or will have: the owner of its objects, needed before their first byte.</summary>
    public async Task<Guid> IdForAsync(Guid sourceId, string externalId, CancellationToken ct) =>
        await db.Recordings.Where(r => r.SourceId == sourceId && r.ExternalId == externalId).Select(r => (Guid?)r.Id).SingleOrDefaultAsync(ct) ?? Guid.CreateVersion7();

    /// <summary>
    /// Takes a captured file: recording, published object, data key, settled expectation, audit row, events and first job in
    /// one transaction. Whoever brings the same file again learns that it is there.
    /// </summary>
    /// <param name="original">Complete; owned by the id of <see cref="IdForAsync"/>.</param>
    /// <param name="media">What is known of it.</param>
    /// <param name="ct">Cancels, with nothing left behind.</param>
    /// <param name="guardAsync">Runs first in the transaction: a job's guard.</param>
    /// <param name="andAsync">Runs last in it, when the recording is written: what becomes true with it.</param>
    /// <exception cref="RecordingAppearedException">The recording appeared under another id meanwhile: begin anew.</exception>
    public async Task<IntakeResult> TakeAsync(PendingObject original, CapturedMedia media, CancellationToken ct, Func<RecordingDb, CancellationToken, Task>? guardAsync = null,
        Func<RecordingDb, Recording, CancellationToken, Task>? andAsync = null)
    {
        var id = original.Row.OwnerId;
        var subject = await db.Conversations.Where(c => c.Id == media.ConversationId).Select(c => c.SubjectId).SingleAsync(ct);
        await original.PrepareAsync(subject is { } person ? new(OwnerKind.Subject, person) : new(OwnerKind.Recording, id), ct);

        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        if (guardAsync is not null)
            await guardAsync(db, ct);
        // Two that bring one file meet here, before either has a row to lock.
        await db.Database.ExecuteSqlAsync($"select pg_advisory_xact_lock(hashtextextended('recording ' || {media.SourceId} || ' ' || {media.ExternalId}, 0))", ct);
        var conversation = await LockConversationAsync(media.ConversationId, ct);
        var recording = (await db.Recordings.FromSql($"select * from recordings where source_id = {media.SourceId} and external_id = {media.ExternalId} for update").ToListAsync(ct)).SingleOrDefault();
        if (recording is { SizeBytes: not null } or { DeletedAt: not null })
            return new IntakeResult.AlreadyThere(recording);
        if (recording is not null && recording.Id != id)
            throw new RecordingAppearedException(recording.Id, id);

        var now = await db.NowAsync(ct);
        if (recording is null)
            db.Recordings.Add(recording = await AnnounceAsync(id, media, conversation, ct));
        Fill(recording, original, media, now);
        recording.ParticipantCount = await db.Participants.CountAsync(p => p.ConversationId == conversation.Id, ct);
        var damaged = recording.State == RecordingState.Damaged;
        db.Events.Add(new EventRow { Kind = damaged ? "recording.damaged" : "recording.stored", RecordingId = id, ConversationId = conversation.Id });
        if (!damaged)
            db.Enqueue(new ProcessRecording { RecordingId = id }, new JobOptions { RecordingId = id, UniqueKey = ProcessRecording.KeyOf(id) });
        await audit.RecordAsync(AuditAction.RecordingCreated, media.BroughtBy, ct, AuditTarget.Of(recording),
            new { object_id = original.Row.Id, size_bytes = recording.SizeBytes, sha256 = Convert.ToHexStringLower(recording.ContentSha256!), source_id = media.SourceId });
        // The recording first: the expectation points at it.
        await db.SaveChangesAsync(ct);
        await SettleAsync(recording, media, now, ct);
        await original.PublishAsync(db, recording.KeyOwner, id, recording.MimeType, media.FileName, ct);
        await db.SaveChangesAsync(ct);
        if (andAsync is not null)
            await andAsync(db, recording, ct);
        await transaction.CommitAsync(ct);
        return new IntakeResult.Accepted(recording);
    }

    // Subject, conversation, recording: the order of all locks.
    async Task<Conversation> LockConversationAsync(Guid id, CancellationToken ct)
    {
        await db.Database.ExecuteSqlAsync($"select 1 from subjects where id = (select subject_id from conversations where id = {id}) for key share", ct);
        return (await db.Conversations.FromSql($"select * from conversations where id = {id} for no key update").ToListAsync(ct)).Single();
    }

    async Task<Recording> AnnounceAsync(Guid id, CapturedMedia media, Conversation conversation, CancellationToken ct) => new()
    {
        Id = id,
        ConversationId = conversation.Id,
        SourceId = media.SourceId,
        ExternalId = media.ExternalId,
        Title = conversation.Title,
        SubjectId = conversation.SubjectId,
        AppointmentId = conversation.AppointmentId,
        RecordedAt = media.RecordedAt,
        RetainUntil = media.RecordedAt.AddDays(await RetentionDays.OfAsync(db, conversation.Kind, media.SourceId, ct)),
    };

    static void Fill(Recording recording, PendingObject original, CapturedMedia media, DateTimeOffset now)
    {
        var reason = media.DamagedBecause ?? (media.Type is null ? "The content is no audio or video that the platform knows." : null);
        recording.State = reason is null ? RecordingState.Stored : RecordingState.Damaged;
        recording.StateReason = reason;
        recording.MimeType = media.Type?.AudioContentType ?? "application/octet-stream";
        recording.Container = media.Type?.Name;
        recording.SizeBytes = original.Facts!.PlaintextLength;
        recording.ContentSha256 = original.Facts.Sha256;
        recording.RowVersion++;
        recording.UpdatedAt = now;
    }

    // What nobody announced was expected all the same: completeness counts it among the received.
    async Task SettleAsync(Recording recording, CapturedMedia media, DateTimeOffset now, CancellationToken ct)
    {
        var expectation = (await db.Expectations.FromSql($"select * from expectations where conversation_id = {recording.ConversationId} and external_id = {media.ExpectationId} for update").ToListAsync(ct))
            .SingleOrDefault(e => e.Medium == media.Medium);
        if (expectation is { State: ExpectationState.Received })
            return;
        if (expectation is null)
        {
            db.Expectations.Add(expectation = new Expectation
            {
                Id = Guid.CreateVersion7(),
                ConversationId = recording.ConversationId,
                SourceId = recording.SourceId,
                Medium = media.Medium,
                ExternalId = media.ExpectationId,
                DueAt = now,
            });
        }
        expectation.Settle(recording.Id, now, media.AbsentBecause);
        db.Events.Add(expectation.Changed());
    }
}

/// <summary>A recording was announced while its file was read for another id: what was sealed for that one is of no use.</summary>
public sealed class RecordingAppearedException(Guid appeared, Guid expected) : Exception($"Recording {appeared} appeared while its file was read for {expected}.");
