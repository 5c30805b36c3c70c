using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Audit;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Events;
using RecordingPlatform.Core.Jobs;
using RecordingPlatform.Core.Keys;
using RecordingPlatform.Core.Media;
using RecordingPlatform.Core.Objects;
using RecordingPlatform.Core.Processing;
using RecordingPlatform.Core.Recordings;
using RecordingPlatform.Core.Retention;

namespace RecordingPlatform.Core.Ingest;

public abstract record IntakeResult
{
    public sealed record Accepted(Recording Recording) : IntakeResult;
    public sealed record Unknown(UnknownReference Reference) : IntakeResult;
    /// <summary>The source's recording of that id has its bytes; these are not needed.</summary>
    public sealed record AlreadyThere(Recording Recording) : IntakeResult;
}

/// <summary>
/// Turns a complete original into a stored recording: conversation, recording, published object, data key, audit row,
/// event and first job in one transaction. Before it there is only a writing object; after it nothing is missing.
/// </summary>
public sealed partial class RecordingIntake(RecordingDb db, AuditTrail audit)
{
    public async Task<IntakeResult> AcceptAsync(PendingObject original, Guid sourceId, IntakeFields fields, MediaType type, Caller caller, CancellationToken ct)
    {
        var id = original.Row.OwnerId;
        var newSubject = Guid.CreateVersion7();
        // The key service may be slow: what is asked of it is asked before a transaction waits for the answer.
        if (await ForeseeOwnerAsync(id, sourceId, newSubject, fields, caller, ct) is { } owner)
            await original.PrepareAsync(owner, ct);
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var now = await db.NowAsync(ct);
        var (subject, unknown) = await FindSubjectAsync(fields.SubjectId, newSubject, caller, ct);
        if (unknown is not null)
            return new IntakeResult.Unknown(unknown);
        var appointment = await FindAppointmentAsync(fields.AppointmentId, subject, now, ct);
        subject ??= appointment?.SubjectId;
        var conversation = await JoinConversationAsync(sourceId, id, fields, appointment, subject, now, ct);
        subject ??= conversation.SubjectId;
        var recording = new Recording
        {
            Id = id,
            ConversationId = conversation.Id,
            SourceId = sourceId,
            ExternalId = id.ToString(),
            State = RecordingState.Stored,
            Title = fields.Title,
            SubjectId = subject,
            AppointmentId = appointment?.Id ?? conversation.AppointmentId,
            UploadedByUserId = caller.UserId,
            UploadedByKeyId = caller.ApiKeyId,
            RecordedAt = fields.StartedAt ?? now,
            ParticipantCount = Math.Max(new[] { fields.CallerPhone, fields.ReceiverPhone }.Count(p => p is not null), await db.Participants.CountAsync(p => p.ConversationId == conversation.Id, ct)),
            MimeType = type.AudioContentType,
            Container = type.Name,
            SizeBytes = original.Facts!.PlaintextLength,
            ContentSha256 = original.Facts.Sha256,
        };
        recording.RetainUntil = recording.RecordedAt.AddDays(await RetentionDays.OfAsync(db, conversation.Kind, sourceId, ct));
        db.Recordings.Add(recording);
        db.Events.Add(new EventRow { Kind = "recording.stored", RecordingId = id, ConversationId = conversation.Id });
        db.Enqueue(new ProcessRecording { RecordingId = id }, new JobOptions { RecordingId = id, UniqueKey = ProcessRecording.KeyOf(id) });
        await audit.RecordAsync(AuditAction.RecordingCreated, caller, ct, AuditTarget.Of(recording),
            new { object_id = original.Row.Id, size_bytes = recording.SizeBytes, sha256 = Convert.ToHexStringLower(recording.ContentSha256) });
        await db.SaveChangesAsync(ct);
        await original.PublishAsync(db, recording.KeyOwner, id, type.AudioContentType, fields.FileName, ct);
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        return new IntakeResult.Accepted(recording);
    }

