namespace RecordingPlatform.Tests.Access;

/// <summary>
/// Who may what: the one declaration that the running API is held against. Columns in the order of <see cref="Callers"/>.
/// <c>Own</c> is a thing the caller's role reaches, <c>Other</c> one it does not (everyone who sees all reaches it too),
/// <c>Nobody</c> an id that does not exist. A route without an id has <c>Own</c> only.
/// </summary>
internal static class RightsTable
{
    public static readonly string[] Callers = ["patient", "clinician", "operator", "practice_manager", "compliance_officer", "admin", "integration", "anonymous", "key without scope"];

    /// <param name="Route">Methods and pattern as <c>api routes</c> prints them.</param>
    /// <param name="Own">The statuses.</param>
    /// <param name="Other">Of what belongs to somebody else; as <paramref name="Own"/> unless given.</param>
    /// <param name="Nobody">Of what does not exist; null where there is no id.</param>
    /// <param name="Query">What is sent along.</param>
    public sealed record Row(string Route, string Own, string? Other = null, string? Nobody = null, string Query = "");

    const string Everybody = "200 200 200 200 200 200 200 200 200";
    const string SignedIn = "200 200 200 200 200 200 200 401 200";
    const string PortalOnly = "403 403 403 403 403 403 403 401 403";
    const string NobodyMay = "403 403 403 403 403 403 403 401 403";
    const string AdminReads = "403 403 403 403 403 200 403 401 403";
    const string AdminMakes = "403 403 403 403 403 201 403 401 403";
    const string AdminAsks = "403 403 403 403 403 202 403 401 403";
    const string AdminEnds = "403 403 403 403 403 204 403 401 403";
    const string AdminMisses = "403 403 403 403 403 404 403 401 403";
    const string Unsigned = "401 401 401 401 401 401 401 401 403";
    const string OverseersRead = "403 403 403 403 200 200 403 401 403";
    const string OverseersMiss = "403 403 403 403 404 404 403 401 403";
    const string Source = "/api/v1/sources/{sourceId:guid}";
    const string Recording = "/api/v1/recordings/{recordingId:guid}";
    const string Expectation = "/api/v1/completeness/{expectationId:guid}";
    const string Unseen = "404 404 404 404 404 404 404 401 403";

