using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Objects;
using RecordingPlatform.Core.Recordings;
using RecordingPlatform.Core.Retention;

namespace RecordingPlatform.Api.Recordings;

/// <summary>What lies around one recording: who took part, what else was captured, and what has become of it.</summary>
internal sealed record RecordingContext
{
    const int MostOthers = 50;

    public sealed record Participant
    {
        /// <summary>Their name, else how the source calls them, else their number.</summary>
        public string? Name { get; init; }
        public string? Role { get; init; }
        /// <summary>Where their voice is alone, counted from 1.</summary>
        public int? Channel { get; init; }
        public required IReadOnlyList<Decision> Consents { get; init; }
    }

    /// <summary>The newest for its purpose.</summary>
    public sealed record Decision
    {
        public required ConsentPurpose Purpose { get; init; }
        public required ConsentState State { get; init; }
        public required DateTimeOffset DecidedAt { get; init; }
    }

    /// <summary>Another medium of the same conversation that this caller sees.</summary>
    public sealed record Other
    {
        public required Guid Id { get; init; }
        public string? Title { get; init; }
        public required string Status { get; init; }
        public required bool Video { get; init; }
        public double? DurationSeconds { get; init; }
        public required DateTimeOffset RecordedAt { get; init; }
    }

    public IReadOnlyList<Participant> Participants { get; init; } = [];
    public IReadOnlyList<Other> Others { get; init; } = [];
    /// <summary>When the original was safely kept.</summary>
    public DateTimeOffset? StoredAt { get; init; }
    /// <summary>When what plays now was made.</summary>
    public DateTimeOffset? ProcessedAt { get; init; }
    /// <summary>Since when the oldest hold in force keeps it.</summary>
    public DateTimeOffset? HeldSince { get; init; }
    /// <summary>When a deleted recording is destroyed for good.</summary>
    public DateTimeOffset? PurgeAfter { get; init; }

    public static async Task<RecordingContext> ReadAsync(RecordingDb db, Caller caller, Recording recording, CancellationToken ct)
    {
        var objects = await db.Objects.AsNoTracking()
            .Where(o => o.RecordingId == recording.Id && o.State == ObjectState.Published && o.SupersededAt == null && (o.Role == ObjectRole.Original || o.Role == ObjectRole.Playback))
            .Select(o => new { o.Role, o.PublishedAt, o.PurgeAfter }).ToListAsync(ct);
        var heldSince = await db.Holds.Where(h => h.ReleasedAt == null
                && ((h.TargetKind == HoldTarget.Recording && h.TargetId == recording.Id)
                    || (h.TargetKind == HoldTarget.Conversation && h.TargetId == recording.ConversationId)
                    || (h.TargetKind == HoldTarget.Subject && h.TargetId == recording.SubjectId)))
            .MinAsync(h => (DateTimeOffset?)h.PlacedAt, ct);
        var others = await db.Recordings.AsNoTracking().Where(r => r.ConversationId == recording.ConversationId && r.Id != recording.Id && r.DeletedAt == null)
            .VisibleTo(caller).OrderBy(r => r.RecordedAt).ThenBy(r => r.Id).Take(MostOthers)
            .Select(r => new { r.Id, r.Title, r.Status, r.VideoCodec, r.Duration, r.RecordedAt }).ToListAsync(ct);
        return new RecordingContext
        {
            Participants = await ParticipantsAsync(db, recording.ConversationId, ct),
            Others = [.. others.Select(r => new Other
            {
                Id = r.Id, Title = r.Title, Status = r.Status, Video = r.VideoCodec is not null, DurationSeconds = r.Duration?.TotalSeconds, RecordedAt = r.RecordedAt,
            })],
            StoredAt = objects.Where(o => o.Role == ObjectRole.Original).Min(o => o.PublishedAt),
            ProcessedAt = objects.Where(o => o.Role == ObjectRole.Playback).Max(o => o.PublishedAt),
            HeldSince = heldSince,
            PurgeAfter = recording.DeletedAt is null ? null : objects.Max(o => o.PurgeAfter),
        };
    }

    static async Task<IReadOnlyList<Participant>> ParticipantsAsync(RecordingDb db, Guid conversationId, CancellationToken ct)
    {
        var people = await db.Participants.AsNoTracking().Where(p => p.ConversationId == conversationId).OrderBy(p => p.Channel).ThenBy(p => p.JoinedAt).ThenBy(p => p.Id).ToListAsync(ct);
        if (people.Count == 0)
            return [];
        var ids = people.Select(p => p.Id).ToList();
        var subjects = people.Select(p => p.SubjectId).OfType<Guid>().ToList();
        var decisions = await db.Consents.AsNoTracking()
            .Where(c => (c.ParticipantId != null && ids.Contains(c.ParticipantId.Value)) || (c.SubjectId != null && subjects.Contains(c.SubjectId.Value)))
            .OrderByDescending(c => c.DecidedAt).ThenByDescending(c => c.Id).ToListAsync(ct);
        return [.. people.Select(person => new Participant
        {
            Name = person.DisplayName ?? person.Identity ?? person.Phone,
            Role = person.Role,
            Channel = person.Channel,
            Consents = [.. decisions.Where(c => c.ParticipantId == person.Id || (c.SubjectId is not null && c.SubjectId == person.SubjectId))
                .DistinctBy(c => c.Purpose).OrderBy(c => c.Purpose).Select(c => new Decision { Purpose = c.Purpose, State = c.State, DecidedAt = c.DecidedAt })],
        })];
    }
}
