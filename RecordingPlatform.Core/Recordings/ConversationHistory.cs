using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Data;

namespace RecordingPlatform.Core.Recordings;

public enum HistoryMedia { Audio, Video, Missing }

/// <summary>What the history is narrowed to. Newest <c>started_at</c> first, then by id.</summary>
public sealed record HistoryFilter
{
    public DateTimeOffset? From { get; init; }
    public DateTimeOffset? To { get; init; }
    /// <summary>Digits that a phone number of the conversation ends with, at least <see cref="FewestDigits"/>; see <see cref="TailOf"/>.</summary>
    public string? NumberTail { get; init; }
    /// <summary>Part of somebody's name or identity.</summary>
    public string? Participant { get; init; }
    public Direction? Direction { get; init; }
    public string? Source { get; init; }
    public ConversationKind? Kind { get; init; }
    public HistoryMedia? Media { get; init; }
    /// <summary>Part of a title, call id or meeting id.</summary>
    public string? Text { get; init; }

    public const int FewestDigits = 3;

    /// <summary>The digits of a number without the prefixes that say from where it is dialled; null when too few are left.</summary>
    public static string? TailOf(string number)
    {
        var digits = new string([.. number.Where(char.IsAsciiDigit)]).TrimStart('0');
        return digits.Length >= FewestDigits ? digits : null;
    }

    /// <summary>Narrows; expectations count only for whom they are visible.</summary>
    public IQueryable<Conversation> Apply(RecordingDb db, IQueryable<Conversation> conversations, Caller caller)
    {
        if (From is not null)
            conversations = conversations.Where(c => c.StartedAt >= From);
        if (To is not null)
            conversations = conversations.Where(c => c.StartedAt < To);
        if (Direction is not null)
            conversations = conversations.Where(c => c.Direction == Direction);
        if (Kind is not null)
            conversations = conversations.Where(c => c.Kind == Kind);
        // By its id, found first: joined, the index that has them in order could not be walked.
        if (Source is not null)
            conversations = conversations.Where(c => c.SourceId == db.Sources.Where(s => s.Name == Source).Select(s => s.Id).FirstOrDefault());
        if (NumberTail is { } tail)
        {
            var pattern = new string([.. tail.Reverse()]) + "%";
            // A union of what three indexes find: as one condition with "or" none of them would serve.
            var ended = db.Conversations.Where(c => c.CallerPhone != null && EF.Functions.Like(RecordingDb.PhoneTail(c.CallerPhone), pattern)).Select(c => c.Id)
                .Union(db.Conversations.Where(c => c.ReceiverPhone != null && EF.Functions.Like(RecordingDb.PhoneTail(c.ReceiverPhone), pattern)).Select(c => c.Id))
                .Union(db.Participants.Where(p => p.Phone != null && EF.Functions.Like(RecordingDb.PhoneTail(p.Phone), pattern)).Select(p => p.ConversationId));
            conversations = conversations.Where(c => ended.Contains(c.Id));
        }
        if (Participant is { } name)
        {
            var named = db.Participants.Where(p => EF.Functions.ILike((p.DisplayName ?? "") + " " + (p.Identity ?? ""), Containing(name), "\\")).Select(p => p.ConversationId);
            conversations = conversations.Where(c => named.Contains(c.Id));
        }
        if (Text is { } text)
            conversations = conversations.Where(c => EF.Functions.ILike((c.Title ?? "") + " " + c.ExternalId + " " + (c.MeetingId ?? ""), Containing(text), "\\"));
        return Media switch
        {
            null => conversations,
            HistoryMedia.Missing => db.ExpectationsVisibleTo(caller) is { } expectations
                ? conversations.Where(c => expectations.Any(e => e.ConversationId == c.Id && (e.State == ExpectationState.Expected || e.State == ExpectationState.Late || e.State == ExpectationState.Absent)))
                : conversations.Where(c => false),
            HistoryMedia.Video => conversations.Where(c => db.Recordings.VisibleTo(caller).Any(r => r.ConversationId == c.Id && r.DeletedAt == null && r.VideoCodec != null)),
            HistoryMedia.Audio => conversations.Where(c => db.Recordings.VisibleTo(caller).Any(r => r.ConversationId == c.Id && r.DeletedAt == null && r.AudioCodec != null && r.VideoCodec == null)),
            _ => throw new InvalidOperationException($"There is no medium {Media}."),
        };
    }

    static string Containing(string text) =>
        $"%{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("%", "\\%", StringComparison.Ordinal).Replace("_", "\\_", StringComparison.Ordinal)}%";
}

/// <summary>One page of conversations by id, newest first.</summary>
public sealed record HistoryPage(IReadOnlyList<Guid> Ids, RecordingCursor? Next, RecordingCursor? Previous);

/// <summary>Finds the conversations that a caller sees. Pages by cursor cost the same however deep they lie.</summary>
public sealed class ConversationHistory(RecordingDb db)
{
    public const int CountLimit = 1000;

    public async Task<HistoryPage> PageAsync(HistoryFilter filter, Caller caller, RecordingCursor? cursor, int skip, int take, CancellationToken ct)
    {
        var conversations = filter.Apply(db, db.ConversationsVisibleTo(caller), caller);
        if (cursor is var (at, id))
            conversations = conversations.Where(c => EF.Functions.LessThan(ValueTuple.Create(c.StartedAt, c.Id), ValueTuple.Create(at, id)));
        var found = await conversations.OrderByDescending(c => c.StartedAt).ThenByDescending(c => c.Id).Skip(skip).Take(take + 1)
            .Select(c => new { c.StartedAt, c.Id }).ToListAsync(ct);
        var shown = found.Take(take).Select(c => new RecordingCursor(c.StartedAt, c.Id)).ToList();
        return new HistoryPage([.. shown.Select(c => c.Id)], found.Count > take ? shown[^1] : null, shown.Count > 0 && (cursor is not null || skip > 0) ? shown[0] : null);
    }

    /// <summary>The page that ends just above <paramref name="cursor"/>.</summary>
    public async Task<HistoryPage> PageBeforeAsync(HistoryFilter filter, Caller caller, RecordingCursor cursor, int take, CancellationToken ct)
    {
        var (at, id) = cursor;
        var found = await filter.Apply(db, db.ConversationsVisibleTo(caller), caller)
            .Where(c => EF.Functions.GreaterThan(ValueTuple.Create(c.StartedAt, c.Id), ValueTuple.Create(at, id)))
            .OrderBy(c => c.StartedAt).ThenBy(c => c.Id).Take(take + 1).Select(c => new { c.StartedAt, c.Id }).ToListAsync(ct);
        var shown = found.Take(take).Reverse().Select(c => new RecordingCursor(c.StartedAt, c.Id)).ToList();
        return new HistoryPage([.. shown.Select(c => c.Id)], shown.Count > 0 ? shown[^1] : null, found.Count > take ? shown[0] : null);
    }

    /// <summary>Exact up to <see cref="CountLimit"/>; one more than that when there are more.</summary>
    public Task<int> CountAsync(HistoryFilter filter, Caller caller, CancellationToken ct) =>
        // In order also where only their number matters: it keeps the planner on the index that has them so.
        filter.Apply(db, db.ConversationsVisibleTo(caller), caller).OrderByDescending(c => c.StartedAt).ThenByDescending(c => c.Id).Take(CountLimit + 1).CountAsync(ct);
}
