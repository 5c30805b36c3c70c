using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Logging;
using Microsoft.Net.Http.Headers;

namespace RecordingPlatform.Tests.Web;

/// <summary>
/// Answers the portal in the API's shapes, for states that the real one reaches rarely or slowly: outages, an empty archive, a
/// slow network, an expired ticket. It decides nothing: what a test puts in is what comes out.
/// </summary>
public sealed partial class StandInApi : IAsyncDisposable
{
    public const string ServiceKey = "rpk_portal-of-tests";
    public const string Password = "correct horse battery";
    public const string Code = "123456";

    readonly WebApplication _app;
    readonly ConcurrentDictionary<string, byte> _sessions = new();
    readonly ConcurrentQueue<string> _asked = new();
    readonly StandInEvents _events = new();
    readonly List<JsonObject> _keyRing = [];
    (string Path, int Status, string Code, int? RetryAfter)? _fault;
    int _tickets;

    StandInApi(WebApplication app) => _app = app;

    public string Address => _app.Urls.Single();

    /// <summary>The portals whose scripts may call, as CORS has it.</summary>
    public string PortalOrigin { get; set; } = "";

    public List<JsonObject> Recordings { get; } = [];
    public List<string> Permissions { get; } = [];
    public List<JsonObject> AuditEntries { get; } = [];
    public string? NextCursor { get; set; }
    public bool TotalIsLowerBound { get; set; }
    public bool MonoWaveform { get; set; }
    public bool NeedsTwoFactor { get; set; }
    public ConcurrentDictionary<string, byte[]> Media { get; } = new();
    public TimeSpan TicketLifetime { get; set; } = TimeSpan.FromMinutes(15);

    public StandInEvents Events => _events;

    public StandInNotes Notes { get; } = new();

    /// <summary>An upload is read up to its middle and no further before this is released.</summary>
    public TaskCompletionSource? UploadGate { get; set; }

    public ConcurrentBag<IReadOnlyDictionary<string, string>> Uploads { get; } = [];

    /// <summary>The Idempotency-Key of each attempt to upload, refused ones included, oldest first.</summary>
    public ConcurrentQueue<string> UploadKeys { get; } = [];

    public List<JsonObject> Devices { get; } = [];

    /// <summary>What the account's password is; a change is refused without it.</summary>
    public string AccountPassword { get; set; } = Password;

    /// <summary>How the portal described its visitor in the last call: address and user agent.</summary>
    public (string Address, string Agent) Visitor { get; private set; }

    /// <summary>Each call as <c>GET /path?query</c>, oldest first.</summary>
    public IReadOnlyList<string> Asked => [.. _asked];

