using System.Net.Http.Json;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Access;

[Collection(AccessCollection.Name)]
public sealed class AdministrationTests(AccessPlatform running)
{
    const string Password = "twelve characters at least";

    Platform Platform => running.Platform;

    [Fact]
    public async Task An_api_key_is_shown_once_works_within_its_scopes_and_ends_when_revoked()
    {
        var made = await MakeKeyAsync(201, new { name = "booking", scopes = (string[])["recordings.read", "recordings.upload"], source = "upload" });
        var secret = made.GetProperty("key").GetString()!;
        using var client = Platform.WithKey(secret);
        var id = await AccessPlatform.UploadAsync(client);
        await Platform.ReadAsync(await client.GetAsync($"api/v1/recordings/{id}"), 200);
        await Platform.ReadAsync(await client.DeleteAsync($"api/v1/recordings/{id}?reason=x"), 403);
        var list = await AccessPlatform.SendAsync(running.Admin, HttpMethod.Get, "api/v1/admin/api-keys", 200);
        Assert.DoesNotContain(secret, list.ToString(), StringComparison.Ordinal);
        var listed = list.GetProperty("api_keys").EnumerateArray().Single(k => k.GetProperty("id").GetString() == made.GetProperty("id").GetString());
        Assert.Equal(secret[..12], listed.GetProperty("prefix").GetString());
        Assert.NotEqual(System.Text.Json.JsonValueKind.Null, listed.GetProperty("last_used_at").ValueKind);
        await AccessPlatform.SendAsync(running.Admin, HttpMethod.Delete, $"api/v1/admin/api-keys/{listed.GetProperty("id").GetString()}", 204);
        await Platform.ReadAsync(await client.GetAsync($"api/v1/recordings/{id}"), 401);
    }

    [Fact]
    public async Task A_key_names_only_scopes_and_sources_that_exist()
    {
        await MakeKeyAsync(201, new { name = "ingest", scopes = (string[])["ingest:upload"] });
        Assert.Equal("source_unknown", (await MakeKeyAsync(422, new { name = "x", scopes = (string[])["ingest:nowhere"] })).GetProperty("code").GetString());
        Assert.Equal("scope_unknown", (await MakeKeyAsync(422, new { name = "x", scopes = (string[])["recordings.everything"] })).GetProperty("code").GetString());
        // The portal's own right is no role's: nobody can give it.
        Assert.Equal("scope_unknown", (await MakeKeyAsync(422, new { name = "x", scopes = (string[])["portal.serve"] })).GetProperty("code").GetString());
        Assert.Equal("expires_at_past", (await MakeKeyAsync(422, new { name = "x", scopes = (string[])["ops.read"], expires_at = "2020-01-01T00:00:00Z" })).GetProperty("code").GetString());
        await MakeKeyAsync(400, new { name = "x", scopes = Array.Empty<string>() });
    }

    [Fact]
    public async Task A_key_never_makes_a_stronger_one()
    {
        var maker = await MakeKeyAsync(201, new { name = "maker", scopes = (string[])["keys.manage", "recordings.read"], source = "upload" });
        using var client = Platform.WithKey(maker.GetProperty("key").GetString()!);
        await AccessPlatform.SendAsync(client, HttpMethod.Post, "api/v1/admin/api-keys", 201, new { name = "weaker", scopes = (string[])["recordings.read"], source = "upload" });
        foreach (var stronger in new object[]
        {
            new { name = "x", scopes = (string[])["recordings.delete"], source = "upload" },
            new { name = "x", scopes = (string[])["ingest:upload"], source = "upload" },
            new { name = "x", scopes = (string[])["recordings.read"] },
        })
        {
            Assert.Equal("scope_not_yours", (await AccessPlatform.SendAsync(client, HttpMethod.Post, "api/v1/admin/api-keys", 403, stronger)).GetProperty("code").GetString());
        }
    }

