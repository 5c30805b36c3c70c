using System.Globalization;
using RecordingPlatform.Api.Http;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Audit;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Recordings;

namespace RecordingPlatform.Api.Recordings;

/// <summary>Lists what the caller may see, newest first, by page number or by cursor.</summary>
internal sealed class ListRecordings : IEndpoint
{
    /// <summary>What a list or an export is narrowed to; as text, so that what is wrong gets a code of its own.</summary>
    public class Selection
    {
        /// <summary>receiving, stored, processing, ready, failed, damaged, absent or deleted; also uploaded, started and completed. Without it all but deleted ones.</summary>
        [FromQuery(Name = "status")] public string? Status { get; init; }
        [FromQuery(Name = "meeting_id")] public string? MeetingId { get; init; }
        [FromQuery(Name = "call_id")] public string? CallId { get; init; }
        /// <summary>Name of the source.</summary>
        [FromQuery(Name = "source")] public string? Source { get; init; }
        /// <summary>Phone number, identity or name of somebody in the conversation, in full.</summary>
        [FromQuery(Name = "participant")] public string? Participant { get; init; }
        [FromQuery(Name = "subject_id")] public string? SubjectId { get; init; }
        /// <summary>ISO 8601; recorded then or later.</summary>
        [FromQuery(Name = "from")] public string? From { get; init; }
        /// <summary>ISO 8601; recorded before.</summary>
        [FromQuery(Name = "to")] public string? To { get; init; }
        /// <summary>Part of a title, call id, meeting id or phone number; 3 to 200 characters.</summary>
        [FromQuery(Name = "q")] public string? Q { get; init; }

        /// <summary>true: only those with a picture.</summary>
        [FromQuery(Name = "has_video")] public string? HasVideo { get; init; }
        /// <summary>UUIDs of up to 100 recordings with commas between them: only these.</summary>
        [FromQuery(Name = "ids")] public string? Ids { get; init; }

        public const int MostIds = 100;

        /// <summary>Codes of what <see cref="Read"/> refuses.</summary>
        public static readonly string[] Codes = ["status_unknown", "subject_id_invalid", "from_invalid", "to_invalid", "q_length", "text_invalid", "has_video_invalid", "ids_invalid"];

        public (RecordingFilter? Filter, BadRequest? Problem) Read()
        {
            if (Status is { } status && RecordingStatus.Named(status) is null)
                return (null, new BadRequest("status_unknown", $"status is one of: {string.Join(", ", RecordingStatus.All)}."));
            Guid? subject = null;
            if (SubjectId is { } text)
            {
                if (!Guid.TryParse(text, out var id))
                    return (null, new BadRequest("subject_id_invalid", "subject_id is a UUID."));
                subject = id;
            }
            if (!TryTime(From, out var from))
                return (null, new BadRequest("from_invalid", "from is an ISO 8601 time, such as 2026-01-31T09:30:00Z."));
            if (!TryTime(To, out var to))
                return (null, new BadRequest("to_invalid", "to is an ISO 8601 time, such as 2026-01-31T09:30:00Z."));
            var words = string.IsNullOrWhiteSpace(Q) ? null : Q.Trim();
            if (words?.Length is < RecordingFilter.ShortestText or > RecordingFilter.LongestText)
                return (null, new BadRequest("q_length", $"q has {RecordingFilter.ShortestText} to {RecordingFilter.LongestText} characters."));
            // PostgreSQL's text cannot hold it, so nothing can match.
            if ((string?[])[MeetingId, CallId, Source, Participant, words] is var said && said.Any(t => t?.Contains('\0') == true))
                return (null, new BadRequest("text_invalid", "A filter cannot hold a NUL character."));
            // A list of all that has none would be looked for among everything.
            if (HasVideo is not (null or "true"))
                return (null, new BadRequest("has_video_invalid", "has_video is true, or left out."));
            if (!TryIds(out var ids))
                return (null, new BadRequest("ids_invalid", $"ids are 1 to {MostIds} UUIDs with commas between them."));
            return (new RecordingFilter { HasVideo = HasVideo is not null, Ids = ids, Status = Status, MeetingId = MeetingId, CallId = CallId, Source = Source, Participant = Participant, SubjectId = subject, From = from, To = to, Text = words }, null);
        }

        bool TryIds(out IReadOnlyList<Guid>? ids)
        {
            ids = null;
            if (Ids is null)
                return true;
            var parts = Ids.Split(',');
            var parsed = parts.Select(part => Guid.TryParse(part, out var id) ? id : (Guid?)null).OfType<Guid>().Distinct().ToList();
            ids = parsed;
            return parts.Length <= MostIds && parts.All(part => Guid.TryParse(part, out _));
        }
    }

