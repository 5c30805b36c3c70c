using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Audit;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Events;
using RecordingPlatform.Core.Ingest;
using RecordingPlatform.Core.Recordings;
using RecordingPlatform.Core.Retention;
using RecordingPlatform.Core.Sources;

namespace RecordingPlatform.Core.Jibri;

/// <summary>
/// What Jibri's report of a finished recording makes: the meeting, a recording for each file, what is expected, and the look
/// where the files lie. Runs in the applier's transaction.
/// </summary>
internal sealed class MeetingBook(RecordingDb db, AuditTrail audit)
{
    static readonly TimeSpan LooksFor = TimeSpan.FromHours(24);

    public async Task<Applied> WriteAsync(Source source, RawEvent incoming, ReadOnlyMemory<byte> body, CancellationToken ct)
    {
        var (report, refusal) = JibriReport.Read(body, incoming.ReceivedAt);
        if (report is null)
            return new Applied.Nothing(refusal!.Detail);
        await LockAsync(source, report, ct);
        var startedAt = report.RecordingName.StartedAt(TimeZoneInfo.FindSystemTimeZoneById(source.TimeZone)) ?? report.RecordedAt ?? incoming.ReceivedAt;
        var (conversation, _) = await new ConversationBook(db).WriteAsync(new ReportedConversation
        {
            SourceId = source.Id,
            Keys = [MediaPath.KeyOf(report.StoragePath)],
            Kind = ConversationKind.Meeting,
            Title = report.MeetingId,
            MeetingId = report.MeetingId,
            StartedAt = startedAt,
            Participants = report.Participants,
        }, ct);
        var recording = await ExpectAsync(report.StoragePath, report.FileSizeBytes, conversation, source, startedAt, ct);
        if (report.AudioPath is { } audio)
            await ExpectAsync(audio, null, conversation, source, startedAt, ct);
        return new Applied.To(conversation.Id, recording);
    }

    // Before the meeting's own row, as whoever brings a file takes them; and in one order, so that none waits in a ring.
    async Task LockAsync(Source source, JibriReport report, CancellationToken ct)
    {
        foreach (var externalId in new[] { report.StoragePath, report.AudioPath }.OfType<string>().Select(MediaPath.ExternalIdOf).Order(StringComparer.Ordinal))
            await db.Database.ExecuteSqlAsync($"select pg_advisory_xact_lock(hashtextextended('recording ' || {source.Id} || ' ' || {externalId}, 0))", ct);
    }

    /// <summary>The recording that the file is or will be; it may have come before its report.</summary>
    async Task<Guid> ExpectAsync(string reported, long? size, Conversation conversation, Source source, DateTimeOffset startedAt, CancellationToken ct)
    {
        var externalId = MediaPath.ExternalIdOf(reported);
        var recording = await db.Recordings.SingleOrDefaultAsync(r => r.SourceId == source.Id && r.ExternalId == externalId, ct);
        var now = await db.NowAsync(ct);
        // Nobody pushes a file without a byte, and without a location nobody fetches it: the report is all there will be.
        recording ??= await AnnounceAsync(externalId, size == 0 && source.MediaLocation is null ? FileJudgement.NothingRecorded : null, conversation, source, startedAt, ct);
        var medium = FoundMeeting.MediumOf(reported);
        var expectation = await db.Expectations.SingleOrDefaultAsync(e => e.ConversationId == conversation.Id && e.Medium == medium && e.ExternalId == externalId, ct);
        if (expectation is null)
        {
            db.Expectations.Add(expectation = new Expectation
            {
                Id = Guid.CreateVersion7(), ConversationId = conversation.Id, SourceId = source.Id, Medium = medium, ExternalId = externalId,
                DueAt = now.AddMinutes(SourceSettings.Read(source.Settings).DueAfterMinutes),
            });
            if (recording.SizeBytes is not null || recording.State == RecordingState.Absent)
                expectation.Settle(recording.Id, now, recording.State == RecordingState.Absent ? recording.StateReason : null);
            db.Events.Add(expectation.Changed());
        }
        if (expectation.State is ExpectationState.Expected or ExpectationState.Late)
            await LookAsync(expectation, reported, size, source, now, ct);
        await db.SaveChangesAsync(ct);
        return recording.Id;
    }

    // The path is what the report adds: where below the media location the file is to be looked for.
    async Task LookAsync(Expectation expectation, string reported, long? size, Source source, DateTimeOffset now, CancellationToken ct)
    {
        // Without a location the file is pushed, or it never comes.
        if (source.MediaLocation is null || !MediaLocation.TryParse(source.MediaLocation, out var location, out _))
            return;
        if (!MediaPath.TryRelate(reported, location, out var path, out var problem))
        {
            expectation.LastProblem = problem;
            return;
        }
        (expectation.LookFrom, expectation.LookAt, expectation.LookUntil) = (now, now, now + LooksFor);
        await db.SaveChangesAsync(ct);
        await db.Database.ExecuteSqlAsync($"""
            insert into spool_files (id, source_id, path, size_bytes, reported_bytes, modified_at, still_looks, conversation_id)
            values ({Guid.CreateVersion7()}, {source.Id}, {path}, 0, {size}, {now}, 0, {expectation.ConversationId})
            on conflict (source_id, path) do update set
                reported_bytes = coalesce(excluded.reported_bytes, spool_files.reported_bytes),
                conversation_id = coalesce(spool_files.conversation_id, excluded.conversation_id)
            """, ct);
        await WatchSource.EnsureAsync(db, source.Id, ct);
    }

    async Task<Recording> AnnounceAsync(string externalId, string? absentBecause, Conversation conversation, Source source, DateTimeOffset startedAt, CancellationToken ct)
    {
        var recording = new Recording
        {
            Id = Guid.CreateVersion7(),
            ConversationId = conversation.Id,
            SourceId = source.Id,
            ExternalId = externalId,
            State = absentBecause is null ? RecordingState.Receiving : RecordingState.Absent,
            StateReason = absentBecause,
            Title = conversation.Title,
            SubjectId = conversation.SubjectId,
            AppointmentId = conversation.AppointmentId,
            RecordedAt = startedAt,
            RetainUntil = startedAt.AddDays(await RetentionDays.OfAsync(db, conversation.Kind, source.Id, ct)),
            ParticipantCount = await db.Participants.CountAsync(p => p.ConversationId == conversation.Id, ct),
        };
        db.Recordings.Add(recording);
        var status = RecordingStatus.Of(recording);
        db.Events.Add(new EventRow { Kind = $"recording.{status}", RecordingId = recording.Id, ConversationId = conversation.Id });
        await audit.RecordAsync(AuditAction.RecordingCreated, Caller.System, ct, AuditTarget.Of(recording), new { status, source_id = source.Id });
        await db.SaveChangesAsync(ct);
        return recording;
    }
}
