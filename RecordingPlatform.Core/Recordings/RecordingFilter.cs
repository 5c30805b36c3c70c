using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Core.Data;

namespace RecordingPlatform.Core.Recordings;

/// <summary>What a list of recordings is narrowed to. Newest <c>recorded_at</c> first, then by id.</summary>
public sealed record RecordingFilter
{
    public string? Status { get; init; }
    public string? MeetingId { get; init; }
    public string? CallId { get; init; }
    public string? Source { get; init; }
    /// <summary>A phone number, identity or name of somebody in the conversation, in full.</summary>
    public string? Participant { get; init; }
    public Guid? SubjectId { get; init; }
    public DateTimeOffset? From { get; init; }
    public DateTimeOffset? To { get; init; }
    /// <summary>Part of a title, call id, meeting id or phone number, at least <see cref="ShortestText"/> characters.</summary>
    public string? Text { get; init; }
    /// <summary>Only those with a picture.</summary>
    public bool HasVideo { get; init; }
    /// <summary>Only these.</summary>
    public IReadOnlyList<Guid>? Ids { get; init; }

    /// <summary>A trigram index knows nothing of less.</summary>
    public const int ShortestText = 3;

    /// <summary>Longer ones are no search; each three letters of them would be looked up.</summary>
    public const int LongestText = 200;

    string? Named => Status is null ? null
        : RecordingStatus.Named(Status) ?? throw new InvalidOperationException($"There is no status '{Status}'; callers check the word first.");

    /// <summary>Narrows; without a status, deleted recordings are left out.</summary>
    public IQueryable<Recording> Apply(RecordingDb db, IQueryable<Recording> recordings)
    {
        recordings = Named is { } status ? recordings.Where(r => r.Status == status) : recordings.Where(r => r.DeletedAt == null);
        if (From is not null)
            recordings = recordings.Where(r => r.RecordedAt >= From);
        if (To is not null)
            recordings = recordings.Where(r => r.RecordedAt < To);
        if (HasVideo)
            recordings = recordings.Where(r => r.VideoCodec != null);
        return ApplyRest(db, recordings);
    }

    /// <summary>Narrows by all that an attendance knows of its recording; <see cref="ApplyRest"/> is what is left.</summary>
    public IQueryable<Attendance> Apply(IQueryable<Attendance> attendances)
    {
        attendances = Named is { } status ? attendances.Where(a => a.Status == status) : attendances.Where(a => a.Status != RecordingStatus.Deleted);
        if (From is not null)
            attendances = attendances.Where(a => a.RecordedAt >= From);
        if (To is not null)
            attendances = attendances.Where(a => a.RecordedAt < To);
        if (HasVideo)
            attendances = attendances.Where(a => a.HasVideo);
        return attendances;
    }

    /// <summary>Whether <see cref="ApplyRest"/> narrows at all.</summary>
    public bool HasRest => NamesFew || (Source ?? Text) is not null || SubjectId is not null;

    /// <summary>Whether it asks for a call, a meeting, a person or single recordings.</summary>
    public bool NamesFew => (MeetingId ?? CallId ?? Participant) is not null || Ids is not null;

    /// <summary>Narrows by all but status, time and picture.</summary>
    public IQueryable<Recording> ApplyRest(RecordingDb db, IQueryable<Recording> recordings)
    {
        if (Ids is not null)
            recordings = recordings.Where(r => Ids.Contains(r.Id));
        if (MeetingId is not null)
            recordings = recordings.Where(r => r.Conversation.MeetingId == MeetingId);
        if (CallId is not null)
            recordings = recordings.Where(r => r.Conversation.ExternalId == CallId);
        // By its id, found first: joined, the index that has them in order could not be walked.
        if (Source is not null)
            recordings = recordings.Where(r => r.SourceId == db.Sources.Where(s => s.Name == Source).Select(s => s.Id).FirstOrDefault());
        if (SubjectId is not null)
            recordings = recordings.Where(r => r.SubjectId == SubjectId);
        if (Participant is not null)
        {
            // A union of what five indexes find; as one condition with "or" over two tables none of them would serve.
            var conversations = db.Conversations.Where(c => c.CallerPhone == Participant).Select(c => c.Id)
                .Union(db.Conversations.Where(c => c.ReceiverPhone == Participant).Select(c => c.Id))
                .Union(db.Participants.Where(p => p.Phone == Participant).Select(p => p.ConversationId))
                .Union(db.Participants.Where(p => p.Identity == Participant).Select(p => p.ConversationId))
                .Union(db.Participants.Where(p => p.DisplayName == Participant).Select(p => p.ConversationId));
            recordings = recordings.Where(r => conversations.Contains(r.ConversationId));
        }
        if (Text is not null)
        {
            var pattern = $"%{Text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("%", "\\%", StringComparison.Ordinal).Replace("_", "\\_", StringComparison.Ordinal)}%";
            recordings = recordings.Where(r => EF.Functions.ILike(r.SearchText!, pattern, "\\"));
        }
        return recordings;
    }
}

/// <summary>Where a page ended: the next one begins behind it, however far down, at the same cost.</summary>
public readonly record struct RecordingCursor(DateTimeOffset RecordedAt, Guid Id)
{
    public override string ToString() => new TimeCursor(RecordedAt, Id).ToString();

    /// <summary>Null when the text is no cursor of ours.</summary>
    public static RecordingCursor? Parse(string text) => TimeCursor.Parse(text) is { } place ? new(place.At, place.Id) : null;

    public IQueryable<Recording> After(IQueryable<Recording> recordings)
    {
        var (recordedAt, id) = this;
        return recordings.Where(r => EF.Functions.LessThan(ValueTuple.Create(r.RecordedAt, r.Id), ValueTuple.Create(recordedAt, id)));
    }

    /// <summary>Newer ones than this place.</summary>
    public IQueryable<Recording> Before(IQueryable<Recording> recordings)
    {
        var (recordedAt, id) = this;
        return recordings.Where(r => EF.Functions.GreaterThan(ValueTuple.Create(r.RecordedAt, r.Id), ValueTuple.Create(recordedAt, id)));
    }

    public IQueryable<Attendance> Before(IQueryable<Attendance> attendances)
    {
        var (recordedAt, id) = this;
        return attendances.Where(a => EF.Functions.GreaterThan(ValueTuple.Create(a.RecordedAt, a.RecordingId), ValueTuple.Create(recordedAt, id)));
    }

    public IQueryable<Attendance> After(IQueryable<Attendance> attendances)
    {
        var (recordedAt, id) = this;
        return attendances.Where(a => EF.Functions.LessThan(ValueTuple.Create(a.RecordedAt, a.RecordingId), ValueTuple.Create(recordedAt, id)));
    }
}
