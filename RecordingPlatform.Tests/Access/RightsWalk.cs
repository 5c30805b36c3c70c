using System.Net.Http.Json;
using System.Text.RegularExpressions;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Access;

internal enum Whose { Own, Other, Nobody }

/// <summary>Makes, for any route, the thing it is about and the request to it.</summary>
internal sealed partial class RightsWalk(AccessPlatform running)
{
    public const string Secret = "Zebrafinch";
    static readonly string[] Leaks = [Secret, "11223344", "99887766", "Mira", "patient2"];

    readonly Dictionary<(string Who, Whose Whose), Guid> _recordings = [];
    readonly Dictionary<string, HttpClient> _clients = [];

    Platform Platform => running.Platform;

    public async Task<HttpClient> ClientAsync(string who)
    {
        if (_clients.TryGetValue(who, out var known))
            return known;
        return _clients[who] = who switch
        {
            "anonymous" => Platform.Anonymous,
            "key without scope" => Platform.WithKey((await AccessPlatform.SendAsync(running.Admin, HttpMethod.Post, "api/v1/admin/api-keys", 201, new { name = "bare", scopes = (string[])["ops.read"] })).GetProperty("key").GetString()!),
            _ => await Platform.SignInAsync(who),
        };
    }

    /// <summary>A request of this caller to this route, about a thing that is theirs, another's or nobody's. What a write uses up is made for it alone.</summary>
    public async Task<(HttpClient Client, HttpRequestMessage Request, IReadOnlyList<string> Ids)> RequestAsync(RightsTable.Row row, string who, Whose whose)
    {
        var (methods, pattern) = (row.Route[..row.Route.IndexOf(' ', StringComparison.Ordinal)], row.Route[(row.Route.IndexOf(' ', StringComparison.Ordinal) + 1)..]);
        var write = methods is not ("GET" or "GET,HEAD");
        var client = pattern.EndsWith("/logout", StringComparison.Ordinal) || row.Route.StartsWith("DELETE /internal", StringComparison.Ordinal) ? await LeavingAsync(who) : await ClientAsync(who);
        Guid? recording = NeedsRecording().IsMatch(pattern) || pattern.EndsWith("/tickets", StringComparison.Ordinal) || pattern.Contains("{ticket}", StringComparison.Ordinal)
            ? await RecordingAsync(who, whose, fresh: write) : null;
        // The upload's own job would be the answer, and nothing be asked for anew.
        if (pattern.EndsWith("/reprocess", StringComparison.Ordinal))
            await running.ValueAsync($"delete from jobs where recording_id = '{recording}'");
        // Without a source of the kind, nobody is asked who they are.
        if (pattern.StartsWith("/webhooks/", StringComparison.Ordinal))
            await running.ValueAsync("insert into sources (id, name, kind) values (gen_random_uuid(), 'walked-pbx', 'freepbx'), (gen_random_uuid(), 'walked-jibri', 'jibri') on conflict (name) do nothing");
        var source = !pattern.Contains("{sourceId", StringComparison.Ordinal) ? "" : whose == Whose.Nobody ? Fresh() : await SourceAsync();
        var ids = new List<string>();
        var path = pattern;
        foreach (Match part in Parameter().Matches(pattern))
        {
            var value = part.Groups["name"].Value switch
            {
                "recordingId" => $"{recording}",
                "documentName" => "v1",
                "file" => "index.html",
                "source" => "nobodys-source",
                "path" => "nobodys-session/room.mp4",
                "ticket" => whose == Whose.Nobody ? "no-ticket" : await TicketAsync(recording!.Value),
                "conversationId" => whose == Whose.Nobody ? Fresh() : await running.ValueAsync($"select conversation_id from recordings where id = '{recording}'"),
                "expectationId" => whose == Whose.Nobody ? Fresh() : await ExpectationAsync(recording!.Value),
                "noteId" => whose == Whose.Nobody ? Fresh() : await NoteAsync(whose == Whose.Own && who is ("clinician" or "operator" or "practice_manager") ? client : running.Admin, recording!.Value),
                "grantId" => whose == Whose.Nobody ? Fresh() : await GrantAsync(recording!.Value),
                "keyId" => whose == Whose.Nobody ? Fresh() : (await AccessPlatform.SendAsync(running.Admin, HttpMethod.Post, "api/v1/admin/api-keys", 201, new { name = "walked", scopes = (string[])["ops.read"] })).GetProperty("id").GetString()!,
                "filterId" => whose == Whose.Nobody ? Fresh() : await FilterAsync(whose == Whose.Other || who is "anonymous" or "key without scope" ? "patient2" : who),
                "userId" => whose == Whose.Nobody ? Fresh() : await running.UserIdAsync("patient2"),
                "sessionId" => whose == Whose.Nobody ? Fresh() : await SessionAsync(pattern.Contains("/admin/", StringComparison.Ordinal) || whose == Whose.Other || who is "anonymous" or "key without scope" ? "patient2" : who),
                "sourceId" => source,
                "checkId" => whose == Whose.Nobody ? Fresh() : await running.ValueAsync($"insert into source_checks (id, source_id) values (gen_random_uuid(), '{source}') returning id"),
                "jobId" => whose == Whose.Nobody ? Fresh() : await running.ValueAsync("insert into jobs (id, kind, arguments, state, finished_at) values (gen_random_uuid(), 'test.walked', '{}', 'dead', app_now()) returning id"),
                var unknown => throw new InvalidOperationException($"The walk cannot make a {unknown} for {row.Route}: teach it in {nameof(RightsWalk)}."),
            };
            ids.Add(value);
            path = path.Replace(part.Value, value, StringComparison.Ordinal);
        }
        var request = new HttpRequestMessage(new HttpMethod(methods.Split(',')[0]), path.TrimStart('/') + row.Query) { Content = await BodyAsync(row.Route, recording) };
        if (recording is not null)
            ids.Add($"{recording}");
        return (client, request, ids);
    }