    public static async Task<StandInApi> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0").ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = null);
        var app = builder.Build();
        var api = new StandInApi(app);
        app.Use(api.AnswerAsync);
        api.Map(app);
        await app.StartAsync();
        return api;
    }

    public void Reset()
    {
        Recordings.Clear();
        AuditEntries.Clear();
        Notes.Clear();
        Permissions.Clear();
        Permissions.AddRange(["recordings.read", "recordings.play", "recordings.download", "recordings.upload", "recordings.delete", "notes.read"]);
        Uploads.Clear();
        UploadKeys.Clear();
        Devices.Clear();
        AccountPassword = Password;
        _asked.Clear();
        _fault = null;
        NextCursor = null;
        TotalIsLowerBound = MonoWaveform = NeedsTwoFactor = false;
        ResetLists();
        ResetCalls();
        ResetSources();
        ResetJobs();
        UploadGate?.TrySetResult();
        UploadGate = null;
        TicketLifetime = TimeSpan.FromMinutes(15);
    }

    /// <summary>Everything below this path fails so, until <see cref="Reset"/>.</summary>
    public void Fail(string path, int status, string code, int? retryAfter = null) => _fault = (path, status, code, retryAfter);

    public void EndAllSessions() => _sessions.Clear();

    public string AddSession()
    {
        var handle = $"rpp_{Guid.CreateVersion7():N}";
        _sessions[handle] = 0;
        return handle;
    }

    public JsonObject Add(string status = "ready", string? title = "Intake session", Action<JsonObject>? with = null)
    {
        var recording = Sample.Recording(status, title);
        with?.Invoke(recording);
        Recordings.Add(recording);
        return recording;
    }

    async Task AnswerAsync(HttpContext context, RequestDelegate next)
    {
        var path = context.Request.Path.Value!;
        _asked.Enqueue($"{context.Request.Method} {path}{context.Request.QueryString}");
        if (context.Request.Headers["X-Portal-Client-Address"].ToString() is { Length: > 0 } address)
            Visitor = (address, context.Request.Headers.UserAgent.ToString());
        if (context.Request.Headers.Origin.ToString() is { Length: > 0 } origin && origin == PortalOrigin)
        {
            context.Response.Headers.AccessControlAllowOrigin = origin;
            context.Response.Headers.AccessControlExposeHeaders = "Retry-After";
            if (HttpMethods.IsOptions(context.Request.Method))
            {
                context.Response.Headers.AccessControlAllowMethods = "POST";
                context.Response.Headers.AccessControlAllowHeaders = "Idempotency-Key";
                context.Response.StatusCode = 204;
                return;
            }
            if (context.Request.Headers["Idempotency-Key"].ToString() is { Length: > 0 } key)
                UploadKeys.Enqueue(key);
        }
        if (_fault is { } fault && path.StartsWith(fault.Path, StringComparison.Ordinal))
        {
            if (fault.RetryAfter is { } wait)
                context.Response.Headers.RetryAfter = $"{wait}";
            await Problem(fault.Status, fault.Code).ExecuteAsync(context);
            return;
        }
        var open = path.StartsWith("/media/", StringComparison.Ordinal) || context.Request.Query.ContainsKey("ticket");
        var keyed = context.Request.Headers["X-Api-Key"] == ServiceKey;
        var signedIn = _sessions.ContainsKey(context.Request.Headers["X-Portal-Session"].ToString());
        if (!open && (!keyed || (!signedIn && path is not ("/internal/portal/sessions" or "/internal/portal/key-ring"))))
            await Problem(401, "unauthenticated").ExecuteAsync(context);
        else
            await next(context);
    }

    void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/internal/portal/sessions", OpenSession);
        routes.MapGet("/internal/portal/session", () => Results.Json(new JsonObject { ["expires_at"] = Expiry(), ["user"] = User(), ["events_position"] = _events.Newest }));
        routes.MapGet("/api/v1/events", (Delegate)_events.StreamAsync);
        routes.MapDelete("/internal/portal/session", (HttpContext context) =>
        {
            _sessions.TryRemove(context.Request.Headers["X-Portal-Session"].ToString(), out _);
            return Results.NoContent();
        });
        routes.MapGet("/internal/portal/key-ring", () =>
        {
            lock (_keyRing)
                return Results.Json(new JsonObject { ["elements"] = new JsonArray([.. _keyRing.Select(k => k.DeepClone())]) });
        });
        routes.MapPost("/internal/portal/key-ring", (JsonObject element) =>
        {
            lock (_keyRing)
                _keyRing.Add(element);
            return Results.NoContent();
        });
        MapLists(routes);
        MapCalls(routes);
        MapSources(routes);
        MapJobs(routes);
        routes.MapGet("/api/v1/recordings/{id}", (string id) => Find(id) is { } found ? Results.Json(found) : Problem(404, "not_found"));
        routes.MapDelete("/api/v1/recordings/{id}", Delete);
        Notes.Map(routes, Find);
        routes.MapGet("/api/v1/recordings/{id}/waveform", (string id) => Find(id) is not null ? Results.Json(Sample.Waveform(MonoWaveform ? 1 : 2)) : Problem(404, "not_found"));
        routes.MapGet("/api/v1/recordings/{id}/playback-url", (string id, string? quality, bool? download) => Results.Json(new JsonObject
        {
            ["url"] = $"{Address}/media/{id}?n={Interlocked.Increment(ref _tickets)}&quality={quality}{(download == true ? "&download=true" : "")}",
            ["expires_at"] = TimeProvider.System.GetUtcNow().Add(TicketLifetime),
        }));
        routes.MapGet("/api/v1/audit/log", () => Permissions.Contains("audit.read")
            ? Results.Json(new JsonObject { ["entries"] = new JsonArray([.. AuditEntries.Select(e => e.DeepClone())]), ["total"] = AuditEntries.Count })
            : Problem(403, "forbidden"));
        routes.MapGet("/api/v1/me", () => Results.Json(User()));
        routes.MapGet("/api/v1/auth/sessions", () => Results.Json(new JsonObject { ["sessions"] = new JsonArray([.. Devices.Select(d => d.DeepClone())]) }));
        routes.MapDelete("/api/v1/auth/sessions/{id}", (string id) => Devices.RemoveAll(d => (string?)d["id"] == id) > 0 ? Results.NoContent() : Problem(404, "session_not_found"));
        routes.MapPost("/api/v1/me/password", ChangePassword);
        routes.MapPost("/api/v1/tickets", () => Results.Json(new JsonObject { ["ticket"] = $"rpu_{Interlocked.Increment(ref _tickets)}", ["expires_at"] = Expiry() }));
        routes.MapPost("/api/v1/recordings", (Delegate)UploadAsync);
        routes.MapGet("/media/{id}", (string id) => Media.TryGetValue(id, out var bytes)
            ? Results.Bytes(bytes, "audio/wav", enableRangeProcessing: true)
            : Problem(404, "not_found"));
    }

    IResult OpenSession(HttpContext context, JsonObject body)
    {
        if ((string?)body["password"] != Password)
            return Problem(401, "invalid_credentials");
        if (NeedsTwoFactor && (string?)body["two_factor_code"] is not Code)
            return Problem(401, body["two_factor_code"] is null ? "two_factor_required" : "invalid_credentials");
        return Results.Json(new JsonObject { ["handle"] = AddSession(), ["expires_at"] = Expiry(), ["user"] = User() });
    }

    IResult ChangePassword(JsonObject body)
    {
        if ((string?)body["current_password"] != AccountPassword)
            return Problem(403, "current_password_wrong", "The current password is not right.");
        if (((string?)body["new_password"])!.Contains('@', StringComparison.Ordinal))
            return Problem(422, "password_is_email", "Your e-mail address is the first thing that somebody would try. Choose something else.");
        AccountPassword = (string)body["new_password"]!;
        return Results.Json(new JsonObject { ["sessions_ended"] = Devices.RemoveAll(d => (bool?)d["current"] != true) });
    }

    public void AddDevice(string id, bool current, string? agent, string kind = "portal") => Devices.Add(new JsonObject
    {
        ["id"] = id,
        ["kind"] = kind,
        ["created_at"] = "2026-03-12T08:00:00Z",
        ["seen_at"] = "2026-03-14T22:30:00Z",
        ["expires_at"] = "2036-03-14T22:30:00Z",
        ["ip"] = "192.0.2.7",
        ["user_agent"] = agent,
        ["current"] = current,
    });

    IResult Delete(string id, string? reason)
    {
        if (Find(id) is not { } recording)
            return Problem(404, "not_found");
        if (string.IsNullOrWhiteSpace(reason))
            return Problem(400, "reason_required");
        if ((bool?)recording["legal_hold"] == true)
            return Problem(409, "held", "The matter \"Case 12/2026\" holds this recording.");
        recording["status"] = "deleted";
        return Results.Json(new JsonObject { ["success"] = true, ["recording_id"] = id, ["status"] = "deleted", ["message"] = "Deleted" });
    }

    async Task<IResult> UploadAsync(HttpContext context)
    {
        var boundary = HeaderUtilities.RemoveQuotes(MediaTypeHeaderValue.Parse(context.Request.ContentType).Boundary).Value!;
        var reader = new MultipartReader(boundary, context.Request.Body);
        Dictionary<string, string> fields = [];
        while (await reader.ReadNextSectionAsync() is { } section)
        {
            var disposition = ContentDispositionHeaderValue.Parse(section.ContentDisposition);
            var name = disposition.Name.Value!;
            if (disposition.FileName.HasValue)
            {
                fields["file"] = disposition.FileName.Value!;
                fields["bytes"] = $"{await CountAsync(section.Body)}";
            }
            else
            {
                using var text = new StreamReader(section.Body);
                fields[name] = await text.ReadToEndAsync();
            }
        }
        if (fields["file"].EndsWith(".txt", StringComparison.Ordinal))
            return Problem(415, "media_unknown");
        if (fields.GetValueOrDefault("subject_id") == "nobody")
            return Problem(422, "unknown_subject_id");
        Uploads.Add(fields);
        var recording = Add("stored", fields.GetValueOrDefault("title"));
        return Results.Json(new JsonObject { ["id"] = recording["id"]!.DeepClone(), ["status"] = "stored" }, statusCode: 201);
    }

    async Task<long> CountAsync(Stream body)
    {
        var buffer = new byte[64 * 1024];
        long count = 0;
        for (int read; (read = await body.ReadAsync(buffer)) > 0;)
        {
            count += read;
            if (UploadGate is { } gate && count > 1024 * 1024)
                await gate.Task;
        }
        return count;
    }

    JsonObject? Find(string id) => Recordings.SingleOrDefault(r => (string?)r["id"] == id);

    JsonObject User() => new()
    {
        ["id"] = "0197f000-0000-7000-8000-000000000001",
        ["email"] = "ada@clinic.example",
        ["display_name"] = "Ada Berg",
        ["roles"] = new JsonArray([.. Roles.Select(r => JsonValue.Create(r))]),
        ["permissions"] = new JsonArray([.. Permissions.Select(p => JsonValue.Create(p))]),
    };

    static DateTimeOffset Expiry() => TimeProvider.System.GetUtcNow().AddHours(8);

    static IResult Problem(int status, string code, string? detail = null) =>
        Results.Problem(detail, statusCode: status, extensions: new Dictionary<string, object?> { ["code"] = code });

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
