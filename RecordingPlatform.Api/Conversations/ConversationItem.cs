using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Recordings;
using RecordingPlatform.Core.Retention;
using RecordingPlatform.Core.Sources;

namespace RecordingPlatform.Api.Conversations;

/// <summary>What is known of a conversation itself.</summary>
internal record ConversationFacts
{
    public required Guid Id { get; init; }
    /// <summary>Name of the source.</summary>
    public required string Source { get; init; }
    public required SourceKind SourceKind { get; init; }
    /// <summary>The source's own id of it.</summary>
    public required string CallId { get; init; }
    public required ConversationKind Kind { get; init; }
    public required Direction Direction { get; init; }
    public string? Title { get; init; }
    public string? CallerPhone { get; init; }
    public string? ReceiverPhone { get; init; }
    public required DateTimeOffset StartedAt { get; init; }
    public DateTimeOffset? EndedAt { get; init; }
}

/// <summary>A conversation on one line: who, when, and all its media that the caller may know of.</summary>
internal sealed record ConversationItem : ConversationFacts
{
    public sealed record Person
    {
        public string? Identity { get; init; }
        public string? DisplayName { get; init; }
        public string? Phone { get; init; }
        public string? Role { get; init; }
        public short? Channel { get; init; }
    }

    public sealed record Medium
    {
        public required Guid RecordingId { get; init; }
        /// <summary>audio or video.</summary>
        [JsonPropertyName("medium")] public required string Kind { get; init; }
        public required string Status { get; init; }
        public double? DurationSeconds { get; init; }
        public required DateTimeOffset RecordedAt { get; init; }
        public long? SizeBytes { get; init; }
        public required bool Playable { get; init; }
        public string? StateReason { get; init; }
    }

    public sealed record Expected
    {
        public required Guid Id { get; init; }
        public required ExpectedMedium Medium { get; init; }
        public required ExpectationState State { get; init; }
        public required DateTimeOffset DueAt { get; init; }
        public string? AbsentReason { get; init; }
        /// <summary>What kept it from being found or taken, the last time that somebody looked.</summary>
        public string? LastProblem { get; init; }
        /// <summary>Whether it is still looked for by itself.</summary>
        public required bool Looking { get; init; }
        public DateTimeOffset? NextLookAt { get; init; }
        public Guid? RecordingId { get; init; }
    }

    public string? MeetingId { get; init; }
    public Guid? AppointmentId { get; init; }
    public double? DurationSeconds { get; init; }
    public required IReadOnlyList<Person> Participants { get; init; }
    public required IReadOnlyList<Medium> Media { get; init; }
    /// <summary>What should exist; empty for whom completeness is no business of.</summary>
    public required IReadOnlyList<Expected> Expectations { get; init; }
    public required bool LegalHold { get; init; }

    /// <summary>In the order of the ids, which the caller is known to see. Recordings that they do not see, and deleted ones, are left out.</summary>
    public static async Task<List<ConversationItem>> ReadAsync(RecordingDb db, IReadOnlyList<Guid> ids, Caller caller, CancellationToken ct)
    {
        var rows = await db.Conversations.AsNoTracking().Where(c => ids.Contains(c.Id))
            .Join(db.Sources, c => c.SourceId, s => s.Id, (conversation, source) => new
            {
                conversation,
                source.Name,
                source.Kind,
                Held = db.Holds.Any(h => h.ReleasedAt == null
                    && ((h.TargetKind == HoldTarget.Conversation && h.TargetId == conversation.Id) || (h.TargetKind == HoldTarget.Subject && h.TargetId == conversation.SubjectId))),
            }).ToListAsync(ct);
        var people = (await db.Participants.AsNoTracking().Where(p => ids.Contains(p.ConversationId)).OrderBy(p => p.Channel).ThenBy(p => p.Id).ToListAsync(ct)).ToLookup(p => p.ConversationId);
        var recordings = (await db.Recordings.AsNoTracking().VisibleTo(caller).Where(r => ids.Contains(r.ConversationId) && r.DeletedAt == null).OrderBy(r => r.RecordedAt).ThenBy(r => r.Id).ToListAsync(ct)).ToLookup(r => r.ConversationId);
        var seen = recordings.SelectMany(of => of).Select(r => r.Id).ToHashSet();
        var held = (await db.Holds.Where(h => h.ReleasedAt == null && h.TargetKind == HoldTarget.Recording && seen.Contains(h.TargetId)).Select(h => h.TargetId).ToListAsync(ct)).ToHashSet();
        var visible = caller.May(Permission.CompletenessRead) ? db.ExpectationsVisibleTo(caller) : null;
        var expectations = (visible is null ? [] : await visible.AsNoTracking().Where(e => ids.Contains(e.ConversationId)).OrderBy(e => e.DueAt).ThenBy(e => e.Id).ToListAsync(ct)).ToLookup(e => e.ConversationId);
        var known = rows.ToDictionary(r => r.conversation.Id);
        return [.. ids.Where(known.ContainsKey).Select(id => known[id]).Select(row => new ConversationItem
        {
            Id = row.conversation.Id,
            Source = row.Name,
            SourceKind = row.Kind,
            CallId = row.conversation.ExternalId,
            Kind = row.conversation.Kind,
            Direction = row.conversation.Direction,
            Title = row.conversation.Title,
            CallerPhone = row.conversation.CallerPhone,
            ReceiverPhone = row.conversation.ReceiverPhone,
            MeetingId = row.conversation.MeetingId,
            AppointmentId = row.conversation.AppointmentId,
            StartedAt = row.conversation.StartedAt,
            EndedAt = row.conversation.EndedAt,
            DurationSeconds = (row.conversation.EndedAt - row.conversation.StartedAt)?.TotalSeconds,
            Participants = [.. people[row.conversation.Id].Select(p => new Person { Identity = p.Identity, DisplayName = p.DisplayName, Phone = p.Phone, Role = p.Role, Channel = p.Channel })],
            Media = [.. recordings[row.conversation.Id].Select(r => MediumOf(r, expectations[row.conversation.Id]))],
            Expectations = [.. expectations[row.conversation.Id].Select(e => ExpectedOf(e, seen))],
            LegalHold = row.Held || recordings[row.conversation.Id].Any(r => held.Contains(r.Id)),
        })];
    }

    static Medium MediumOf(Recording recording, IEnumerable<Expectation> expectations) => new()
    {
        RecordingId = recording.Id,
        // Before it was looked into, it is what was expected.
        Kind = recording.VideoCodec is not null || (recording.AudioCodec is null && expectations.Any(e => e.RecordingId == recording.Id && e.Medium is not ExpectedMedium.Audio)) ? "video" : "audio",
        Status = RecordingStatus.Of(recording),
        DurationSeconds = recording.Duration?.TotalSeconds,
        RecordedAt = recording.RecordedAt,
        SizeBytes = recording.SizeBytes,
        Playable = recording.State == RecordingState.Ready,
        StateReason = recording.StateReason,
    };

    static Expected ExpectedOf(Expectation expectation, HashSet<Guid> seen) => new()
    {
        Id = expectation.Id,
        Medium = expectation.Medium,
        State = expectation.State,
        DueAt = expectation.DueAt,
        AbsentReason = expectation.AbsentReason,
        LastProblem = expectation.LastProblem,
        Looking = expectation.LookAt is not null,
        NextLookAt = expectation.LookAt,
        RecordingId = expectation.RecordingId is { } id && seen.Contains(id) ? id : null,
    };
}