    public static void HoldsNothing(string what, string body, IEnumerable<string> ids)
    {
        foreach (var leak in Leaks.Concat(ids))
            Assert.False(body.Contains(leak, StringComparison.OrdinalIgnoreCase), $"{what} was refused, and its answer tells {leak}: {body}");
    }

    public async Task<Guid> RecordingAsync(string who, Whose whose, bool fresh)
    {
        if (whose == Whose.Nobody)
            return Guid.CreateVersion7();
        if (fresh)
            return await MakeAsync(who, whose);
        if (_recordings.TryGetValue((who, whose), out var known))
            return known;
        return _recordings[(who, whose)] = await MakeAsync(who, whose);
    }

    async Task<Guid> MakeAsync(string who, Whose whose)
    {
        return (who, whose) switch
        {
            ("patient", Whose.Own) => await AccessPlatform.UploadAsync(running.Admin, ("title", $"{Secret} of the patient"), ("subject_id", "patient"), ("meeting_id", Fresh())),
            ("clinician", Whose.Own) => await HeldByClinicianAsync(),
            ("operator", Whose.Own) => await AccessPlatform.UploadAsync(running.Admin, ("title", $"{Secret} call"), ("callId", Fresh())),
            ("integration", Whose.Own) => await AccessPlatform.UploadAsync(await ClientAsync(who), ("title", $"{Secret} of a program"), ("meeting_id", Fresh())),
            _ => await running.UploadPrivateAsync($"{Secret} of somebody else"),
        };
    }

    async Task<Guid> HeldByClinicianAsync()
    {
        var appointment = Fresh();
        var id = await AccessPlatform.UploadAsync(running.Admin, ("title", $"{Secret} session"), ("appointment_id", appointment));
        await running.ValueAsync($"update appointments set clinician_id = '{await running.UserIdAsync("clinician")}' where external_id = '{appointment}'");
        return id;
    }

