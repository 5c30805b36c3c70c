using RecordingPlatform.Api.Http;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Audit;
using RecordingPlatform.Core.Completeness;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Operations;
using RecordingPlatform.Core.Recordings;

namespace RecordingPlatform.Api.Completeness;

/// <summary>
/// Which recordings should exist, of what the caller's role shows: how many of each day and source came, and a list of them. The
/// counts are of the time and source asked for, whatever states the list is narrowed to.
/// </summary>
internal sealed class GetCompleteness : IEndpoint
{
    const string Open = "open";

    static readonly TimeSpan Back = TimeSpan.FromDays(30), Ahead = TimeSpan.FromDays(1), Longest = TimeSpan.FromDays(366);

    public sealed class Query
    {
        /// <summary>ISO 8601; due then or later. 30 days before <c>to</c> without it.</summary>
        [FromQuery(Name = "from")] public string? From { get; init; }
        /// <summary>ISO 8601; due before, at most 366 days after <c>from</c>. A day ahead without it.</summary>
        [FromQuery(Name = "to")] public string? To { get; init; }
        /// <summary>Name of the source.</summary>
        [FromQuery(Name = "source")] public string? Source { get; init; }
        /// <summary>expected, late, received, absent, or open: expected or late.</summary>
        [FromQuery(Name = "state")] public string? State { get; init; }
        /// <summary>IANA name: whose days; UTC without it.</summary>
        [FromQuery(Name = "time_zone")] public string? TimeZone { get; init; }
        /// <summary>From 1; ignored with a cursor.</summary>
        [FromQuery(Name = "page")] public string? Page { get; init; }
        /// <summary>1 to 100; 20 without it.</summary>
        [FromQuery(Name = "page_size")] public string? PageSize { get; init; }
        /// <summary>next_cursor of an earlier answer.</summary>
        [FromQuery(Name = "cursor")] public string? Cursor { get; init; }
        /// <summary>A refresh that nobody asked for by hand: audited once in ten minutes.</summary>
        [FromQuery(Name = "live")] public bool? Live { get; init; }

        public string Everything => string.Join('\n', From, To, Source, State, TimeZone, Page, PageSize, Cursor);

        public (ExpectationFilter? Filter, BadRequest? Problem) Read(DateTimeOffset now)
        {
            if (!QueryReading.TryTime(From, out var from))
                return (null, QueryReading.BadFrom);
            if (!QueryReading.TryTime(To, out var to))
                return (null, QueryReading.BadTo);
            // Days are computed with: neither end may be one that a calendar has no day before or behind.
            if (from?.Year is < 1900 or > 9000 || to?.Year is < 1900 or > 9000)
                return (null, BadRange);
            var end = to ?? now + Ahead;
            var begin = from ?? (to ?? now) - Back;
            if (begin >= end || end - begin > Longest)
                return (null, BadRange);
            if (Source?.Contains('\0') == true)
                return (null, QueryReading.BadText);
            if (State != Open && !QueryReading.TryWord<ExpectationState>(State, out _))
                return (null, new BadRequest("state_unknown", $"state is one of: {QueryReading.WordsOf<ExpectationState>()}, {Open}."));
            IReadOnlyList<ExpectationState>? states = State switch
            {
                null => null,
                Open => [ExpectationState.Expected, ExpectationState.Late],
                var word => [SnakeCase.Parse<ExpectationState>(word)!.Value],
            };
            return (new ExpectationFilter { From = begin, To = end, Source = Source, States = states }, null);
        }
    }

    static BadRequest BadRange { get; } = new("range_invalid", $"from is before to, by {Longest.TotalDays:0} days at most; to is a day ahead unless it is given.");

    public record Counts
    {
        public required int Expected { get; init; }
        public required int Late { get; init; }
        public required int Received { get; init; }
        public required int Absent { get; init; }
    }

    public sealed record Day : Counts
    {
        public required DateOnly Date { get; init; }
        public required string Source { get; init; }
    }

