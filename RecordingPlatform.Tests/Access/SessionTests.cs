using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Access;

[Collection(AccessCollection.Name)]
public sealed class SessionTests(AccessPlatform running)
{
    Platform Platform => running.Platform;

    [Fact]
    public async Task A_person_sees_where_they_are_signed_in_and_signs_one_device_out()
    {
        using var phone = await Platform.SignInAsync("operator");
        using var desk = await Platform.SignInAsync("operator");
        var there = await SessionsAsync(desk);
        Assert.Single(there, s => s.GetProperty("current").GetBoolean());
        Assert.All(there, s => Assert.False(string.IsNullOrEmpty(s.GetProperty("ip").GetString())));
        var other = IdOf((await SessionsAsync(phone)).Single(s => s.GetProperty("current").GetBoolean()));
        await AccessPlatform.SendAsync(desk, HttpMethod.Delete, $"api/v1/auth/sessions/{other}", 204);
        await Platform.ReadAsync(await phone.GetAsync("api/v1/me"), 401);
        await Platform.ReadAsync(await desk.GetAsync("api/v1/me"), 200);
        Assert.DoesNotContain(await SessionsAsync(desk), s => IdOf(s) == other);
        await AccessPlatform.SendAsync(desk, HttpMethod.Delete, $"api/v1/auth/sessions/{other}", 404);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_tickets_of_a_revoked_session_end_with_it_midway(bool byAdministrator)
    {
        var id = await AccessPlatform.UploadAsync(running.Admin, ("callId", Guid.CreateVersion7().ToString()));
        using var listener = await Platform.SignInAsync("operator");
        var session = IdOf((await SessionsAsync(listener)).Single(s => s.GetProperty("current").GetBoolean()));
        var url = (await Platform.ReadAsync(await listener.GetAsync($"api/v1/recordings/{id}/playback-url"), 200)).GetProperty("url").GetString()!;
        Assert.Equal(HttpStatusCode.PartialContent, await RangeAsync(url));
        if (byAdministrator)
            await AccessPlatform.SendAsync(running.Admin, HttpMethod.Delete, $"api/v1/admin/users/{await running.UserIdAsync("operator")}/devices/{session}", 204);
        else
            await AccessPlatform.SendAsync(listener, HttpMethod.Delete, $"api/v1/auth/sessions/{session}", 204);
        await ClosesAsync(url);
        Assert.Equal("0", await running.ValueAsync($"select count(*) from tickets where session_id = '{session}' and revoked_at is null"));
    }

    [Fact]
    public async Task Five_wrong_passwords_lock_an_account_for_a_while_also_for_the_right_one()
    {
        var (email, password) = Platform.UserOf("clinician");
        for (var i = 1; i < 5; i++)
            await LogInAsync(email, "a wrong password", 401, "invalid_credentials");
        Assert.InRange(await LogInAsync(email, "a wrong password", 429, "locked_out"), 290, 300);
        Assert.InRange(await LogInAsync(email, password, 429, "locked_out"), 280, 300);
        await running.MoveClockAsync(TimeSpan.FromMinutes(4), () => LogInAsync(email, password, 429, "locked_out"));
        await running.MoveClockAsync(TimeSpan.FromMinutes(5.1), () => LogInAsync(email, password, 200, null));
        // Signing in starts the count anew.
        await running.MoveClockAsync(TimeSpan.FromMinutes(5.1), () => LogInAsync(email, "a wrong password", 401, "invalid_credentials"));
        await running.ValueAsync($"update users set lockout_end = null, access_failed_count = 0 where email = '{email}'");
    }

    [Fact]
    public async Task Wrong_passwords_sent_all_at_once_all_count()
    {
        var (email, password) = Platform.UserOf("integration");
        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => Platform.Anonymous.PostAsJsonAsync("api/v1/auth/login", new { email, password = "a wrong password" })));
        await LogInAsync(email, password, 429, "locked_out");
        await running.ValueAsync($"update users set lockout_end = null, access_failed_count = 0 where email = '{email}'");
    }

    [Fact]
    public async Task When_a_session_was_last_seen_is_noted_once_a_minute()
    {
        using var client = await Platform.SignInAsync("operator");
        var id = IdOf((await SessionsAsync(client)).Single(s => s.GetProperty("current").GetBoolean()));
        var row = $"select seen_at || ' ' || xmin from sessions where id = '{id}'";
        var first = await running.ValueAsync(row);
        await client.GetAsync("api/v1/me");
        Assert.Equal(first, await running.ValueAsync(row));
        await running.MoveClockAsync(TimeSpan.FromSeconds(61), async () =>
        {
            await client.GetAsync("api/v1/me");
            var second = await running.ValueAsync(row);
            Assert.NotEqual(first, second);
            await client.GetAsync("api/v1/me");
            Assert.Equal(second, await running.ValueAsync(row));
        });
    }

    [Fact]
    public async Task An_access_token_ends_after_15_minutes_and_the_refresh_token_gives_a_new_one()
    {
        var tokens = await TokensAsync("operator");
        Assert.Equal(15 * 60, tokens.GetProperty("expires_in").GetInt32());
        await running.MoveClockAsync(TimeSpan.FromMinutes(10), () => MeAsync(tokens, 200));
        await running.MoveClockAsync(TimeSpan.FromMinutes(15), async () =>
        {
            await MeAsync(tokens, 401);
            var renewed = await RefreshAsync(tokens, 200);
            await MeAsync(renewed, 200);
            await MeAsync(tokens, 401);
        });
    }

    [Fact]
    public async Task A_session_ends_after_14_days_however_often_it_was_refreshed()
    {
        var end = TimeSpan.FromDays(14);
        var (kept, unused) = (await TokensAsync("operator"), await TokensAsync("operator"));
        JsonElement renewed = default;
        // Ten minutes before the end, so that the new access token has not used up its own quarter of an hour there.
        await running.MoveClockAsync(end - TimeSpan.FromMinutes(10), async () =>
        {
            renewed = await RefreshAsync(kept, 200);
            await MeAsync(renewed, 200);
        });
        await running.MoveClockAsync(end, async () =>
        {
            foreach (var late in (JsonElement[])[renewed, unused])
                Assert.Equal("invalid_refresh_token", (await RefreshAsync(late, 401)).GetProperty("code").GetString());
            await MeAsync(renewed, 401);
        });
        // It was the time alone: at an earlier one it is taken.
        await RefreshAsync(unused, 200);
    }

    /// <summary>Returns Retry-After, or 0.</summary>
    async Task<int> LogInAsync(string email, string password, int status, string? code)
    {
        using var answer = await Platform.Anonymous.PostAsJsonAsync("api/v1/auth/login", new { email, password });
        var body = await Platform.ReadAsync(answer, status);
        if (code is not null)
            Assert.Equal(code, body.GetProperty("code").GetString());
        return (int)(answer.Headers.RetryAfter?.Delta?.TotalSeconds ?? 0);
    }

    async Task<JsonElement> TokensAsync(string who)
    {
        var (email, password) = Platform.UserOf(who);
        using var answer = await Platform.Anonymous.PostAsJsonAsync("api/v1/auth/login", new { email, password });
        return await Platform.ReadAsync(answer, 200);
    }

    async Task<JsonElement> RefreshAsync(JsonElement tokens, int status)
    {
        using var answer = await Platform.Anonymous.PostAsJsonAsync("api/v1/auth/refresh", new { refresh_token = tokens.GetProperty("refresh_token").GetString() });
        return await Platform.ReadAsync(answer, status);
    }

    async Task MeAsync(JsonElement tokens, int status)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "api/v1/me");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", tokens.GetProperty("access_token").GetString());
        using var answer = await Platform.Anonymous.SendAsync(request);
        await Platform.ReadAsync(answer, status);
    }

    // An opening serves the ranges of one second (TICKETS.md); then the right is read again.
    Task ClosesAsync(string url) => Until.TrueAsync(async () => await RangeAsync(url) == HttpStatusCode.Forbidden, TimeSpan.FromSeconds(3), "the ticket opens nothing any more");

    async Task<HttpStatusCode> RangeAsync(string url)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url) { Headers = { Range = new RangeHeaderValue(0, 99) } };
        using var answer = await Platform.Anonymous.SendAsync(request);
        return answer.StatusCode;
    }

    static async Task<List<JsonElement>> SessionsAsync(HttpClient client) =>
        [.. (await AccessPlatform.SendAsync(client, HttpMethod.Get, "api/v1/auth/sessions", 200)).GetProperty("sessions").EnumerateArray()];

    static string IdOf(JsonElement session) => session.GetProperty("id").GetString()!;
}
