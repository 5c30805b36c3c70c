using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Recordings;
using RecordingPlatform.Core.Retention;
using RecordingPlatform.Core.Sources;

namespace RecordingPlatform.Api.Conversations;

/// <summary>What is read of a page of conversations, all at once.</summary>
internal sealed record ConversationRow(Conversation Conversation, string Source, SourceKind SourceKind)
{
    /// <summary>
    /// As the caller sees them, in the order given. Asks the rule itself what may be shown, whatever a list went by.
    /// </summary>
    public static async Task<IReadOnlyList<ConversationItem>> ReadAsync(RecordingDb db, Caller caller, IReadOnlyList<Guid> ids, CancellationToken ct)
    {
        if (ids.Count == 0)
            return [];
        var rows = await db.ConversationsVisibleTo(caller).AsNoTracking().Where(c => ids.Contains(c.Id))
            .Join(db.Sources, c => c.SourceId, s => s.Id, (c, s) => new ConversationRow(c, s.Name, s.Kind)).ToDictionaryAsync(r => r.Conversation.Id, ct);
        var found = rows.Keys.ToList();
        var people = await db.Participants.AsNoTracking().Where(p => found.Contains(p.ConversationId))
            .OrderBy(p => p.Channel).ThenBy(p => p.JoinedAt).ThenBy(p => p.Id).ToListAsync(ct);
        var recordings = await db.VisibleAmongFew(caller).AsNoTracking().Where(r => found.Contains(r.ConversationId) && r.DeletedAt == null)
            .OrderBy(r => r.RecordedAt).ThenBy(r => r.Id).ToListAsync(ct);
        var expectations = caller.May(Permission.CompletenessRead) && db.ExpectationsVisibleTo(caller) is { } visible
            ? await visible.AsNoTracking().Where(e => found.Contains(e.ConversationId)).OrderBy(e => e.DueAt).ThenBy(e => e.Id).ToListAsync(ct) : [];
        var rights = await RecordingRights.OfEachAsync(db, caller, recordings, ct);
        var held = await HeldAsync(db, rows.Values, recordings, ct);
        var (peopleOf, recordingsOf, expectationsOf) = (people.ToLookup(p => p.ConversationId), recordings.ToLookup(r => r.ConversationId), expectations.ToLookup(e => e.ConversationId));
        return [.. ids.Select(rows.GetValueOrDefault).OfType<ConversationRow>()
            .Select(row => row.ToItem([.. peopleOf[row.Conversation.Id]], [.. recordingsOf[row.Conversation.Id]], [.. expectationsOf[row.Conversation.Id]], rights, held))];
    }

    /// <summary>By whose holds none of it may go: its own, its subject's, or those of a recording that is shown.</summary>
    static async Task<HashSet<Guid>> HeldAsync(RecordingDb db, IReadOnlyCollection<ConversationRow> rows, List<Recording> recordings, CancellationToken ct)
    {
        var conversations = rows.Select(r => r.Conversation.Id).ToList();
        var media = recordings.Select(r => r.Id).ToList();
        var subjects = rows.Select(r => r.Conversation.SubjectId).Concat(recordings.Select(r => r.SubjectId)).OfType<Guid>().Distinct().ToList();
        var held = await db.Holds.Where(h => h.ReleasedAt == null
                && ((h.TargetKind == HoldTarget.Conversation && conversations.Contains(h.TargetId))
                    || (h.TargetKind == HoldTarget.Recording && media.Contains(h.TargetId))
                    || (h.TargetKind == HoldTarget.Subject && subjects.Contains(h.TargetId))))
            .Select(h => h.TargetId).Distinct().ToHashSetAsync(ct);
        return [.. rows.Where(r => held.Contains(r.Conversation.Id) || (r.Conversation.SubjectId is { } subject && held.Contains(subject))).Select(r => r.Conversation.Id),
            .. recordings.Where(r => held.Contains(r.Id) || (r.SubjectId is { } subject && held.Contains(subject))).Select(r => r.ConversationId)];
    }

    ConversationItem ToItem(Participant[] people, Recording[] recordings, Expectation[] expectations, IReadOnlyDictionary<Guid, RecordingRights> rights, HashSet<Guid> held) => new()
    {
        Id = Conversation.Id,
        Source = Source,
        SourceKind = SourceKind,
        CallId = Conversation.ExternalId,
        Kind = Conversation.Kind,
        Direction = Conversation.Direction,
        Title = Conversation.Title,
        CallerPhone = Conversation.CallerPhone,
        ReceiverPhone = Conversation.ReceiverPhone,
        MeetingId = Conversation.MeetingId,
        AppointmentId = Conversation.AppointmentId,
        StartedAt = Conversation.StartedAt,
        EndedAt = Conversation.EndedAt,
        DurationSeconds = (Conversation.EndedAt - Conversation.StartedAt)?.TotalSeconds,
        Participants = [.. people.Select(p => new ConversationItem.Participant { Identity = p.Identity, DisplayName = p.DisplayName, Phone = p.Phone, Role = p.Role, Channel = p.Channel })],
        Media = [.. recordings.Select(r => MediumOf(r, expectations.FirstOrDefault(e => e.RecordingId == r.Id), rights[r.Id]))],
        Expectations = [.. expectations.Select(e => ExpectedOf(e, recordings))],
        LegalHold = held.Contains(Conversation.Id),
    };

    static ConversationItem.Medium MediumOf(Recording recording, Expectation? expected, RecordingRights rights) => new()
    {
        RecordingId = recording.Id,
        // Before it was looked into, it is what was expected.
        Kind = recording.VideoCodec is not null || (recording.AudioCodec is null && expected is { Medium: not ExpectedMedium.Audio }) ? "video" : "audio",
        Status = RecordingStatus.Of(recording),
        DurationSeconds = recording.Duration?.TotalSeconds,
        RecordedAt = recording.RecordedAt,
        SizeBytes = recording.SizeBytes,
        Playable = rights.Play && recording.State == RecordingState.Ready,
        StateReason = recording.StateReason,
    };

    static ConversationItem.Expected ExpectedOf(Expectation expectation, Recording[] shown) => new()
    {
        Id = expectation.Id,
        Medium = expectation.Medium,
        State = expectation.State,
        DueAt = expectation.DueAt,
        AbsentReason = expectation.AbsentReason,
        LastProblem = expectation.LastProblem,
        Looking = expectation.LookAt is not null,
        NextLookAt = expectation.LookAt,
        RecordingId = shown.Any(r => r.Id == expectation.RecordingId) ? expectation.RecordingId : null,
    };
}
