using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace RecordingPlatform.Tests.Web;

/// <summary>Jobs, and what becomes of one that is tried again.</summary>
public sealed partial class StandInApi
{
    public const string JobError = "System.TimeoutException: The object store did not answer within 30 s.\n   at RecordingPlatform.Core.Storage.DiskStore.GetAsync()";

    /// <summary>Newest first.</summary>
    public List<JsonObject> Jobs { get; } = [];

    void ResetJobs() => Jobs.Clear();

    /// <summary>A dead one, after five failures of which two were kept.</summary>
    public JsonObject AddJob(string kind = "process_recording", Action<JsonObject>? with = null)
    {
        var job = new JsonObject
        {
            ["id"] = Guid.CreateVersion7().ToString(),
            ["kind"] = kind,
            ["state"] = "dead",
            ["priority"] = 100,
            ["recording_id"] = null,
            ["about"] = new JsonObject(),
            ["created_at"] = "2026-03-14T20:00:00Z",
            ["run_at"] = "2026-03-14T21:30:00Z",
            ["started_at"] = "2026-03-14T21:30:00Z",
            ["finished_at"] = "2026-03-14T21:31:00Z",
            ["deadline_at"] = null,
            ["worker"] = null,
            ["progress"] = null,
            ["waiting_for"] = null,
            ["failures"] = 5,
            ["superseded_by"] = null,
            ["errors"] = new JsonArray(
                new JsonObject { ["at"] = "2026-03-14T20:00:30Z", ["attempt"] = 1, ["error"] = "System.IO.IOException: The first of them." },
                new JsonObject { ["at"] = "2026-03-14T21:31:00Z", ["attempt"] = 5, ["error"] = JobError }),
        };
        with?.Invoke(job);
        Jobs.Insert(0, job);
        return job;
    }

    void MapJobs(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/v1/jobs", ListJobs);
        routes.MapPost("/api/v1/jobs/{id}/requeue", Requeue);
    }

    IResult ListJobs(HttpContext context)
    {
        var state = context.Request.Query["state"].ToString();
        var found = Jobs.Where(j => state.Length == 0 || (string?)j["state"] == state).ToList();
        var (page, size, first) = Slice(context, found);
        return Results.Json(new JsonObject
        {
            ["jobs"] = page,
            ["total"] = found.Count,
            ["page"] = 1,
            ["page_size"] = size,
            ["next_cursor"] = first + size < found.Count ? $"{first + size}" : null,
        });
    }

    IResult Requeue(string id)
    {
        if (Jobs.Find(j => (string?)j["id"] == id) is not { } job)
            return Problem(404, "job_not_found");
        if ((string?)job["state"] != "dead")
            return Problem(409, "job_not_dead", $"The job is {job["state"]}. Only a dead one is queued again.");
        job["state"] = job["superseded_by"] is null ? "queued" : "cancelled";
        return Results.Json(job, statusCode: 202);
    }
}