    public sealed class Query : Selection
    {
        /// <summary>From 1; ignored with cursor and before.</summary>
        [FromQuery(Name = "page")] public string? Page { get; init; }
        /// <summary>1 to 100; 20 without it.</summary>
        [FromQuery(Name = "page_size")] public string? PageSize { get; init; }
        /// <summary>next_cursor of an earlier answer.</summary>
        [FromQuery(Name = "cursor")] public string? Cursor { get; init; }
        /// <summary>previous_cursor of an earlier answer: the page of newer ones that ends there.</summary>
        [FromQuery(Name = "before")] public string? Before { get; init; }
        /// <summary>A refresh that nobody asked for by hand: audited once in ten minutes.</summary>
        [FromQuery(Name = "live")] public bool? Live { get; init; }

        public string Everything => string.Join('\n', Status, MeetingId, CallId, Source, Participant, SubjectId, From, To, Q, HasVideo, Ids, Page, PageSize, Cursor, Before);
    }

    public sealed record Response
    {
        public required IReadOnlyList<RecordingItem> Recordings { get; init; }
        public required int Total { get; init; }
        /// <summary>True when there are more than <c>total</c>; absent when the total is exact.</summary>
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] public bool TotalIsLowerBound { get; init; }
        public required int Page { get; init; }
        public required int PageSize { get; init; }
        public string? NextCursor { get; init; }
        /// <summary>For <c>before</c>; null on the newest page.</summary>
        public string? PreviousCursor { get; init; }
    }

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/api/v1/recordings", HandleAsync).RequirePermission(Permission.RecordingsRead)
        .Answers(400, ["page_invalid", "page_size_invalid", "cursor_invalid", "before_invalid", .. Selection.Codes]);

    static async Task<Results<Ok<Response>, BadRequest>> HandleAsync([AsParameters] Query query, RecordingDb db, RecordingSearch search, ViewTrail views, Caller caller, CancellationToken ct)
    {
        if (!TryNumber(query.Page, 1, 1, int.MaxValue, out var page))
            return new BadRequest("page_invalid", "page is a whole number from 1.");
        if (!TryNumber(query.PageSize, 20, 1, 100, out var pageSize))
            return new BadRequest("page_size_invalid", "page_size is a whole number from 1 to 100.");
        RecordingCursor? cursor = null;
        if (query.Cursor is not null && (cursor = RecordingCursor.Parse(query.Cursor)) is null)
            return new BadRequest("cursor_invalid", "cursor is what an earlier answer gave as next_cursor.");
        RecordingCursor? before = null;
        if (query.Before is not null && (before = RecordingCursor.Parse(query.Before)) is null)
            return new BadRequest("before_invalid", "before is what an earlier answer gave as previous_cursor.");
        if (cursor is not null && before is not null)
            return new BadRequest("before_invalid", "A page begins at cursor or ends at before, not both.");
        var (filter, problem) = query.Read();
        if (filter is null)
            return problem!;

        var skip = cursor is null && before is null ? (long)(page - 1) * pageSize : 0;
        var found = before is { } end ? await search.PageBeforeAsync(filter, caller, end, pageSize, ct) : skip > int.MaxValue - pageSize - 1 ? new RecordingPage([], null) : await search.PageAsync(filter, caller, cursor, (int)skip, pageSize, ct);
        // A first page that holds everything has been counted by reading it.
        var total = cursor is null && before is null && skip == 0 && found.Next is null ? found.Ids.Count : await search.CountAsync(filter, caller, ct);
        var rows = await RecordingRow.ReadAsync(db, found.Ids, ct);
        await views.RecordAsync(AuditAction.RecordingsListed, caller, query.Everything, query.Live == true, ct, facts: new { shown = rows.Count, page, status = query.Status });
        return TypedResults.Ok(new Response
        {
            Recordings = [.. rows.Select(row => row.ToItem())],
            Total = Math.Min(total, RecordingSearch.CountLimit),
            TotalIsLowerBound = total > RecordingSearch.CountLimit,
            Page = page,
            PageSize = pageSize,
            NextCursor = found.Next?.ToString(),
            PreviousCursor = found.Previous?.ToString(),
        });
    }

    static bool TryNumber(string? text, int otherwise, int least, int most, out int number)
    {
        number = otherwise;
        return text is null || (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number >= least && number <= most);
    }

    static bool TryTime(string? text, out DateTimeOffset? time)
    {
        time = null;
        if (text is null)
            return true;
        if (!DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var parsed))
            return false;
        time = parsed;
        return true;
    }
}
