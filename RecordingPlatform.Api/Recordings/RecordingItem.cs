using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Objects;
using RecordingPlatform.Core.Recordings;
using RecordingPlatform.Core.Retention;

namespace RecordingPlatform.Api.Recordings;

/// <summary>A recording as lists show it.</summary>
internal record RecordingItem
{
    public required Guid Id { get; init; }
    public required Guid ConversationId { get; init; }
    public string? MeetingId { get; init; }
    public string? Title { get; init; }
    /// <summary>Opaque name of the original in the object store.</summary>
    public string? StoragePath { get; init; }
    /// <summary>Opaque name of the playback rendition, or of the original while there is none.</summary>
    public string? AudioPath { get; init; }
    public long? FileSizeBytes { get; init; }
    public double? DurationSeconds { get; init; }
    public required int ParticipantCount { get; init; }
    public required bool HasVideo { get; init; }
    /// <summary>receiving, stored, processing, ready, failed, damaged, absent or deleted.</summary>
    public required string Status { get; init; }
    public required DateTimeOffset RecordedAt { get; init; }
    public int? RetentionDays { get; init; }
    public DateTimeOffset? RetentionExpiresAt { get; init; }
    public string? TranscriptionStatus { get; init; }
    public Guid? TranscriptionId { get; init; }
    public required string Source { get; init; }
    public required string CallId { get; init; }
    public required bool LegalHold { get; init; }
    public required Tier Tier { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset UpdatedAt { get; init; }
}

/// <summary>The columns a list needs, as one query reads them.</summary>
internal sealed record RecordingRow(
    Recording Recording, Conversation Conversation, string Source, string? Original, string? Playback, Tier? Tier, bool Held)
{
    static readonly Func<RecordingDb, Guid[], IAsyncEnumerable<RecordingRow>> ByIds = EF.CompileAsyncQuery((RecordingDb db, Guid[] ids) => db.Recordings.AsNoTracking()
        .Where(r => ids.Contains(r.Id))
        .Select(r => new RecordingRow(
            r,
            r.Conversation,
            r.Source.Name,
            r.Objects.Where(o => o.Role == ObjectRole.Original && o.State == ObjectState.Published && o.SupersededAt == null).Select(o => o.Name).FirstOrDefault(),
            r.Objects.Where(o => o.Role == ObjectRole.Playback && o.Variant == "high" && o.State == ObjectState.Published && o.SupersededAt == null).Select(o => o.Name).FirstOrDefault(),
            r.Objects.Where(o => o.Role == ObjectRole.Original && o.State == ObjectState.Published && o.SupersededAt == null).Select(o => (Tier?)o.Tier).FirstOrDefault(),
            db.Holds.Any(h => h.ReleasedAt == null
                && ((h.TargetKind == HoldTarget.Recording && h.TargetId == r.Id)
                    || (h.TargetKind == HoldTarget.Conversation && h.TargetId == r.ConversationId)
                    || (h.TargetKind == HoldTarget.Subject && h.TargetId == r.SubjectId))))));

    /// <summary>Reads them in one query, in the order given. Whether the caller sees them is decided before.</summary>
    public static async Task<List<RecordingRow>> ReadAsync(RecordingDb db, IReadOnlyList<Guid> ids, CancellationToken ct)
    {
        if (ids.Count == 0)
            return [];
        var rows = new Dictionary<Guid, RecordingRow>(ids.Count);
        await foreach (var row in ByIds(db, [.. ids]).WithCancellation(ct))
            rows.Add(row.Recording.Id, row);
        return [.. ids.Select(id => rows.GetValueOrDefault(id)).OfType<RecordingRow>()];
    }

    public RecordingItem ToItem() => new()
    {
        Id = Recording.Id,
        ConversationId = Recording.ConversationId,
        MeetingId = Conversation.MeetingId,
        Title = Recording.Title,
        StoragePath = Original,
        AudioPath = Playback ?? Original,
        FileSizeBytes = Recording.SizeBytes,
        DurationSeconds = Recording.Duration?.TotalSeconds,
        ParticipantCount = Recording.ParticipantCount,
        HasVideo = Recording.VideoCodec is not null,
        Status = RecordingStatus.Of(Recording),
        RecordedAt = Recording.RecordedAt,
        RetentionDays = Recording.RetainUntil is { } until ? (int)Math.Round((until - Recording.RecordedAt).TotalDays) : null,
        RetentionExpiresAt = Recording.RetainUntil,
        TranscriptionStatus = Recording.TranscriptionStatus,
        TranscriptionId = Recording.TranscriptionId,
        Source = Source,
        CallId = Conversation.ExternalId,
        LegalHold = Held,
        Tier = Tier ?? Core.Objects.Tier.Hot,
        CreatedAt = Recording.CreatedAt,
        UpdatedAt = Recording.UpdatedAt,
    };
}