    [Fact]
    public async Task A_key_ends_at_its_time()
    {
        var made = await MakeKeyAsync(201, new { name = "brief", scopes = (string[])["ops.read"], expires_at = TimeProvider.System.GetUtcNow().AddMinutes(3) });
        using var client = Platform.WithKey(made.GetProperty("key").GetString()!);
        await Platform.ReadAsync(await client.GetAsync("api/v1/me"), 200);
        await running.MoveClockAsync(TimeSpan.FromMinutes(4), async () => await Platform.ReadAsync(await client.GetAsync("api/v1/me"), 401));
    }

    [Fact]
    public async Task A_user_is_made_given_roles_and_shut_out()
    {
        var email = $"{Guid.CreateVersion7():N}@demo.example";
        var made = await MakeUserAsync(201, email, "clinician");
        await MakeUserAsync(409, email, "clinician");
        await MakeUserAsync(422, $"{Guid.CreateVersion7():N}@demo.example", "emperor");
        var path = $"api/v1/admin/users/{made.GetProperty("id").GetString()}";
        var tokens = await Platform.ReadAsync(await Platform.Anonymous.PostAsJsonAsync("api/v1/auth/login", new { email, password = Password }), 200);
        using var client = new HttpClient { BaseAddress = Platform.Url };
        client.DefaultRequestHeaders.Authorization = new("Bearer", tokens.GetProperty("access_token").GetString());

        await AccessPlatform.SendAsync(running.Admin, HttpMethod.Patch, path, 200, new { roles = (string[])["operator", "practice_manager"] });
        var roles = (await Platform.ReadAsync(await client.GetAsync("api/v1/me"), 200)).GetProperty("roles").EnumerateArray().Select(r => r.GetString());
        Assert.Equal(["operator", "practice_manager"], roles);
        await AccessPlatform.SendAsync(running.Admin, HttpMethod.Patch, path, 200, new { disabled = true });
        await Platform.ReadAsync(await client.GetAsync("api/v1/me"), 401);
        await Platform.ReadAsync(await Platform.Anonymous.PostAsJsonAsync("api/v1/auth/login", new { email, password = Password }), 401);
        // Enabling brings back the account, not the sessions it had.
        await AccessPlatform.SendAsync(running.Admin, HttpMethod.Patch, path, 200, new { disabled = false });
        await Platform.ReadAsync(await client.GetAsync("api/v1/me"), 401);
        await Platform.ReadAsync(await Platform.Anonymous.PostAsJsonAsync("api/v1/auth/login", new { email, password = Password }), 200);
    }

    [Fact]
    public async Task The_last_administrator_stays()
    {
        var admin = $"api/v1/admin/users/{await running.UserIdAsync("admin")}";
        foreach (var change in new object[] { new { disabled = true }, new { roles = (string[])["operator"] } })
            Assert.Equal("last_administrator", (await AccessPlatform.SendAsync(running.Admin, HttpMethod.Patch, admin, 409, change)).GetProperty("code").GetString());
        await Platform.ReadAsync(await running.Admin.GetAsync("api/v1/admin/users"), 200);
    }

    [Fact]
    public async Task Two_administrators_who_shut_each_other_out_leave_one()
    {
        var second = (await MakeUserAsync(201, $"{Guid.CreateVersion7():N}@demo.example", "admin")).GetProperty("id").GetString();
        var first = await running.UserIdAsync("admin");
        var answers = await Task.WhenAll(new[] { first, second }.Select(id => running.Admin.PatchAsJsonAsync($"api/v1/admin/users/{id}", new { roles = (string[])["operator"] })));
        await running.ValueAsync($"insert into user_roles (user_id, role) values ('{first}', 'admin') on conflict do nothing");
        await running.ValueAsync($"delete from user_roles where user_id = '{second}' and role = 'admin'");
        Assert.Single(answers, a => a.IsSuccessStatusCode);
    }

    Task<System.Text.Json.JsonElement> MakeKeyAsync(int status, object request) => AccessPlatform.SendAsync(running.Admin, HttpMethod.Post, "api/v1/admin/api-keys", status, request);

    Task<System.Text.Json.JsonElement> MakeUserAsync(int status, string email, string role) =>
        AccessPlatform.SendAsync(running.Admin, HttpMethod.Post, "api/v1/admin/users", status, new { email, display_name = "Somebody", roles = (string[])[role], password = Password });
}