    async Task<HttpContent?> BodyAsync(string route, Guid? recording)
    {
        var (email, password) = Platform.UserOf("patient2");
        object? body = route switch
        {
            "POST /api/v1/recordings" => null,
            "POST /api/v1/auth/login" or "POST /internal/portal/sessions" => new { email, password },
            "POST /api/v1/auth/refresh" => new { refresh_token = (await Platform.ReadAsync(await Platform.Anonymous.PostAsJsonAsync("api/v1/auth/login", new { email, password }), 200)).GetProperty("refresh_token").GetString() },
            "POST /api/v1/me/password" => new { current_password = "not told", new_password = "short" },
            "POST /api/v1/tickets" => new { kind = "playback", recording_id = recording, reason = "test" },
            "POST /api/v1/recordings/{recordingId:guid}/grants" => new { user = await running.UserIdAsync("patient2"), play = true },
            "POST /api/v1/recordings/{recordingId:guid}/notes" or "PATCH /api/v1/recordings/{recordingId:guid}/notes/{noteId:guid}" => new { text = $"{Secret} was mentioned again" },
            "POST /api/v1/admin/api-keys" => new { name = "walked", scopes = (string[])["recordings.read"] },
            "POST /api/v1/admin/users" => new { email = $"{Fresh()}@demo.example", display_name = "Walked", roles = (string[])["patient"], password = "twelve characters at least" },
            "PATCH /api/v1/recordings/{recordingId:guid}" => new { title = $"{Secret} renamed" },
            "PATCH /api/v1/admin/users/{userId:guid}" => new { display_name = "Mira Castellanos" },
            "POST /api/v1/completeness/{expectationId:guid}/absent" => new { reason = $"{Secret} says so" },
            "POST /api/v1/me/filters" => new { name = Fresh(), query = $"participant={Secret}" },
            "POST /webhooks/freepbx" or "POST /webhooks/jibri" => new { @event = "call_started" },
            "POST /api/v1/sources" => new { name = $"walked-{Fresh()}", kind = "freepbx" },
            "PATCH /api/v1/sources/{sourceId:guid}" => new { enabled = false },
            "PUT /api/v1/sources/{sourceId:guid}/secrets" => new { webhook_secret = "generate" },
            "POST /internal/portal/key-ring" => new { friendly_name = Fresh(), xml = "<key/>" },
            "PUT /api/v1/ingest/{source}/media/{**path}" => new { },
            _ when route.StartsWith("HEAD", StringComparison.Ordinal) => null,
            _ when route.StartsWith("GET", StringComparison.Ordinal) || route.StartsWith("DELETE", StringComparison.Ordinal) || route.EndsWith("/logout", StringComparison.Ordinal) || route.EndsWith("/reprocess", StringComparison.Ordinal) || route.EndsWith("/requeue", StringComparison.Ordinal) || route.EndsWith("/test", StringComparison.Ordinal) || route.EndsWith("/retry", StringComparison.Ordinal) => null,
            _ => throw new InvalidOperationException($"The walk knows no body for {route}: teach it in {nameof(RightsWalk)}."),
        };
        return route == "POST /api/v1/recordings" ? AccessPlatform.Multipart(("title", "walked")) : body is null ? null : JsonContent.Create(body);
    }

    // Who signs out needs a session of their own to lose.
    async Task<HttpClient> LeavingAsync(string who) => who is "anonymous" or "key without scope" ? await ClientAsync(who) : await Platform.SignInAsync(who);

    async Task<string> SessionAsync(string who)
    {
        using var client = await Platform.SignInAsync(who);
        var sessions = await AccessPlatform.SendAsync(client, HttpMethod.Get, "api/v1/auth/sessions", 200);
        return sessions.GetProperty("sessions").EnumerateArray().Single(s => s.GetProperty("current").GetBoolean()).GetProperty("id").GetString()!;
    }

    async Task<string> FilterAsync(string who) =>
        (await AccessPlatform.SendAsync(await ClientAsync(who), HttpMethod.Post, "api/v1/me/filters", 201, new { name = Fresh(), query = $"participant={Secret}" })).GetProperty("id").GetString()!;

    /// <summary>That a PBX should have another track of the recording's conversation.</summary>
    async Task<string> ExpectationAsync(Guid recording) => await running.ValueAsync($"""
        with s as (insert into sources (id, name, kind, media_location) values (gen_random_uuid(), 'walked-{Fresh()}', 'freepbx', '/srv/monitor') returning id)
        insert into expectations (id, conversation_id, source_id, medium, state, due_at, last_problem)
        select gen_random_uuid(), r.conversation_id, s.id, 'audio', 'late', app_now(), '{Secret} is not there' from recordings r, s where r.id = '{recording}' returning id
        """);

    async Task<string> SourceAsync() =>
        (await AccessPlatform.SendAsync(running.Admin, HttpMethod.Post, "api/v1/sources", 201, new { name = $"{Secret.ToLowerInvariant()}-{Fresh()}", kind = "freepbx" })).GetProperty("id").GetString()!;

    async Task<string> TicketAsync(Guid recording) =>
        (await AccessPlatform.SendAsync(running.Admin, HttpMethod.Post, "api/v1/tickets", 200, new { kind = "playback", recording_id = recording })).GetProperty("ticket").GetString()!;

    static async Task<string> NoteAsync(HttpClient author, Guid recording) =>
        (await AccessPlatform.SendAsync(author, HttpMethod.Post, $"api/v1/recordings/{recording}/notes", 201, new { text = $"{Secret} was mentioned" })).GetProperty("id").GetString()!;

    async Task<string> GrantAsync(Guid recording) =>
        (await AccessPlatform.SendAsync(running.Admin, HttpMethod.Post, $"api/v1/recordings/{recording}/grants", 201, new { user = await running.UserIdAsync("patient2"), play = true })).GetProperty("id").GetString()!;

    static string Fresh() => Guid.CreateVersion7().ToString();

    [GeneratedRegex(@"\{(recording|conversation|expectation)Id", RegexOptions.ExplicitCapture, 1000)] private static partial Regex NeedsRecording();

    [GeneratedRegex(@"\{\**(?<name>\w+)[^}]*\}", RegexOptions.None, 1000)] private static partial Regex Parameter();
}
