using RecordingPlatform.Api.Http;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Audit;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Recordings;

namespace RecordingPlatform.Api.Conversations;

/// <summary>Conversations, newest first, each with all its media; by page number or by cursor both ways.</summary>
internal sealed class ListHistory : IEndpoint
{
    static readonly Dictionary<string, Direction> Directions = Words<Direction>();
    static readonly Dictionary<string, ConversationKind> Kinds = Words<ConversationKind>();
    static readonly Dictionary<string, HistoryMedia> Medias = Words<HistoryMedia>();

    public sealed class Query : PageQuery
    {
        /// <summary>ISO 8601; begun then or later.</summary>
        [FromQuery(Name = "from")] public string? From { get; init; }
        /// <summary>ISO 8601; begun before.</summary>
        [FromQuery(Name = "to")] public string? To { get; init; }
        /// <summary>A phone number, or the digits that it ends with; at least 3.</summary>
        [FromQuery(Name = "number")] public string? Number { get; init; }
        /// <summary>Part of somebody's name or identity; at least 3 characters.</summary>
        [FromQuery(Name = "participant")] public string? Participant { get; init; }
        /// <summary>inbound, outbound, internal or none.</summary>
        [FromQuery(Name = "direction")] public string? Direction { get; init; }
        /// <summary>Name of the source.</summary>
        [FromQuery(Name = "source")] public string? Source { get; init; }
        /// <summary>call, session, meeting, alarm or other.</summary>
        [FromQuery(Name = "kind")] public string? Kind { get; init; }
        /// <summary>audio, video or missing.</summary>
        [FromQuery(Name = "media")] public string? Media { get; init; }
        /// <summary>Part of a title, call id or meeting id; 3 to 200 characters.</summary>
        [FromQuery(Name = "q")] public string? Q { get; init; }
        /// <summary>previous_cursor of an earlier answer: the page of newer ones that ends there.</summary>
        [FromQuery(Name = "before")] public string? Before { get; init; }

        public static readonly string[] Codes = ["from_invalid", "to_invalid", "number_invalid", "participant_length", "direction_unknown", "kind_unknown", "media_unknown", "q_length", "text_invalid", "before_invalid"];

        public string Everything => string.Join('\n', From, To, Number, Participant, Direction, Source, Kind, Media, Q, Page, PageSize, Cursor, Before);

        public (HistoryFilter? Filter, BadRequest? Problem) Read()
        {
            if (!TryTime(From, out var from))
                return (null, new BadRequest("from_invalid", "from is an ISO 8601 time, such as 2026-01-31T09:30:00Z."));
            if (!TryTime(To, out var to))
                return (null, new BadRequest("to_invalid", "to is an ISO 8601 time, such as 2026-01-31T09:30:00Z."));
            var tail = Number is null ? null : HistoryFilter.TailOf(Number);
            if (Number is not null && tail is null)
                return (null, new BadRequest("number_invalid", $"number has at least {HistoryFilter.FewestDigits} digits besides leading zeros."));
            if (Given(Participant)?.Length is < RecordingFilter.ShortestText or > RecordingFilter.LongestText)
                return (null, new BadRequest("participant_length", $"participant has {RecordingFilter.ShortestText} to {RecordingFilter.LongestText} characters."));
            if (Given(Q)?.Length is < RecordingFilter.ShortestText or > RecordingFilter.LongestText)
                return (null, new BadRequest("q_length", $"q has {RecordingFilter.ShortestText} to {RecordingFilter.LongestText} characters."));
            if ((string?[])[Participant, Source, Q] is var said && said.Any(t => t?.Contains('\0') == true))
                return (null, new BadRequest("text_invalid", "A filter cannot hold a NUL character."));
            if (Unknown(Direction, Directions))
                return (null, new BadRequest("direction_unknown", $"direction is one of: {string.Join(", ", Directions.Keys)}."));
            if (Unknown(Kind, Kinds))
                return (null, new BadRequest("kind_unknown", $"kind is one of: {string.Join(", ", Kinds.Keys)}."));
            if (Unknown(Media, Medias))
                return (null, new BadRequest("media_unknown", $"media is one of: {string.Join(", ", Medias.Keys)}."));
            return (new HistoryFilter
            {
                From = from,
                To = to,
                NumberTail = tail,
                Participant = Given(Participant),
                Direction = Direction is null ? null : Directions[Direction],
                Source = Source,
                Kind = Kind is null ? null : Kinds[Kind],
                Media = Media is null ? null : Medias[Media],
                Text = Given(Q),
            }, null);
        }

        static string? Given(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();

        static bool Unknown<T>(string? word, Dictionary<string, T> words) => word is not null && !words.ContainsKey(word);
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
        .Answers(400, [.. PageQuery.PageCodes, .. Query.Codes]);

    static async Task<Results<Ok<Response>, BadRequest>> HandleAsync([AsParameters] Query query, RecordingDb db, ConversationHistory history, ViewTrail views, Caller caller, CancellationToken ct)
    {
        var (place, problem) = query.ReadPage();
        if (problem is not null)
            return problem;
        RecordingCursor? before = null;
        if (query.Before is not null && ((before = RecordingCursor.Parse(query.Before)) is null || place.Cursor is not null))
            return new BadRequest("before_invalid", "before is what an earlier answer gave as previous_cursor, and goes without cursor.");
        var (filter, wrong) = query.Read();
        if (filter is null)
            return wrong!;
        var found = before is { } end ? await history.PageBeforeAsync(filter, caller, end, place.Size, ct)
            : place.Skip > int.MaxValue - place.Size - 1 ? new HistoryPage([], null, null)
            : await history.PageAsync(filter, caller, place.Cursor, (int)place.Skip, place.Size, ct);
        // A first page that holds everything has been counted by reading it.
        var total = place is { Cursor: null, Number: 1 } && before is null && found.Next is null ? found.Ids.Count : await history.CountAsync(filter, caller, ct);
        var shown = await ConversationItem.ReadAsync(db, found.Ids, caller, ct);
        await views.RecordAsync(AuditAction.ConversationsListed, caller, query.Everything, query.Live == true, ct, facts: new { shown = shown.Count, page = place.Number });
        return TypedResults.Ok(new Response
        {
            Conversations = shown,
            Total = Math.Min(total, ConversationHistory.CountLimit),
            TotalIsLowerBound = total > ConversationHistory.CountLimit,
            Page = place.Number,
            PageSize = place.Size,
            NextCursor = found.Next?.ToString(),
            PreviousCursor = found.Previous?.ToString(),
        });
    }

    static Dictionary<string, T> Words<T>() where T : struct, Enum => Enum.GetValues<T>().ToDictionary(value => SnakeCase.Of(value), StringComparer.Ordinal);
}
