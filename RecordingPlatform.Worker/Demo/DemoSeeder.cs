#pragma warning disable RS0030 // The media are files of the program, made by itself, and no recordings of anybody.
using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Audit;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Events;
using RecordingPlatform.Core.Ingest;
using RecordingPlatform.Core.Media;
using RecordingPlatform.Core.Objects;
using RecordingPlatform.Core.Recordings;
using RecordingPlatform.Core.Retention;

namespace RecordingPlatform.Worker.Demo;

/// <summary>
/// Fills the platform with the demo conversations: each is announced, then its file comes in the way every recording does.
/// Safe to run twice, also after a run that broke off: a conversation that is there is not made again, and one that has a
/// recording gets no second one, deleted or not.
/// </summary>
internal sealed class DemoSeeder(RecordingDb db, DemoAnnouncements announcements, ObjectWriter objects, RecordingIntake intake, AuditTrail audit)
{
    /// <returns>How many recordings came in.</returns>
    public async Task<int> RunAsync(string mediaFolder, CancellationToken ct)
    {
        var now = await db.NowAsync(ct);
        var added = 0;
        // Oldest first, as it happened.
        foreach (var demo in DemoConversation.All.Reverse())
        {
            db.ChangeTracker.Clear();
            var conversation = await announcements.EnsureAsync(demo, now, ct);
            if (await db.Recordings.AnyAsync(r => r.ConversationId == conversation.Id, ct))
                continue;
            if (demo.File is { } file)
                await TakeInAsync(demo, conversation, Path.Combine(mediaFolder, file), ct);
            else
                await ExpectInVainAsync(demo, conversation, ct);
            if (demo.HeldFor is { } matter)
                await HoldAsync(conversation, matter, ct);
            added++;
        }
        return added;
    }

    async Task TakeInAsync(DemoConversation demo, Conversation conversation, string path, CancellationToken ct)
    {
        var content = await File.ReadAllBytesAsync(path, ct);
        var type = MediaRecognition.Recognise(content.AsSpan(0, Math.Min(content.Length, MediaRecognition.LeadingBytes)))
            ?? throw new InvalidDataException($"{path} does not begin like any media format.");
        await using var original = await objects.BeginAsync(new ObjectDraft { OwnerKind = OwnerKind.Recording, OwnerId = Guid.CreateVersion7(), Role = ObjectRole.Original }, ct);
        await original.WriteAsync(content, ct);
        await original.CompleteAsync(ct);
        var fields = new IntakeFields
        {
            // The conversation is found by this, whatever kind it is.
            CallId = demo.Id,
            CallerPhone = conversation.CallerPhone,
            ReceiverPhone = conversation.ReceiverPhone,
            StartedAt = conversation.StartedAt,
            Title = demo.Title,
            FileName = demo.File,
        };
        var result = await intake.AcceptAsync(original, conversation.SourceId, fields, type, Caller.System, ct);
        if (result is not IntakeResult.Accepted accepted)
            throw new InvalidOperationException($"The demo recording {demo.Id} was not taken in: {result}.");
        await db.Expectations.Where(e => e.ConversationId == conversation.Id && e.State == ExpectationState.Expected)
            .ExecuteUpdateAsync(set => set
                .SetProperty(e => e.State, ExpectationState.Received)
                .SetProperty(e => e.RecordingId, accepted.Recording.Id)
                .SetProperty(e => e.UpdatedAt, e => RecordingDb.Now()), ct);
    }

    // Announced by its source, and either not here yet or never to come.
    async Task ExpectInVainAsync(DemoConversation demo, Conversation conversation, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var recording = new Recording
        {
            Id = Guid.CreateVersion7(),
            ConversationId = conversation.Id,
            SourceId = conversation.SourceId,
            ExternalId = demo.Id,
            State = demo.AbsentBecause is null ? RecordingState.Receiving : RecordingState.Absent,
            StateReason = demo.AbsentBecause,
            Title = demo.Title,
            SubjectId = conversation.SubjectId,
            RecordedAt = conversation.StartedAt,
            ParticipantCount = demo.People.Count,
        };
        db.Recordings.Add(recording);
        db.Events.Add(new EventRow { Kind = $"recording.{RecordingStatus.Of(recording)}", RecordingId = recording.Id, ConversationId = conversation.Id });
        await audit.RecordAsync(AuditAction.RecordingCreated, Caller.System, ct, AuditTarget.Of(recording), new { status = RecordingStatus.Of(recording) });
        await db.SaveChangesAsync(ct);
        var state = demo.AbsentBecause is null ? ExpectationState.Late : ExpectationState.Absent;
        await db.Expectations.Where(e => e.ConversationId == conversation.Id)
            .ExecuteUpdateAsync(set => set
                .SetProperty(e => e.State, state)
                .SetProperty(e => e.RecordingId, recording.Id)
                .SetProperty(e => e.AbsentReason, demo.AbsentBecause)
                .SetProperty(e => e.UpdatedAt, e => RecordingDb.Now()), ct);
        await transaction.CommitAsync(ct);
    }

    async Task HoldAsync(Conversation conversation, string matterName, CancellationToken ct)
    {
        if (await db.Holds.AnyAsync(h => h.TargetKind == HoldTarget.Conversation && h.TargetId == conversation.Id, ct))
            return;
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        await db.Database.ExecuteSqlAsync($"select 1 from conversations where id = {conversation.Id} for update", ct);
        var matter = new Matter { Id = Guid.CreateVersion7(), Name = matterName, Reference = "LV-2026-118" };
        var hold = new Hold { Id = Guid.CreateVersion7(), MatterId = matter.Id, TargetKind = HoldTarget.Conversation, TargetId = conversation.Id, Reason = "The insurer asked for the alarm calls of that evening." };
        db.Matters.Add(matter);
        db.Holds.Add(hold);
        await audit.RecordAsync(AuditAction.HoldPlaced, Caller.System, ct, new AuditTarget("conversation", conversation.Id), new { hold_id = hold.Id, matter_id = matter.Id }, hold.Reason);
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
    }
}