    public static readonly Row[] Rows =
    [
        //                                                        pat cli ope man com adm int ano key
        new("GET /alive", Everybody),
        new("GET /health", Everybody),
        new("GET /openapi/{documentName}.json", Everybody),
        new("GET,HEAD /docs/{**file}", Everybody),
        // The walk comes from loopback; from elsewhere it needs ops.read, and is 404 without.
        new("GET /metrics", Everybody),
        new("GET,HEAD /media/{ticket}", Everybody, Nobody: "403 403 403 403 403 403 403 403 403"),

        // Reports are signed, or come with a key of scope ingest:<source>: whoever is signed in is not the one who reports.
        new("POST /webhooks/freepbx", Unsigned),
        new("POST /webhooks/jibri", Unsigned),

        new("POST /api/v1/auth/login", Everybody),
        new("POST /api/v1/auth/refresh", Everybody),
        new("POST /api/v1/auth/logout",                          "204 204 204 204 204 204 204 401 403"),
        new("GET /api/v1/me", SignedIn),
        // Too short a password is sent: the real change has tests of its own.
        new("POST /api/v1/me/password",                          "422 422 422 422 422 422 422 401 403"),
        new("GET /api/v1/auth/sessions",                         "200 200 200 200 200 200 200 401 403"),
        new("DELETE /api/v1/auth/sessions/{sessionId:guid}",     "204 204 204 204 204 204 204 401 403", Unseen, Unseen),

        new("GET /api/v1/recordings",                            "200 200 200 200 200 200 200 401 403"),
        new("POST /api/v1/recordings",                           "201 201 201 201 201 201 201 401 403"),
        new("GET /api/v1/recordings/export",                     "200 200 200 200 200 200 200 401 403", Query: "?call_id=nobody-called"),
        new("GET /api/v1/recordings/sources",                    "200 200 200 200 200 200 200 401 403"),
        new("GET /api/v1/overview",                              "200 200 200 200 200 200 200 401 403"),
        new("GET /api/v1/me/filters",                            "200 200 200 200 200 200 200 401 403"),
        new("POST /api/v1/me/filters",                           "201 201 201 201 201 201 201 401 403"),
        new("DELETE /api/v1/me/filters/{filterId:guid}",         "204 204 204 204 204 204 204 401 403", Unseen, Unseen),
        new("GET /api/v1/events",                                "200 200 200 200 200 200 200 401 403"),
        // No upgrade is asked for: whoever may follow is told that this address speaks WebSocket.
        new("GET /api/v1/events/ws",                             "400 400 400 400 400 400 400 401 403"),
        new($"PATCH {Recording}",                                "403 200 200 200 403 200 403 401 403",
                                                                 "403 404 404 200 403 200 403 401 403",
                                                                 "403 404 404 404 403 404 403 401 403"),
        new($"POST {Recording}/reprocess",                       "403 202 202 202 403 202 403 401 403",
                                                                 "403 404 404 202 403 202 403 401 403",
                                                                 "403 404 404 404 403 404 403 401 403"),
        new($"GET {Recording}",                                  "200 200 200 200 200 200 200 401 403",
                                                                 "404 404 404 200 200 200 404 401 403", Unseen),
        new($"DELETE {Recording}",                               "403 403 403 200 200 200 403 401 403",
                                                         Nobody: "403 403 403 404 404 404 403 401 403", Query: "?reason=test"),
        new($"GET,HEAD {Recording}/download",                    "403 200 200 200 403 200 200 401 403",
                                                                 "404 404 404 200 403 200 404 401 403", Unseen, "?reason=test"),
        new($"GET,HEAD {Recording}/stream",                      "200 200 200 200 200 200 200 401 403",
                                                                 "404 404 404 200 200 200 404 401 403", Unseen, "?reason=test"),
        new($"GET {Recording}/playback-url",                     "200 200 200 200 200 200 200 401 403",
                                                                 "404 404 404 200 200 200 404 401 403", Unseen, "?reason=test"),
        // Nothing is processed here: whoever may have the waveform is told to wait.
        new($"GET {Recording}/waveform",                         "409 409 409 409 409 409 409 401 403",
                                                                 "404 404 404 409 409 409 404 401 403", Unseen),
        // The note is the caller's own where they may write one beside their own recording, else the administrator's.
        new($"GET {Recording}/notes",                            "403 200 200 200 200 200 403 401 403",
                                                                 "403 404 404 200 200 200 403 401 403",
                                                                 "403 404 404 404 404 404 403 401 403"),
        new($"POST {Recording}/notes",                           "403 201 201 201 403 201 403 401 403",
                                                                 "403 404 404 201 403 201 403 401 403",
                                                                 "403 404 404 404 403 404 403 401 403"),
        new($"PATCH {Recording}/notes/{{noteId:guid}}",          "403 200 200 200 403 200 403 401 403",
                                                                 "403 404 404 403 403 200 403 401 403",
                                                                 "403 404 404 404 403 404 403 401 403"),
        new($"DELETE {Recording}/notes/{{noteId:guid}}",         "403 204 204 204 403 204 403 401 403",
                                                                 "403 404 404 204 403 204 403 401 403",
                                                                 "403 404 404 404 403 404 403 401 403"),
        new("POST /api/v1/tickets",                              "200 200 200 200 200 200 200 401 404",
                                                                 "404 404 404 200 200 200 404 401 404",
                                                                 "404 404 404 404 404 404 404 401 404"),
        new($"GET {Recording}/grants",                           "403 403 403 200 403 200 403 401 403",
                                                         Nobody: "403 403 403 404 403 404 403 401 403"),
        new($"POST {Recording}/grants",                          "403 403 403 201 403 201 403 401 403",
                                                         Nobody: "403 403 403 404 403 404 403 401 403"),
        new($"DELETE {Recording}/grants/{{grantId:guid}}",       "403 403 403 204 403 204 403 401 403",
                                                         Nobody: "403 403 403 404 403 404 403 401 403"),

        new("GET /api/v1/admin/users", AdminReads),
        new("POST /api/v1/admin/users", AdminMakes),
        new("PATCH /api/v1/admin/users/{userId:guid}", AdminReads, Nobody: AdminMisses),
        new("GET /api/v1/admin/users/{userId:guid}/devices", AdminReads, Nobody: AdminMisses),
        new("DELETE /api/v1/admin/users/{userId:guid}/devices/{sessionId:guid}", AdminEnds, Nobody: AdminMisses),
        new("GET /api/v1/admin/api-keys", AdminReads),
        new("POST /api/v1/admin/api-keys", AdminMakes),
        new("DELETE /api/v1/admin/api-keys/{keyId:guid}", AdminEnds, Nobody: AdminMisses),
        new("GET /api/v1/jobs", AdminReads),
        new("GET /api/v1/jobs/{jobId:guid}", AdminReads, Nobody: AdminMisses),
        new("POST /api/v1/jobs/{jobId:guid}/requeue", AdminAsks, Nobody: AdminMisses),
        new("GET /api/v1/sources", OverseersRead),
        new("POST /api/v1/sources", AdminMakes),
        new($"GET {Source}", OverseersRead, Nobody: OverseersMiss),
        new($"PATCH {Source}", AdminReads, Nobody: AdminMisses),
        new($"PUT {Source}/secrets", AdminReads, Nobody: AdminMisses),
        new($"DELETE {Source}/secrets/previous", AdminReads, Nobody: AdminMisses),
        new($"GET {Source}/events", OverseersRead, Nobody: OverseersMiss),
        // No worker runs here, and nobody waits for one.
        new($"POST {Source}/test", AdminAsks, Nobody: AdminMisses, Query: "?wait_seconds=0"),
        new($"GET {Source}/tests/{{checkId:guid}}", OverseersRead, Nobody: OverseersMiss),
        new("GET /api/v1/history",                               "200 200 200 200 200 200 200 401 403", Query: "?q=nothing-like-it"),
        new("GET /api/v1/conversations/{conversationId:guid}",   "200 200 200 200 200 200 200 401 403",
                                                                 "404 404 404 200 200 200 404 401 403", Unseen),
        new("GET /api/v1/completeness",                          "403 200 200 200 200 200 403 401 403"),
        new($"POST {Expectation}/retry",                         "403 403 202 202 403 202 403 401 403",
                                                                 "403 403 404 202 403 202 403 401 403",
                                                                 "403 403 404 404 403 404 403 401 403"),
        new($"POST {Expectation}/absent",                        "403 403 200 200 403 200 403 401 403",
                                                                 "403 403 404 200 403 200 403 401 403",
                                                                 "403 403 404 404 403 404 403 401 403"),
        // No role may: the scope that is needed names the source.
        new("PUT /api/v1/ingest/{source}/media/{**path}", NobodyMay),
        new("HEAD /api/v1/ingest/{source}/media/{**path}", NobodyMay),
        new("GET /api/v1/audit/log",                             "403 403 403 403 200 200 403 401 403"),

        new("GET /internal/portal/key-ring", PortalOnly),
        new("POST /internal/portal/key-ring", PortalOnly),
        new("POST /internal/portal/sessions", PortalOnly),
        new("GET /internal/portal/session", SignedIn),
        new("DELETE /internal/portal/session",                   "204 204 204 204 204 204 204 401 403"),
    ];
}
