using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Ingest;
using RecordingPlatform.Core.Jobs;
using RecordingPlatform.Core.Recordings;
using RecordingPlatform.Core.Sources;

namespace RecordingPlatform.Core.FreePbx;

/// <summary>
/// What a PBX's report of a call makes: the conversation, the recording that is expected of it, the look into the spool, and
/// the camera's clip. Runs in the applier's transaction.
/// </summary>
internal sealed class CallBook(RecordingDb db)
{
    /// <summary>How long the spool is looked through for a call before a person has to ask for it.</summary>
    static readonly TimeSpan LooksFor = TimeSpan.FromHours(24);

    // A camera shows what is, not what was: a report that comes later than this brings no clip.
    static readonly TimeSpan ClipWithin = TimeSpan.FromMinutes(2);

    public async Task<Applied> WriteAsync(Source source, RawEvent incoming, ReadOnlyMemory<byte> body, CancellationToken ct)
    {
        var (report, refusal) = CallReport.Read(body, incoming.ReceivedAt);
        if (report is null)
            return new Applied.Nothing(refusal!.Detail);
        var settings = SourceSettings.Read(source.Settings);
        var (conversation, _) = await new ConversationBook(db).WriteAsync(report.Conversation(source.Id), ct);
        await ExpectAudioAsync(report, conversation, settings, ct);
        if (report.Camera is { } camera)
            await ExpectClipAsync(camera, conversation, source, settings, incoming, ct);
        return new Applied.To(conversation.Id);
    }

    async Task ExpectAudioAsync(CallReport report, Conversation conversation, SourceSettings settings, CancellationToken ct)
    {
        var now = await db.NowAsync(ct);
        var due = (conversation.EndedAt ?? conversation.StartedAt).AddMinutes(settings.DueAfterMinutes);
        var expectation = (await db.Expectations.FromSql($"select * from expectations where conversation_id = {conversation.Id} and medium = 'audio' and external_id = '' for update").ToListAsync(ct)).SingleOrDefault();
        if (expectation is null)
        {
            db.Expectations.Add(expectation = new Expectation { Id = Guid.CreateVersion7(), ConversationId = conversation.Id, SourceId = conversation.SourceId, Medium = ExpectedMedium.Audio });
            db.Events.Add(expectation.Changed());
        }
        // What came may be of one leg, and this the end of another with a file of its own: it stays received and is looked for again.
        else if (expectation.State is ExpectationState.Absent || (expectation.State is ExpectationState.Received && report.Event != CallEvent.CallEnded))
        {
            return;
        }
        if (due > expectation.DueAt)
            expectation.DueAt = due;
        // The file is written while the call lasts and closed when it ends: both are moments to look often.
        if (expectation.LookFrom is null || report.Event == CallEvent.CallEnded)
            (expectation.LookFrom, expectation.LookAt) = (now, now);
        if (now + LooksFor is var until && (expectation.LookUntil is null || until > expectation.LookUntil))
            expectation.LookUntil = until;
        expectation.UpdatedAt = now;
        await db.SaveChangesAsync(ct);
        await WatchSource.EnsureAsync(db, conversation.SourceId, ct);
    }

    async Task ExpectClipAsync(string camera, Conversation conversation, Source source, SourceSettings settings, RawEvent incoming, CancellationToken ct)
    {
        var of = CameraClip.ExpectationOf(camera);
        if (await db.Expectations.AnyAsync(e => e.ConversationId == conversation.Id && e.Medium == ExpectedMedium.Video && e.ExternalId == of, ct))
            return;
        var now = await db.NowAsync(ct);
        var expectation = new Expectation
        {
            Id = Guid.CreateVersion7(), ConversationId = conversation.Id, SourceId = source.Id, Medium = ExpectedMedium.Video, ExternalId = of, DueAt = now + ClipWithin,
        };
        db.Expectations.Add(expectation);
        if (!settings.Cameras.Any(c => c.Id == camera))
            (expectation.State, expectation.AbsentReason) = (ExpectationState.Absent, "The report names a camera that is not among the source's cameras.");
        else if (now - incoming.ReceivedAt > ClipWithin)
            (expectation.State, expectation.AbsentReason) = (ExpectationState.Absent, "The report was worked on too late: the camera would have shown another moment.");
        else
        {
            db.Enqueue(new CameraClip { SourceId = source.Id, ConversationId = conversation.Id, Camera = camera },
                new JobOptions { Priority = JobOptions.HighPriority, UniqueKey = CameraClip.KeyOf(conversation.Id, camera), DeadlineAt = now + ClipWithin });
        }
        db.Events.Add(expectation.Changed());
        await db.SaveChangesAsync(ct);
    }
}
