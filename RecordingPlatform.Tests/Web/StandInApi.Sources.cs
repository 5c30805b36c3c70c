using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace RecordingPlatform.Tests.Web;

/// <summary>Sources, their secrets, reports and tests.</summary>
public sealed partial class StandInApi
{
    public const string MadeSecret = "whsec_bWFkZS1ieS10aGUtc3RhbmQtaW4tMDEyMzQ1Njc=";
    public const string PublicLine = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl recordings";

    /// <summary>What administrators may beside what everybody here may.</summary>
    public static readonly IReadOnlyList<string> OfAdministrators = ["completeness.read", "completeness.manage", "sources.read", "sources.manage", "jobs.read", "jobs.requeue"];

    public List<JsonObject> ConnectedSources { get; } = [];
    public List<JsonObject> Reports { get; } = [];
    public List<JsonObject> RefusedDeliveries { get; } = [];

    /// <summary>The bodies of what was asked to change, oldest first.</summary>
    public List<JsonObject> SourceChanges { get; } = [];

    /// <summary>What a change of a source, or of its secrets, is refused with.</summary>
    public (int Status, string Code, string Detail)? SourceRefusal { get; set; }

    /// <summary>What the test button finds; its <c>finished_at</c> is null while it runs.</summary>
    public JsonObject SourceTest { get; private set; } = [];

    void ResetSources()
    {
        ConnectedSources.Clear();
        Reports.Clear();
        RefusedDeliveries.Clear();
        SourceChanges.Clear();
        SourceRefusal = null;
        SourceTest = new JsonObject { ["id"] = "0197f000-0000-7000-8000-0000000000e1", ["finished_at"] = "2026-03-14T22:30:00Z", ["findings"] = new JsonArray() };
    }

    public JsonObject AddSource(string kind = "freepbx", Action<JsonObject>? with = null)
    {
        var source = Sample.Source(kind);
        with?.Invoke(source);
        ConnectedSources.Add(source);
        return source;
    }

    public void AddFinding(string subject, bool ok, string message) => SourceTest["findings"]!.AsArray().Add(new JsonObject { ["subject"] = subject, ["ok"] = ok, ["message"] = message });

    void MapSources(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/v1/sources", () => Results.Json(new JsonObject { ["sources"] = new JsonArray([.. ConnectedSources.Select(s => s.DeepClone())]) }));
        routes.MapPost("/api/v1/sources", (JsonObject body) => Changing(body, () =>
        {
            var made = AddSource((string)body["kind"]!, s => s["name"] = (string?)body["name"]);
            return Results.Json(made, statusCode: 201);
        }));
        routes.MapGet("/api/v1/sources/{id}", (string id) => WithSource(id, source => Results.Json(source)));
        routes.MapPatch("/api/v1/sources/{id}", (string id, JsonObject body) => WithSource(id, source => Changing(body, () =>
        {
            foreach (var (name, value) in body)
                source[name] = value?.DeepClone();
            return Results.Json(source);
        })));
        routes.MapPut("/api/v1/sources/{id}/secrets", (string id, JsonObject body) => WithSource(id, source => Changing(body, () => Results.Json(ChangeSecrets(source["secrets"]!.AsObject(), body)))));
        routes.MapDelete("/api/v1/sources/{id}/secrets/previous", (string id) => WithSource(id, source =>
        {
            source["secrets"]!["webhook_secrets"] = 1;
            return Results.Json(source["secrets"]);
        }));
        routes.MapGet("/api/v1/sources/{id}/events", (string id) => Results.Json(new JsonObject
        {
            ["events"] = new JsonArray([.. Reports.Select(r => r.DeepClone())]), ["refused"] = new JsonArray([.. RefusedDeliveries.Select(r => r.DeepClone())]), ["next_cursor"] = NextCursor,
        }));
        routes.MapPost("/api/v1/sources/{id}/test", (string id) => WithSource(id, _ => Results.Json(SourceTest, statusCode: SourceTest["finished_at"] is null ? 202 : 200)));
        routes.MapGet("/api/v1/sources/{id}/tests/{test}", (string id) => WithSource(id, _ => Results.Json(SourceTest)));
    }

    static JsonObject ChangeSecrets(JsonObject secrets, JsonObject change)
    {
        if (change.ContainsKey("webhook_secret"))
            secrets["webhook_secrets"] = Math.Min(2, (int)secrets["webhook_secrets"]! + 1);
        if (change.ContainsKey("ssh_private_key"))
            (secrets["ssh_private_key"], secrets["ssh_public_key"]) = (change["ssh_private_key"] is not null, change["ssh_private_key"] is null ? null : PublicLine);
        if (change.ContainsKey("s3_secret_key"))
            secrets["s3_keys"] = change["s3_secret_key"] is not null;
        var answer = secrets.DeepClone().AsObject();
        answer["webhook_secret"] = (string?)change["webhook_secret"] == "generate" ? MadeSecret : null;
        return answer;
    }

    IResult WithSource(string id, Func<JsonObject, IResult> answer) =>
        ConnectedSources.Find(s => (string?)s["id"] == id) is { } found ? answer(found) : Problem(404, "source_not_found");

    IResult Changing(JsonObject body, Func<IResult> change)
    {
        SourceChanges.Add(body);
        return SourceRefusal is { } refusal ? Problem(refusal.Status, refusal.Code, refusal.Detail) : change();
    }
}
