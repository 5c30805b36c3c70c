using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace RecordingPlatform.Tests.Web;

/// <summary>Notes as the API keeps them, of every recording alike; and titles.</summary>
public sealed class StandInNotes
{
    readonly Lock _lock = new();
    readonly List<JsonObject> _all = [];

    public bool MayAdd { get; set; } = true;

    public IReadOnlyList<JsonObject> All
    {
        get
        {
            lock (_lock)
                return [.. _all];
        }
    }

    public void Clear()
    {
        lock (_lock)
            _all.Clear();
        MayAdd = true;
    }

    public JsonObject Add(string text, double? at = null, string author = "Ada Berg", params string[] permissions)
    {
        var note = new JsonObject
        {
            ["id"] = $"{Guid.CreateVersion7()}",
            ["at_seconds"] = at,
            ["text"] = text,
            ["author_id"] = null,
            ["author_name"] = author,
            ["created_at"] = "2026-03-15T08:05:00Z",
            ["updated_at"] = "2026-03-15T08:05:00Z",
            ["permissions"] = new JsonArray([.. permissions.Select(p => JsonValue.Create(p))]),
        };
        lock (_lock)
            _all.Add(note);
        return note;
    }

    internal void Map(IEndpointRouteBuilder routes, Func<string, JsonObject?> find)
    {
        routes.MapGet("/api/v1/recordings/{id}/notes", () => Results.Json(new JsonObject
        {
            ["notes"] = new JsonArray([.. All.OrderBy(n => (double?)n["at_seconds"] ?? -1).Select(n => n.DeepClone())]),
            ["may_add"] = MayAdd,
        }));
        routes.MapPost("/api/v1/recordings/{id}/notes", (JsonObject body) => (double?)body["at_seconds"] > Sample.Seconds
            ? Refused("time_outside")
            : Results.Json(Add((string)body["text"]!, (double?)body["at_seconds"], "Ada Berg", "edit", "delete"), statusCode: 201));
        routes.MapPatch("/api/v1/recordings/{id}/notes/{note}", (string note, JsonObject body) =>
        {
            var found = All.Single(n => (string?)n["id"] == note);
            found["text"] = (string?)body["text"];
            if (body.ContainsKey("at_seconds"))
                found["at_seconds"] = (double?)body["at_seconds"];
            found["updated_at"] = "2026-03-15T09:00:00Z";
            return Results.Json(found);
        });
        routes.MapDelete("/api/v1/recordings/{id}/notes/{note}", (string note) =>
        {
            lock (_lock)
                _all.RemoveAll(n => (string?)n["id"] == note);
            return Results.NoContent();
        });
        routes.MapPatch("/api/v1/recordings/{id}", (string id, JsonObject body) =>
        {
            var recording = find(id)!;
            if ((string?)body["title"] is "refused")
                return Refused("title_refused", "Another title, please.");
            recording["title"] = (string?)body["title"];
            return Results.Json(recording);
        });
    }

    static IResult Refused(string code, string? detail = null) =>
        Results.Problem(detail, statusCode: 400, extensions: new Dictionary<string, object?> { ["code"] = code });
}
