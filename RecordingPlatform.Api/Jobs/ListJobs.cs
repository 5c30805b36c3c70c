using System.Globalization;
using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Api.Http;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Audit;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Jobs;

namespace RecordingPlatform.Api.Jobs;

/// <summary>The queue and its history, newest first, by page number or by cursor. The dead ones wait for a person.</summary>
internal sealed class ListJobs : IEndpoint
{
    // Counting further costs more than anyone learns from it.
    const int CountLimit = 1000;

    static readonly Dictionary<string, JobState> States = Enum.GetValues<JobState>().ToDictionary(SnakeCase.Of, StringComparer.Ordinal);

    public sealed class Query
    {
        /// <summary>queued, running, done, dead or cancelled.</summary>
        [FromQuery(Name = "state")] public string? State { get; init; }
        /// <summary>What is to be done, such as process_recording.</summary>
        [FromQuery(Name = "kind")] public string? Kind { get; init; }
        /// <summary>From 1; ignored with a cursor.</summary>
        [FromQuery(Name = "page")] public string? Page { get; init; }
        /// <summary>1 to 100; 20 without it.</summary>
        [FromQuery(Name = "page_size")] public string? PageSize { get; init; }
        /// <summary>next_cursor of an earlier answer.</summary>
        [FromQuery(Name = "cursor")] public string? Cursor { get; init; }
        /// <summary>A refresh that nobody asked for by hand: audited once in ten minutes.</summary>
        [FromQuery(Name = "live")] public bool? Live { get; init; }

        public string Everything => string.Join('\n', State, Kind, Page, PageSize, Cursor);
    }

    public sealed record Response
    {
        public required IReadOnlyList<JobItem> Jobs { get; init; }
        public required int Total { get; init; }
        /// <summary>True when there are more than <c>total</c>; absent when the total is exact.</summary>
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] public bool TotalIsLowerBound { get; init; }
        public required int Page { get; init; }
        public required int PageSize { get; init; }
        public string? NextCursor { get; init; }
    }

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/api/v1/jobs", HandleAsync).RequirePermission(Permission.JobsRead)
        .Answers(400, "page_invalid", "page_size_invalid", "cursor_invalid", "state_unknown", "text_invalid", "bad_request");

    static async Task<Results<Ok<Response>, BadRequest>> HandleAsync([AsParameters] Query query, RecordingDb db, ViewTrail views, Caller caller, CancellationToken ct)
    {
        if (!TryNumber(query.Page, 1, int.MaxValue, out var page))
            return new BadRequest("page_invalid", "page is a whole number from 1.");
        if (!TryNumber(query.PageSize, 20, 100, out var pageSize))
            return new BadRequest("page_size_invalid", "page_size is a whole number from 1 to 100.");
        Guid? cursor = null;
        if (query.Cursor is { } text)
        {
            if (!Guid.TryParseExact(text, "N", out var last))
                return new BadRequest("cursor_invalid", "cursor is what an earlier answer gave as next_cursor.");
            cursor = last;
        }
        var jobs = db.Jobs.AsQueryable();
        if (query.State is { } name)
        {
            if (!States.TryGetValue(name, out var state))
                return new BadRequest("state_unknown", $"state is one of: {string.Join(", ", States.Keys)}.");
            jobs = jobs.Where(j => j.State == state);
        }
        if (query.Kind is { } kind)
        {
            if (kind.Contains('\0'))
                return new BadRequest("text_invalid", "kind cannot hold a NUL character.");
            jobs = jobs.Where(j => j.Kind == kind);
        }

        var total = await jobs.OrderByDescending(j => j.Id).Take(CountLimit + 1).CountAsync(ct);
        var skip = cursor is null ? (long)(page - 1) * pageSize : 0;
        // Ids rise with time: their index has the jobs in order, and a page by cursor costs the same however deep it lies.
        var rest = cursor is { } after ? jobs.Where(j => j.Id < after) : jobs;
        var found = skip > int.MaxValue - pageSize - 1 ? [] : await JobItem.ReadAsync(db, rest.OrderByDescending(j => j.Id).Skip((int)skip).Take(pageSize + 1), ct);
        var shown = found.Take(pageSize).ToList();
        await views.RecordAsync(AuditAction.JobsListed, caller, query.Everything, query.Live == true, ct, facts: new { shown = shown.Count, page, state = query.State });
        return TypedResults.Ok(new Response
        {
            Jobs = shown,
            Total = Math.Min(total, CountLimit),
            TotalIsLowerBound = total > CountLimit,
            Page = page,
            PageSize = pageSize,
            NextCursor = found.Count > pageSize ? shown[^1].Id.ToString("N") : null,
        });
    }

    static bool TryNumber(string? text, int otherwise, int most, out int number)
    {
        number = otherwise;
        return text is null || (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number >= 1 && number <= most);
    }
}
