using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Data;

namespace RecordingPlatform.Core.Recordings;

public enum ConversationMedia
{
    /// <summary>There is sound without a picture.</summary>
    Audio,
    /// <summary>There is a picture.</summary>
    Video,
    /// <summary>A recording was due and is not there, also when somebody has said why.</summary>
    Missing,
}

/// <summary>What the history is narrowed to. Newest <c>started_at</c> first, then by id.</summary>
public sealed record ConversationFilter
{
    public DateTimeOffset? From { get; init; }
    public DateTimeOffset? To { get; init; }
    /// <summary>The last digits of somebody's phone number: <see cref="DigitsOf"/>.</summary>
    public string? Digits { get; init; }
    /// <summary>Part of the name or identity of somebody who took part.</summary>
    public string? Participant { get; init; }
    public Direction? Direction { get; init; }
    /// <summary>Its name.</summary>
    public string? Source { get; init; }
    public ConversationKind? Kind { get; init; }
    public ConversationMedia? Media { get; init; }
    /// <summary>Part of a title, call id, meeting id, phone number, name or identity.</summary>
    public string? Text { get; init; }

    /// <summary>
    /// The digits that a phone number is looked for by: without what people write between them, and without the zeros by which it
    /// is dialled from here or from abroad.
    /// </summary>
    public static string DigitsOf(string number) => string.Concat(number.Where(char.IsAsciiDigit)).TrimStart('0');

    public IQueryable<Conversation> Apply(RecordingDb db, Caller caller, IQueryable<Conversation> conversations)
    {
        if (From is not null)
            conversations = conversations.Where(c => c.StartedAt >= From);
        if (To is not null)
            conversations = conversations.Where(c => c.StartedAt < To);
        return ApplyRest(db, caller, conversations);
    }

    public IQueryable<ConversationViewer> Apply(IQueryable<ConversationViewer> viewers)
    {
        if (From is not null)
            viewers = viewers.Where(v => v.StartedAt >= From);
        if (To is not null)
            viewers = viewers.Where(v => v.StartedAt < To);
        return viewers;
    }

    /// <summary>Whether <see cref="ApplyRest"/> narrows at all.</summary>
    public bool HasRest => HasWords || Source is not null || Direction is not null || Kind is not null || Media is not null;

    /// <summary>Whether something is looked for by what it contains.</summary>
    public bool HasWords => (Digits ?? Participant ?? Text) is not null;

    /// <summary>Narrows by what it contains.</summary>
    public IQueryable<Conversation> ApplyWords(IQueryable<Conversation> conversations)
    {
        if (Digits is not null)
        {
            var ends = $"%{Digits}\n%";
            conversations = conversations.Where(c => EF.Functions.Like(c.SearchNumbers!, ends));
        }
        if (Participant is not null)
        {
            var named = Containing(Participant);
            conversations = conversations.Where(c => EF.Functions.ILike(c.SearchPeople!, named, "\\"));
        }
        if (Text is not null)
        {
            var words = Containing(Text);
            conversations = conversations.Where(c => EF.Functions.ILike(c.SearchText!, words, "\\"));
        }
        return conversations;
    }

    /// <summary>Narrows by all but time, and by no recording or expectation that the caller does not see.</summary>
    public IQueryable<Conversation> ApplyRest(RecordingDb db, Caller caller, IQueryable<Conversation> conversations)
    {
        if (Kind is not null)
            conversations = conversations.Where(c => c.Kind == Kind);
        if (Direction is not null)
            conversations = conversations.Where(c => c.Direction == Direction);
        // By its id, found first: joined, the index that has them in order could not be walked.
        if (Source is not null)
            conversations = conversations.Where(c => c.SourceId == db.Sources.Where(s => s.Name == Source).Select(s => s.Id).FirstOrDefault());
        conversations = ApplyWords(conversations);
        return Media is null ? conversations : ApplyMedia(db, caller, conversations);
    }

    IQueryable<Conversation> ApplyMedia(RecordingDb db, Caller caller, IQueryable<Conversation> conversations)
    {
        if (Media == ConversationMedia.Missing)
        {
            if (!caller.May(Permission.CompletenessRead) || db.ExpectationsVisibleTo(caller) is not { } expectations)
                return conversations.Where(c => false);
            var missing = expectations.Where(e => (e.State == ExpectationState.Expected && e.DueAt <= RecordingDb.Now()) || e.State == ExpectationState.Late || e.State == ExpectationState.Absent);
            return conversations.Where(c => missing.Any(e => e.ConversationId == c.Id));
        }
        var recordings = db.VisibleAmongFew(caller).Where(r => r.DeletedAt == null);
        recordings = Media == ConversationMedia.Video ? recordings.Where(r => r.VideoCodec != null) : recordings.Where(r => r.VideoCodec == null);
        return conversations.Where(c => recordings.Any(r => r.ConversationId == c.Id));
    }

    static string Containing(string words) =>
        $"%{words.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("%", "\\%", StringComparison.Ordinal).Replace("_", "\\_", StringComparison.Ordinal)}%";
}