    public sealed record Response
    {
        public required Counts Totals { get; init; }
        /// <summary>Newest day first, then by source; only those on which something was due.</summary>
        public required IReadOnlyList<Day> Days { get; init; }
        /// <summary>Null when everything is counted; else totals and days leave out what was due before.</summary>
        public DateTimeOffset? CountedFrom { get; init; }
        /// <summary>Newest due first.</summary>
        public required IReadOnlyList<ExpectationItem> Expectations { get; init; }
        public required int Total { get; init; }
        /// <summary>True when there are more than <c>total</c>; absent when the total is exact.</summary>
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] public bool TotalIsLowerBound { get; init; }
        public required int Page { get; init; }
        public required int PageSize { get; init; }
        public string? NextCursor { get; init; }
    }

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/api/v1/completeness", HandleAsync).RequirePermission(Permission.CompletenessRead)
        .Answers(400, "page_invalid", "page_size_invalid", "cursor_invalid", "from_invalid", "to_invalid", "range_invalid", "state_unknown", "time_zone_unknown", "text_invalid", "bad_request");

    static async Task<Results<Ok<Response>, BadRequest>> HandleAsync([AsParameters] Query query, RecordingDb db, ExpectationSearch search, ViewTrail views, Caller caller, CancellationToken ct)
    {
        if (!QueryReading.TryNumber(query.Page, 1, int.MaxValue, out var page))
            return QueryReading.BadPage;
        if (!QueryReading.TryNumber(query.PageSize, 20, 100, out var pageSize))
            return QueryReading.BadPageSize;
        if (!QueryReading.TryCursor(query.Cursor, out var cursor))
            return QueryReading.BadCursor;
        if (OverviewDays.ZoneNamed(query.TimeZone ?? "UTC") is not { } zone)
            return new BadRequest("time_zone_unknown", "time_zone is an IANA name, such as Europe/Copenhagen.");
        var (filter, problem) = query.Read(await db.NowAsync(ct));
        if (filter is null)
            return problem!;

        var skip = cursor is null ? (long)(page - 1) * pageSize : 0;
        var found = skip > int.MaxValue - pageSize - 1 ? new ExpectationPage([], null) : await search.PageAsync(filter, caller, cursor, (int)skip, pageSize, ct);
        var total = cursor is null && skip == 0 && found.Next is null ? found.Ids.Count : await search.CountAsync(filter, caller, ct);
        var (days, countedFrom) = await CountAsync(search, filter, zone, caller, ct);
        var shown = await ExpectationItem.ReadAsync(db, caller, found.Ids, ct);
        await views.RecordAsync(AuditAction.CompletenessViewed, caller, query.Everything, query.Live == true, ct, facts: new { shown = shown.Count, page, state = query.State });
        return TypedResults.Ok(new Response
        {
            Totals = new Counts { Expected = days.Sum(d => d.Expected), Late = days.Sum(d => d.Late), Received = days.Sum(d => d.Received), Absent = days.Sum(d => d.Absent) },
            Days = days,
            CountedFrom = countedFrom,
            Expectations = shown,
            Total = Math.Min(total, RecordingSearch.CountLimit),
            TotalIsLowerBound = total > RecordingSearch.CountLimit,
            Page = page,
            PageSize = pageSize,
            NextCursor = found.Next?.ToString(),
        });
    }

    static async Task<(IReadOnlyList<Day> Days, DateTimeOffset? CountedFrom)> CountAsync(ExpectationSearch search, ExpectationFilter filter, TimeZoneInfo zone, Caller caller, CancellationToken ct)
    {
        var dates = new List<DateOnly>();
        for (var date = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(filter.From, zone).DateTime); dates.Count == 0 || OverviewDays.StartOf(date, zone) < filter.To; date = date.AddDays(1))
            dates.Add(date);
        var tally = await search.TallyAsync(filter, caller, [.. dates.Select(date => OverviewDays.StartOf(date, zone))], ct);
        return ([.. tally.Lines.GroupBy(l => (l.Range, l.Source)).OrderByDescending(d => d.Key.Range).ThenBy(d => d.Key.Source, StringComparer.Ordinal).Select(d => new Day
        {
            // Ranges are numbered from 1.
            Date = dates[d.Key.Range - 1],
            Source = d.Key.Source,
            Expected = Of(d, ExpectationState.Expected),
            Late = Of(d, ExpectationState.Late),
            Received = Of(d, ExpectationState.Received),
            Absent = Of(d, ExpectationState.Absent),
        })], tally.CountedFrom);

        static int Of(IEnumerable<ExpectationLine> lines, ExpectationState state) => lines.Where(l => l.State == state).Sum(l => l.Count);
    }
}
