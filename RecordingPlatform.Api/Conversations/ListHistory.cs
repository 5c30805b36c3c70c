using RecordingPlatform.Api.Http;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Audit;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Recordings;

namespace RecordingPlatform.Api.Conversations;

/// <summary>The history: conversations that the caller may know of, newest first, each with all of its media that they see.</summary>
internal sealed class ListHistory : IEndpoint
{
    public sealed class Query
    {
        /// <summary>ISO 8601; began then or later.</summary>
        [FromQuery(Name = "from")] public string? From { get; init; }
        /// <summary>ISO 8601; began before.</summary>
        [FromQuery(Name = "to")] public string? To { get; init; }
        /// <summary>Somebody's phone number as it is written, or its last digits; at least 3 behind leading zeros.</summary>
        [FromQuery(Name = "number")] public string? Number { get; init; }
        /// <summary>Part of the name or identity of somebody who took part; 3 to 200 characters.</summary>
        [FromQuery(Name = "participant")] public string? Participant { get; init; }
        /// <summary>inbound, outbound, internal or none.</summary>
        [FromQuery(Name = "direction")] public string? Direction { get; init; }
        /// <summary>Name of the source.</summary>
        [FromQuery(Name = "source")] public string? Source { get; init; }
        /// <summary>call, session, meeting, alarm or other.</summary>
        [FromQuery(Name = "kind")] public string? Kind { get; init; }
        /// <summary>audio or video: with such a recording; missing: one was due and is not there.</summary>
        [FromQuery(Name = "media")] public string? Media { get; init; }
        /// <summary>Part of a title, call id, meeting id, phone number, name or identity; 3 to 200 characters.</summary>
        [FromQuery(Name = "q")] public string? Q { get; init; }
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

        public string Everything => string.Join('\n', From, To, Number, Participant, Direction, Source, Kind, Media, Q, Page, PageSize, Cursor, Before);

        public (ConversationFilter? Filter, BadRequest? Problem) Read()
        {
            if (!QueryReading.TryTime(From, out var from))
                return (null, QueryReading.BadFrom);
            if (!QueryReading.TryTime(To, out var to))
                return (null, QueryReading.BadTo);
            if ((string?[])[Number, Participant, Source, Q] is var said && said.Any(t => t?.Contains('\0') == true))
                return (null, QueryReading.BadText);
            var digits = string.IsNullOrWhiteSpace(Number) ? null : ConversationFilter.DigitsOf(Number);
            if (digits?.Length is < RecordingFilter.ShortestText or > RecordingFilter.LongestText)
                return (null, new BadRequest("number_invalid", $"number is a phone number or its last digits, at least {RecordingFilter.ShortestText} of them behind leading zeros."));
            var (participant, words) = (QueryReading.Trimmed(Participant), QueryReading.Trimmed(Q));
            if (participant?.Length is < RecordingFilter.ShortestText or > RecordingFilter.LongestText)
                return (null, new BadRequest("participant_length", $"participant has {RecordingFilter.ShortestText} to {RecordingFilter.LongestText} characters."));
            if (words?.Length is < RecordingFilter.ShortestText or > RecordingFilter.LongestText)
                return (null, new BadRequest("q_length", $"q has {RecordingFilter.ShortestText} to {RecordingFilter.LongestText} characters."));
            if (!QueryReading.TryWord<Direction>(Direction, out var direction))
                return (null, new BadRequest("direction_unknown", $"direction is one of: {QueryReading.WordsOf<Direction>()}."));
            if (!QueryReading.TryWord<ConversationKind>(Kind, out var kind))
                return (null, new BadRequest("kind_unknown", $"kind is one of: {QueryReading.WordsOf<ConversationKind>()}."));
            if (!QueryReading.TryWord<ConversationMedia>(Media, out var media))
                return (null, new BadRequest("media_unknown", $"media is one of: {QueryReading.WordsOf<ConversationMedia>()}."));
            return (new ConversationFilter { From = from, To = to, Digits = digits, Participant = participant, Direction = direction, Source = Source, Kind = kind, Media = media, Text = words }, null);
        }
    }

    public sealed record Response
    {
        public required IReadOnlyList<ConversationItem> Conversations { get; init; }
        public required int Total { get; init; }
        /// <summary>True when there are more than <c>total</c>; absent when the total is exact.</summary>
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] public bool TotalIsLowerBound { get; init; }
        public required int Page { get; init; }
        public required int PageSize { get; init; }
        public string? NextCursor { get; init; }
        /// <summary>For <c>before</c>; null on the newest page.</summary>
        public string? PreviousCursor { get; init; }
    }

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/api/v1/history", HandleAsync).RequirePermission(Permission.RecordingsRead)
        .Answers(400, "page_invalid", "page_size_invalid", "cursor_invalid", "before_invalid", "from_invalid", "to_invalid", "number_invalid", "participant_length", "q_length",
            "direction_unknown", "kind_unknown", "media_unknown", "text_invalid", "bad_request");

    static async Task<Results<Ok<Response>, BadRequest>> HandleAsync([AsParameters] Query query, RecordingDb db, ConversationSearch search, ViewTrail views, Caller caller, CancellationToken ct)
    {
        if (!QueryReading.TryNumber(query.Page, 1, int.MaxValue, out var page))
            return QueryReading.BadPage;
        if (!QueryReading.TryNumber(query.PageSize, 20, 100, out var pageSize))
            return QueryReading.BadPageSize;
        if (!QueryReading.TryCursor(query.Cursor, out var cursor))
            return QueryReading.BadCursor;
        if (!QueryReading.TryCursor(query.Before, out var before))
            return new BadRequest("before_invalid", "before is what an earlier answer gave as previous_cursor.");
        if (cursor is not null && before is not null)
            return new BadRequest("before_invalid", "A page begins at cursor or ends at before, not both.");
        var (filter, problem) = query.Read();
        if (filter is null)
            return problem!;

        var skip = cursor is null && before is null ? (long)(page - 1) * pageSize : 0;
        var found = before is { } end ? await search.PageBeforeAsync(filter, caller, end, pageSize, ct)
            : skip > int.MaxValue - pageSize - 1 ? new ConversationPage([], null, null) : await search.PageAsync(filter, caller, cursor, (int)skip, pageSize, ct);
        // A first page that holds everything has been counted by reading it.
        var total = cursor is null && before is null && skip == 0 && found.Next is null ? found.Ids.Count : await search.CountAsync(filter, caller, ct);
        var shown = await ConversationRow.ReadAsync(db, caller, found.Ids, ct);
        await views.RecordAsync(AuditAction.ConversationsListed, caller, query.Everything, query.Live == true, ct, facts: new { shown = shown.Count, page });
        return TypedResults.Ok(new Response
        {
            Conversations = shown,
            Total = Math.Min(total, RecordingSearch.CountLimit),
            TotalIsLowerBound = total > RecordingSearch.CountLimit,
            Page = page,
            PageSize = pageSize,
            NextCursor = found.Next?.ToString(),
            PreviousCursor = found.Previous?.ToString(),
        });
    }
}
