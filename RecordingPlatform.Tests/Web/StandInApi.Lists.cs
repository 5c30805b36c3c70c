using System.Globalization;
using System.IO.Compression;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using RecordingPlatform.Core.Operations;

namespace RecordingPlatform.Tests.Web;

/// <summary>The list's pages, selections and saved filters, and the overview.</summary>
public sealed partial class StandInApi
{
    /// <summary>The list is given in pages; without it all at once, whatever is asked for.</summary>
    public bool GivesPages { get; set; }

    public List<JsonObject> Filters { get; } = [];
    public List<string> Roles { get; } = [];

    /// <summary>Changes the overview before it is given.</summary>
    public Action<JsonObject>? WithOverview { get; set; }

    void ResetLists()
    {
        Filters.Clear();
        Roles.Clear();
        Roles.Add("practice_manager");
        GivesPages = false;
        WithOverview = null;
    }

    void MapLists(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/v1/recordings", List);
        routes.MapGet("/api/v1/recordings/sources", () => Results.Json(new JsonObject { ["sources"] = new JsonArray([.. Recordings.Select(r => (string?)r["source"]).Distinct().Order(StringComparer.Ordinal).Select(s => JsonValue.Create(s))]) }));
        routes.MapGet("/api/v1/recordings/export", (Delegate)ExportAsync);
        routes.MapGet("/api/v1/overview", (string time_zone) => Results.Json(Overview(time_zone)));
        routes.MapGet("/api/v1/me/filters", () => Results.Json(new JsonObject { ["filters"] = new JsonArray([.. Filters.Select(f => f.DeepClone())]) }));
        routes.MapPost("/api/v1/me/filters", (JsonObject body) =>
        {
            if (Filters.Exists(f => (string?)f["name"] == (string?)body["name"]))
                return Problem(409, "filter_exists", "You have a filter of that name already.");
            var saved = new JsonObject { ["id"] = Guid.CreateVersion7().ToString(), ["name"] = (string?)body["name"], ["query"] = (string?)body["query"], ["created_at"] = "2026-03-14T22:30:00Z" };
            Filters.Add(saved);
            return Results.Json(saved, statusCode: 201);
        });
        routes.MapDelete("/api/v1/me/filters/{id}", (string id) => Filters.RemoveAll(f => (string?)f["id"] == id) > 0 ? Results.NoContent() : Problem(404, "filter_not_found"));
    }

    IResult List(HttpContext context)
    {
        var query = context.Request.Query;
        List<JsonObject> found = query["ids"].ToString() is { Length: > 0 } ids ? [.. Recordings.Where(r => ids.Split(',').Contains((string?)r["id"]))] : Recordings;
        var (first, size) = (0, found.Count);
        if (GivesPages)
        {
            size = int.Parse(query["page_size"].ToString(), CultureInfo.InvariantCulture);
            first = query["before"].ToString() is { Length: > 0 } before ? Math.Max(0, int.Parse(before, CultureInfo.InvariantCulture) - size)
                : query["cursor"].ToString() is { Length: > 0 } cursor ? int.Parse(cursor, CultureInfo.InvariantCulture) : 0;
        }
        return Results.Json(new JsonObject
        {
            ["recordings"] = new JsonArray([.. found.Skip(first).Take(size).Select(r => r.DeepClone())]),
            ["total"] = Math.Min(found.Count, 1000),
            ["total_is_lower_bound"] = TotalIsLowerBound || found.Count > 1000,
            ["next_cursor"] = GivesPages && first + size < found.Count ? $"{first + size}" : NextCursor,
            ["previous_cursor"] = first > 0 ? $"{first}" : null,
        });
    }

    async Task ExportAsync(HttpContext context)
    {
        context.Response.ContentType = "application/zip";
        context.Response.Headers.ContentDisposition = "attachment; filename=\"recordings-20260314-223000.zip\"";
        using var archive = new MemoryStream();
        using (var zip = new ZipArchive(archive, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var id in context.Request.Query["ids"].ToString().Split(','))
                zip.CreateEntry($"{id}.wav");
        }
        await context.Response.Body.WriteAsync(archive.ToArray());
    }

    // Today is what recordings there are; the days before are always the same.
    JsonObject Overview(string zone)
    {
        var now = TimeProvider.System.GetUtcNow();
        var days = new OverviewDays(OverviewDays.ZoneNamed(zone)!, now);
        int[] before = [31, 42, 38, 12, 4, 47, 52, 44, 39, 41, 9, 3, 48];
        var today = Recordings.Count;
        var slices = days.Past.Select((from, i) => Slice(from, i + 1 < days.Past.Count ? days.Past[i + 1] : days.Today[0], before[i], i % 4 == 1 ? 3 : 0)).ToList();
        slices.Add(Slice(days.Today[0], days.End, today, Recordings.Count(r => (string?)r["status"] is "failed" or "damaged")));
        var overview = new JsonObject
        {
            ["at"] = now,
            ["time_zone"] = zone,
            ["intake"] = new JsonObject
            {
                ["hours"] = new JsonArray([.. days.Today.Select((from, i) => Slice(from, from.AddHours(1), i == 9 ? today : 0, 0))]),
                ["days"] = new JsonArray([.. slices]),
                ["today_by_source"] = new JsonArray([.. Recordings.GroupBy(r => (string?)r["source"]).Select(g => Source(g.Key!, g.Count()))]),
                ["by_source"] = new JsonArray(Source("freepbx", 301), Source("jibri", 88), Source("upload", before.Sum() - 389 + today)),
                ["counted_from"] = null,
            },
            ["missing"] = new JsonObject { ["late"] = 0, ["expected"] = 0, ["newest"] = new JsonArray() },
            ["queue"] = null,
            ["storage"] = null,
            ["holds"] = null,
        };
        WithOverview?.Invoke(overview);
        return overview;

        static JsonObject Slice(DateTimeOffset from, DateTimeOffset to, int total, int failed) => new()
        {
            ["from"] = from,
            ["to"] = to,
            ["total"] = total,
            ["by_status"] = new JsonObject { ["ready"] = total - failed, ["failed"] = failed },
        };

        static JsonObject Source(string name, int total) => new() { ["source"] = name, ["total"] = total };
    }
}
