using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Access;

[Collection(AccessCollection.Name)]
public sealed class PasswordTests(AccessPlatform running)
{
    const string First = "the first password";
    const string Second = "the second password";

    Platform Platform => running.Platform;

    [Fact]
    public async Task A_new_password_replaces_the_old_one_and_signs_out_every_other_device()
    {
        var email = await NewUserAsync();
        using var desk = await SignInAsync(email, First);
        using var phone = await SignInAsync(email, First);
        var url = await TicketAsync(phone);

        var changed = await ChangeAsync(desk, First, Second, 200);

        Assert.Equal(1, changed.GetProperty("sessions_ended").GetInt32());
        await Platform.ReadAsync(await desk.GetAsync("api/v1/me"), 200);
        await Platform.ReadAsync(await phone.GetAsync("api/v1/me"), 401);
        // What the other device had in hand is worth nothing either.
        await Platform.ReadAsync(await UploadAsync(url), 401);
        await LogInAsync(email, First, 401);
        using var again = await SignInAsync(email, Second);
        Assert.Equal("password_changed", await running.ValueAsync($"select revoked_why from sessions join users on users.id = user_id where email = '{email}' and revoked_at is not null"));
        Assert.Equal("done 1", await running.ValueAsync($"select outcome || ' ' || (facts ->> 'sessions_ended') from audit where action = 113 and actor_id = (select id from users where email = '{email}')"));
    }

    [Theory]
    [InlineData("elevenchars", "password_too_short")]
    [InlineData(First, "password_unchanged")]
    [InlineData("{EMAIL}", "password_is_email")]
    public async Task An_unfit_password_is_refused_and_costs_no_attempt(string chosen, string code)
    {
        var email = await NewUserAsync();
        using var client = await SignInAsync(email, First);
        for (var i = 0; i < 6; i++)
            Assert.Equal(code, (await ChangeAsync(client, First, chosen.Replace("{EMAIL}", email.ToUpperInvariant(), StringComparison.Ordinal), 422)).GetProperty("code").GetString());
        await ChangeAsync(client, First, Second, 200);
    }

    [Fact]
    public async Task A_session_alone_changes_no_password_and_guessing_locks_the_account()
    {
        var email = await NewUserAsync();
        using var client = await SignInAsync(email, First);
        for (var i = 0; i < 4; i++)
            Assert.Equal("current_password_wrong", (await ChangeAsync(client, "a guess at it", Second, 403)).GetProperty("code").GetString());
        Assert.Equal("locked_out", (await ChangeAsync(client, "a guess at it", Second, 429)).GetProperty("code").GetString());
        Assert.Equal("locked_out", (await ChangeAsync(client, First, Second, 429)).GetProperty("code").GetString());
        Assert.Equal("6", await running.ValueAsync($"select count(*) from audit where action = 101 and outcome = 'denied' and actor_id = (select id from users where email = '{email}')"));
        await running.MoveClockAsync(TimeSpan.FromMinutes(5.1), async () => await LogInAsync(email, First, 200));
    }

    [Fact]
    public async Task A_program_has_no_password_to_change()
    {
        var made = await AccessPlatform.SendAsync(running.Admin, HttpMethod.Post, "api/v1/admin/api-keys", 201, new { name = "password", scopes = (string[])["recordings.read"] });
        using var program = Platform.WithKey(made.GetProperty("key").GetString()!);
        Assert.Equal("no_password", (await ChangeAsync(program, First, Second, 403)).GetProperty("code").GetString());
    }

    [Fact]
    public async Task The_portal_alone_may_say_which_device_is_behind_it()
    {
        var email = await NewUserAsync();
        using var portal = Platform.WithKey(Platform.PortalKey);
        portal.DefaultRequestHeaders.Add("X-Portal-Client-Address", "198.51.100.23");
        portal.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("Browser", "1"));
        var handle = (await Platform.ReadAsync(await portal.PostAsJsonAsync("internal/portal/sessions", new { email, password = First }), 200)).GetProperty("handle").GetString();
        using var liar = await SignInAsync(email, First, ("X-Portal-Client-Address", "203.0.113.99"));
        liar.DefaultRequestHeaders.Add("X-Portal-Session", handle);

        var sessions = (await Platform.ReadAsync(await liar.GetAsync("api/v1/auth/sessions"), 200)).GetProperty("sessions").EnumerateArray().ToList();
        Assert.Equal(["bearer 127.0.0.1 ", "portal 198.51.100.23 Browser/1"], sessions.Select(s => $"{Text(s, "kind")} {Text(s, "ip")} {Text(s, "user_agent")}").Order(StringComparer.Ordinal));
        Assert.Equal("0", await running.ValueAsync("select count(*) from audit_details where ip = '203.0.113.99'"));
    }

    static string? Text(JsonElement from, string name) => from.TryGetProperty(name, out var value) ? value.GetString() : null;

    async Task<string> NewUserAsync()
    {
        var email = $"{Guid.CreateVersion7()}@demo.example";
        await AccessPlatform.SendAsync(running.Admin, HttpMethod.Post, "api/v1/admin/users", 201, new { email, display_name = "Changes a password", roles = (string[])["operator"], password = First });
        return email;
    }

    async Task<HttpClient> SignInAsync(string email, string password, params (string Name, string Value)[] headers)
    {
        var client = new HttpClient { BaseAddress = Platform.Url };
        foreach (var (name, value) in headers)
            client.DefaultRequestHeaders.Add(name, value);
        var token = (await Platform.ReadAsync(await client.PostAsJsonAsync("api/v1/auth/login", new { email, password }), 200)).GetProperty("access_token").GetString();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client;
    }

    async Task LogInAsync(string email, string password, int status) =>
        await Platform.ReadAsync(await Platform.Anonymous.PostAsJsonAsync("api/v1/auth/login", new { email, password }), status);

    static Task<JsonElement> ChangeAsync(HttpClient client, string current, string chosen, int status) =>
        AccessPlatform.SendAsync(client, HttpMethod.Post, "api/v1/me/password", status, new { current_password = current, new_password = chosen });

    static async Task<string> TicketAsync(HttpClient client) =>
        "api/v1/recordings?ticket=" + (await AccessPlatform.SendAsync(client, HttpMethod.Post, "api/v1/tickets", 200, new { kind = "upload" })).GetProperty("ticket").GetString();

    async Task<HttpResponseMessage> UploadAsync(string path)
    {
        using var body = AccessPlatform.Multipart();
        return await Platform.Anonymous.PostAsync(path, body);
    }
}
