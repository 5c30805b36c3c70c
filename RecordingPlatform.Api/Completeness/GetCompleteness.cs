using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Api.Http;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Audit;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Operations;
using RecordingPlatform.Core.Recordings;

namespace RecordingPlatform.Api.Completeness;

/// <summary>What should exist and does or does not, by day and source, and as a list, newest due first.</summary>
internal sealed class GetCompleteness : IEndpoint
{
    // A year and a day: each day is a range that every row is put into.
    const int MostDays = 367;

    static readonly Dictionary<string, ExpectationState[]> States = Enum.GetValues<ExpectationState>().ToDictionary(state => SnakeCase.Of(state), state => (ExpectationState[])[state], StringComparer.Ordinal)
        .Append(new("open", [ExpectationState.Expected, ExpectationState.Late])).ToDictionary(StringComparer.Ordinal);

    public sealed class Query : PageQuery
    {
        /// <summary>ISO 8601; due then or later. 30 days ago without it.</summary>
        [FromQuery(Name = "from")] public string? From { get; init; }
        /// <summary>ISO 8601; due before. A day ahead without it.</summary>
        [FromQuery(Name = "to")] public string? To { get; init; }
        /// <summary>Name of the source.</summary>
        [FromQuery(Name = "source")] public string? Source { get; init; }
        /// <summary>expected, late, received, absent, or open for the first two. Narrows the list, not the counts.</summary>
        [FromQuery(Name = "state")] public string? State { get; init; }
        /// <summary>IANA name: whose days. UTC without it.</summary>
        [FromQuery(Name = "time_zone")] public string? TimeZone { get; init; }

        public string Everything => string.Join('\n', From, To, Source, State, TimeZone, Page, PageSize, Cursor);

        public (CompletenessFilter? Filter, BadRequest? Problem) Read(DateTimeOffset now)
        {
            if (!TryTime(From, out var from))
                return (null, new BadRequest("from_invalid", "from is an ISO 8601 time, such as 2026-01-31T09:30:00Z."));
            if (!TryTime(To, out var to))
                return (null, new BadRequest("to_invalid", "to is an ISO 8601 time, such as 2026-01-31T09:30:00Z."));
            var (begin, end) = (from ?? (to ?? now).AddDays(-30), to ?? (from > now ? from.Value : now).AddDays(1));
            if (end <= begin || end - begin > TimeSpan.FromDays(MostDays - 1))
                return (null, new BadRequest("range_invalid", $"to lies after from, by at most {MostDays - 1} days."));
            if (State is not null && !States.ContainsKey(State))
                return (null, new BadRequest("state_unknown", $"state is one of: {string.Join(", ", States.Keys)}."));
            if (Source?.Contains('\0') == true)
                return (null, new BadRequest("text_invalid", "A filter cannot hold a NUL character."));
            return (new CompletenessFilter { From = begin, To = end, Source = Source, States = State is null ? [] : States[State] }, null);
        }
    }

    public sealed record Counts
    {
        public required int Expected { get; init; }
        public required int Late { get; init; }
        public required int Received { get; init; }
        public required int Absent { get; init; }

        public static Counts Of(IEnumerable<CompletenessCount> counts)
        {
            var by = counts.ToLookup(c => c.State, c => c.Count);
            return new Counts { Expected = by[ExpectationState.Expected].Sum(), Late = by[ExpectationState.Late].Sum(), Received = by[ExpectationState.Received].Sum(), Absent = by[ExpectationState.Absent].Sum() };
        }
    }

    public sealed record Day
    {
        public required DateOnly Date { get; init; }
        public required string Source { get; init; }
        public required int Expected { get; init; }
        public required int Late { get; init; }
        public required int Received { get; init; }
        public required int Absent { get; init; }
    }

