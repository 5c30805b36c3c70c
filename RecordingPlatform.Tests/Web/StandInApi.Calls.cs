using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace RecordingPlatform.Tests.Web;

/// <summary>Conversations with their media, and what should exist of them.</summary>
public sealed partial class StandInApi
{
    static readonly string[] InHistory = ["id", "medium", "state", "due_at", "absent_reason", "last_problem", "looking", "next_look_at", "recording_id"];
    static readonly string[] States = ["expected", "late", "received", "absent"];

    public List<JsonObject> Conversations { get; } = [];
    public List<JsonObject> Expectations { get; } = [];

    /// <summary>Days of sources, as the API counts them.</summary>
    public List<JsonObject> Days { get; } = [];

    /// <summary>Answers of kinds without retrieval.</summary>
    public bool CannotLook { get; set; }

    void ResetCalls()
    {
        Conversations.Clear();
        Expectations.Clear();
        Days.Clear();
        CannotLook = false;
    }

    public JsonObject AddConversation(Action<JsonObject>? with = null)
    {
        var conversation = Sample.Conversation();
        with?.Invoke(conversation);
        Conversations.Insert(0, conversation);
        return conversation;
    }

    /// <summary>A recording of the conversation, with sound where it is ready.</summary>
    public JsonObject AddMedium(JsonObject conversation, string medium = "audio", string status = "ready")
    {
        var recording = Add(status, (string?)conversation["title"], r =>
        {
            r["has_video"] = medium == "video";
            if (medium == "video")
                (r["video_codec"], r["width"], r["height"]) = ("h264", 640, 480);
        });
        if (status == "ready")
            Media[(string)recording["id"]!] = Sample.Wav(channels: 2);
        conversation["media"]!.AsArray().Add(new JsonObject
        {
            ["recording_id"] = recording["id"]!.DeepClone(), ["medium"] = medium, ["status"] = status, ["duration_seconds"] = recording["duration_seconds"]?.DeepClone(),
            ["recorded_at"] = conversation["started_at"]?.DeepClone(), ["size_bytes"] = 4_812_300, ["playable"] = status == "ready", ["state_reason"] = recording["state_reason"]?.DeepClone(),
        });
        return recording;
    }

    /// <summary>Something that should exist of the conversation; the history and completeness both know of it.</summary>
    public JsonObject AddExpectation(JsonObject conversation, string state, string medium = "audio", Action<JsonObject>? with = null)
    {
        var expectation = Sample.Expectation(conversation, state, medium);
        with?.Invoke(expectation);
        Expectations.Add(expectation);
        conversation["expectations"]!.AsArray().Add(new JsonObject([.. InHistory.Select(name => KeyValuePair.Create(name, expectation[name]?.DeepClone()))]));
        return expectation;
    }

    void MapCalls(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/v1/history", ListConversations);
        routes.MapGet("/api/v1/conversations/{id}", (string id) => Conversations.Find(c => (string?)c["id"] == id) is { } found ? Results.Json(found) : Problem(404, "conversation_not_found"));
        routes.MapGet("/api/v1/completeness", ListExpectations);
        routes.MapPost("/api/v1/completeness/{id}/retry", (string id) => Change(id, expectation =>
        {
            if (CannotLook)
                return Problem(409, "source_cannot_look", "This source sends its recordings itself.");
            (expectation["state"], expectation["looking"], expectation["absent_reason"], expectation["next_look_at"]) = ("late", true, null, null);
            return Results.Json(expectation, statusCode: 202);
        }));
        routes.MapPost("/api/v1/completeness/{id}/absent", (string id, JsonObject body) => Change(id, expectation =>
        {
            if ((string?)body["reason"] is not { Length: >= 4 and <= 500 } reason)
                return Problem(400, "reason_length", "Give a reason of 4 to 500 characters.");
            (expectation["state"], expectation["looking"], expectation["absent_reason"]) = ("absent", false, reason);
            return Results.Json(expectation);
        }));
    }

    IResult Change(string id, Func<JsonObject, IResult> change) => Expectations.Find(e => (string?)e["id"] == id) switch
    {
        null => Problem(404, "expectation_not_found"),
        var found when (string?)found["state"] == "received" => Problem(409, "expectation_received", "The recording has arrived."),
        var found => change(found),
    };

    IResult ListConversations(HttpContext context)
    {
        var (page, size, first) = Slice(context, Conversations);
        return Results.Json(new JsonObject
        {
            ["conversations"] = page,
            ["total"] = Math.Min(Conversations.Count, 1000),
            ["total_is_lower_bound"] = Conversations.Count > 1000 ? true : null,
            ["page"] = 1,
            ["page_size"] = size,
            ["next_cursor"] = first + size < Conversations.Count ? $"{first + size}" : null,
            ["previous_cursor"] = first > 0 ? $"{first}" : null,
        });
    }

    IResult ListExpectations(HttpContext context)
    {
        var asked = context.Request.Query["state"].ToString();
        var found = Expectations.Where(e => asked.Length == 0 || (asked == "open" ? (string?)e["state"] is "late" or "expected" : (string?)e["state"] == asked)).ToList();
        var (page, size, first) = Slice(context, found);
        return Results.Json(new JsonObject
        {
            ["totals"] = new JsonObject([.. States.Select(state => KeyValuePair.Create(state, (JsonNode?)Expectations.Count(e => (string?)e["state"] == state)))]),
            ["days"] = new JsonArray([.. Days.Select(d => d.DeepClone())]),
            ["expectations"] = page,
            ["total"] = found.Count,
            ["page"] = 1,
            ["page_size"] = size,
            ["next_cursor"] = first + size < found.Count ? $"{first + size}" : null,
        });
    }

    static (JsonArray Page, int Size, int First) Slice(HttpContext context, List<JsonObject> all)
    {
        var query = context.Request.Query;
        var size = int.Parse(query["page_size"].ToString(), CultureInfo.InvariantCulture);
        var first = query["before"].ToString() is { Length: > 0 } before ? Math.Max(0, int.Parse(before, CultureInfo.InvariantCulture) - size)
            : query["cursor"].ToString() is { Length: > 0 } cursor ? int.Parse(cursor, CultureInfo.InvariantCulture) : 0;
        return (new JsonArray([.. all.Skip(first).Take(size).Select(c => c.DeepClone())]), size, first);
    }
}