    // Reads only; null when the intake will be refused. When somebody else makes the subject known at the same moment, the
    // transaction asks for the key after all.
    async Task<KeyOwner?> ForeseeOwnerAsync(Guid recordingId, Guid sourceId, Guid newSubject, IntakeFields fields, Caller caller, CancellationToken ct)
    {
        var subject = await KnownSubjectAsync(fields.SubjectId, caller, ct);
        if (subject is null && !caller.Is(Role.Patient) && fields.SubjectId is { } given)
        {
            if (Guid.TryParse(given, out _))
                return null;
            subject = newSubject;
        }
        if (subject is null && fields.AppointmentId is { } appointment)
            subject = await db.Appointments.Where(a => a.ExternalId == appointment).Select(a => a.SubjectId).SingleOrDefaultAsync(ct);
        if (subject is null && ExternalIdOf(fields) is { } external)
            subject = await db.Conversations.Where(c => c.SourceId == sourceId && c.ExternalId == external).Select(c => c.SubjectId).SingleOrDefaultAsync(ct);
        return subject is { } person ? new(OwnerKind.Subject, person) : new(OwnerKind.Recording, recordingId);
    }

    async Task<Guid?> KnownSubjectAsync(string? given, Caller caller, CancellationToken ct)
    {
        // A patient's own upload is about the patient, whatever it says.
        if (caller.Is(Role.Patient))
            return await db.Subjects.Where(s => s.UserId == caller.UserId).Select(s => (Guid?)s.Id).SingleOrDefaultAsync(ct);
        if (given is null)
            return null;
        if (Guid.TryParse(given, out var id) && await db.Subjects.AnyAsync(s => s.Id == id, ct))
            return id;
        return await db.Subjects.Where(s => s.ExternalId == given).Select(s => (Guid?)s.Id).SingleOrDefaultAsync(ct);
    }

    async Task<(Guid? Subject, UnknownReference? Unknown)> FindSubjectAsync(string? given, Guid made, Caller caller, CancellationToken ct)
    {
        if (await KnownSubjectAsync(given, caller, ct) is { } known)
            return (known, null);
        if (given is null || caller.Is(Role.Patient))
            return (null, null);
        if (Guid.TryParse(given, out _))
            return (null, new UnknownReference("subject_id", given));
        await db.Database.ExecuteSqlAsync($"insert into subjects (id, external_id) values ({made}, {given}) on conflict (external_id) do nothing", ct);
        return (await db.Subjects.Where(s => s.ExternalId == given).Select(s => (Guid?)s.Id).SingleAsync(ct), null);
    }

    async Task<Appointment?> FindAppointmentAsync(string? given, Guid? subject, DateTimeOffset now, CancellationToken ct)
    {
        if (given is null)
            return null;
        await db.Database.ExecuteSqlAsync($"""
            insert into appointments (id, external_id, subject_id, starts_at) values ({Guid.CreateVersion7()}, {given}, {subject}, {now})
            on conflict (external_id) do nothing
            """, ct);
        return await db.Appointments.SingleAsync(a => a.ExternalId == given, ct);
    }

    static string? ExternalIdOf(IntakeFields fields) => fields.CallId ?? fields.MeetingId ?? fields.AppointmentId;

    // Several recordings of one call meet in one conversation, also when they arrive at the same moment.
    async Task<Conversation> JoinConversationAsync(Guid sourceId, Guid recordingId, IntakeFields fields, Appointment? appointment, Guid? subject,
        DateTimeOffset now, CancellationToken ct)
    {
        var external = ExternalIdOf(fields) ?? recordingId.ToString();
        var kind = SnakeCase.Of(fields.Kind);
        await db.Database.ExecuteSqlAsync($"""
            insert into conversations (id, source_id, external_id, kind, title, caller_phone, receiver_phone, meeting_id, started_at, appointment_id, subject_id)
            values ({Guid.CreateVersion7()}, {sourceId}, {external}, {kind}, {fields.Title}, {fields.CallerPhone}, {fields.ReceiverPhone},
                    {fields.MeetingId}, {fields.StartedAt ?? now}, {appointment?.Id}, {subject})
            on conflict (source_id, external_id) do nothing
            """, ct);
        return await db.Conversations.SingleAsync(c => c.SourceId == sourceId && c.ExternalId == external, ct);
    }
}