    public sealed record Response
    {
        public required Counts Totals { get; init; }
        /// <summary>Newest first, then by source; only those with something.</summary>
        public required IReadOnlyList<Day> Days { get; init; }
        public required IReadOnlyList<ExpectationItem> Expectations { get; init; }
        public required int Total { get; init; }
        /// <summary>True when there are more than <c>total</c>; absent when the total is exact.</summary>
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] public bool TotalIsLowerBound { get; init; }
        public required int Page { get; init; }
        public required int PageSize { get; init; }
        public string? NextCursor { get; init; }
    }

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/api/v1/completeness", HandleAsync).RequirePermission(Permission.CompletenessRead)
        .Answers(400, [.. PageQuery.PageCodes, "from_invalid", "to_invalid", "range_invalid", "state_unknown", "text_invalid", "time_zone_unknown"]);

    static async Task<Results<Ok<Response>, BadRequest>> HandleAsync([AsParameters] Query query, RecordingDb db, Core.Recordings.Completeness completeness, ViewTrail views, Caller caller, CancellationToken ct)
    {
        var (place, problem) = query.ReadPage();
        if (problem is not null)
            return problem;
        if (OverviewDays.ZoneNamed(query.TimeZone ?? "UTC") is not { } zone)
            return new BadRequest("time_zone_unknown", "time_zone is an IANA name, such as Europe/Copenhagen.");
        var (filter, wrong) = query.Read(await db.NowAsync(ct));
        if (filter is null)
            return wrong!;
        var dates = DatesOf(filter, zone);
        var counts = await completeness.CountAsync(filter, [.. dates.Select(date => StartOf(date, zone))], caller, ct);
        var (shown, total, next) = await ListAsync(db, completeness.Find(filter, caller), place, caller, ct);
        await views.RecordAsync(AuditAction.CompletenessViewed, caller, query.Everything, query.Live == true, ct, facts: new { shown = shown.Count, page = place.Number, state = query.State });
        return TypedResults.Ok(new Response
        {
            Totals = Counts.Of(counts),
            Days = [.. counts.GroupBy(c => (c.Range, c.Source)).OrderByDescending(day => day.Key.Range).ThenBy(day => day.Key.Source, StringComparer.Ordinal).Select(day => DayOf(dates[day.Key.Range - 1], day.Key.Source, Counts.Of(day)))],
            Expectations = shown,
            Total = Math.Min(total, Core.Recordings.Completeness.CountLimit),
            TotalIsLowerBound = total > Core.Recordings.Completeness.CountLimit,
            Page = place.Number,
            PageSize = place.Size,
            NextCursor = next?.ToString(),
        });
    }

    static async Task<(List<ExpectationItem> Shown, int Total, RecordingCursor? Next)> ListAsync(RecordingDb db, IQueryable<Expectation>? found, PageQuery.Place place, Caller caller, CancellationToken ct)
    {
        if (found is null || place.Skip > int.MaxValue - place.Size - 1)
            return ([], 0, null);
        var total = await found.OrderByDescending(e => e.DueAt).Take(Core.Recordings.Completeness.CountLimit + 1).CountAsync(ct);
        var rest = place.Cursor is var (at, id) ? found.Where(e => EF.Functions.LessThan(ValueTuple.Create(e.DueAt, e.Id), ValueTuple.Create(at, id))) : found;
        var rows = await ExpectationItem.ReadAsync(db, rest.OrderByDescending(e => e.DueAt).ThenByDescending(e => e.Id).Skip((int)place.Skip).Take(place.Size + 1), caller, ct);
        var shown = rows.Take(place.Size).ToList();
        return (shown, total, rows.Count > place.Size ? new RecordingCursor(shown[^1].DueAt, shown[^1].Id) : null);
    }

    static Day DayOf(DateOnly date, string source, Counts counts) =>
        new() { Date = date, Source = source, Expected = counts.Expected, Late = counts.Late, Received = counts.Received, Absent = counts.Absent };

    static List<DateOnly> DatesOf(CompletenessFilter filter, TimeZoneInfo zone)
    {
        var first = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(filter.From, zone).DateTime);
        var last = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(filter.To.AddTicks(-1), zone).DateTime);
        return [.. Enumerable.Range(0, last.DayNumber - first.DayNumber + 1).Select(first.AddDays)];
    }

    static DateTimeOffset StartOf(DateOnly day, TimeZoneInfo zone)
    {
        var midnight = day.ToDateTime(TimeOnly.MinValue);
        return new DateTimeOffset(midnight, zone.GetUtcOffset(midnight)).ToUniversalTime();
    }
}
