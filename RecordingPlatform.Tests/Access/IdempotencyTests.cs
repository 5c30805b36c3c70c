using System.Net;
using System.Net.Http.Json;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Access;

[Collection(AccessCollection.Name)]
public sealed class IdempotencyTests(AccessPlatform running)
{
    Platform Platform => running.Platform;

    [Fact]
    public async Task A_repeated_write_is_answered_and_not_done_again()
    {
        var key = Guid.CreateVersion7().ToString();
        var body = new { name = $"once-{key}", scopes = (string[])["ops.read"] };
        var (first, one) = await PostAsync(running.Admin, "api/v1/admin/api-keys", key, body);
        var (second, two) = await PostAsync(running.Admin, "api/v1/admin/api-keys", key, body);
        Assert.Equal(HttpStatusCode.Created, first.StatusCode);
        Assert.Equal(first.StatusCode, second.StatusCode);
        Assert.Equal(one, two);
        Assert.Equal(first.Headers.Location, second.Headers.Location);
        Assert.Equal(first.Content.Headers.ContentType, second.Content.Headers.ContentType);
        Assert.False(first.Headers.Contains("Idempotent-Replayed"));
        Assert.Equal("true", second.Headers.GetValues("Idempotent-Replayed").Single());
        Assert.Equal("1", await running.ValueAsync($"select count(*) from api_keys where name = 'once-{key}'"));
        // The answer held a secret: what is kept of it is sealed.
        var secret = System.Text.Json.JsonDocument.Parse(one).RootElement.GetProperty("key").GetString()!;
        Assert.Equal("0", await running.ValueAsync($"select count(*) from idempotency_keys where position('{secret}'::bytea in body) > 0"));
        Assert.Equal("1", await running.ValueAsync($"select count(*) from idempotency_keys where key = '{key}' and length(body) > 0"));

        var (reused, _) = await PostAsync(running.Admin, "api/v1/admin/api-keys", key, new { name = "another", scopes = (string[])["ops.read"] }, "idempotency_key_reused");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, reused.StatusCode);
    }

    [Fact]
    public async Task An_upload_that_is_repeated_with_a_new_ticket_is_stored_once()
    {
        var key = Guid.CreateVersion7().ToString();
        using var manager = await Platform.SignInAsync("practice_manager");
        var first = await UploadByTicketAsync(manager, key);
        Assert.Equal(first, await UploadByTicketAsync(manager, key));
        // Somebody else's equal key is another key.
        Assert.NotEqual(first, await UploadByTicketAsync(running.Admin, key));
        Assert.Equal("2", await running.ValueAsync($"select count(*) from recordings where title = 'By ticket {key}'"));
    }

    async Task<string?> UploadByTicketAsync(HttpClient client, string key)
    {
        var ticket = (await AccessPlatform.SendAsync(client, HttpMethod.Post, "api/v1/tickets", 200, new { kind = "upload" })).GetProperty("ticket").GetString()!;
        using var request = new HttpRequestMessage(HttpMethod.Post, $"api/v1/recordings?ticket={Uri.EscapeDataString(ticket)}") { Content = AccessPlatform.Multipart(("title", $"By ticket {key}")) };
        request.Headers.Add("Idempotency-Key", key);
        return (await Platform.ReadAsync(await Platform.Anonymous.SendAsync(request), 201)).GetProperty("id").GetString();
    }

    [Fact]
    public async Task A_key_is_its_callers_and_its_routes_own_and_lasts_a_day()
    {
        var key = Guid.CreateVersion7().ToString();
        var id = await running.UploadPrivateAsync("Keyed");
        var grant = new { user = await running.UserIdAsync("patient2"), play = true };
        using var manager = await Platform.SignInAsync("practice_manager");
        Assert.Equal(HttpStatusCode.Created, (await PostAsync(running.Admin, $"api/v1/recordings/{id}/grants", key, grant)).Answer.StatusCode);
        Assert.False((await PostAsync(manager, $"api/v1/recordings/{id}/grants", key, grant)).Answer.Headers.Contains("Idempotent-Replayed"));
        Assert.False((await PostAsync(running.Admin, "api/v1/tickets", key, new { kind = "upload" })).Answer.Headers.Contains("Idempotent-Replayed"));
        await running.ValueAsync($"update idempotency_keys set expires_at = app_now() where key = '{key}'");
        Assert.False((await PostAsync(running.Admin, $"api/v1/recordings/{id}/grants", key, grant)).Answer.Headers.Contains("Idempotent-Replayed"));
        Assert.Equal("3", await running.ValueAsync($"select count(*) from grants where recording_id = '{id}'"));
    }

    [Fact]
    public async Task A_refusal_by_the_use_case_is_repeated_and_one_before_it_takes_no_key()
    {
        var key = Guid.CreateVersion7().ToString();
        var (first, _) = await PostAsync(running.Admin, "api/v1/tickets", key, new { kind = "playback" }, "recording_id_missing");
        var (second, _) = await PostAsync(running.Admin, "api/v1/tickets", key, new { kind = "playback" }, "recording_id_missing");
        Assert.Equal((HttpStatusCode.BadRequest, true), (second.StatusCode, second.Headers.Contains("Idempotent-Replayed")));
        Assert.False(first.Headers.Contains("Idempotent-Replayed"));

        var denied = Guid.CreateVersion7().ToString();
        using var reader = await Platform.SignInAsync("operator");
        await PostAsync(reader, "api/v1/admin/users", denied, new { }, "forbidden");
        Assert.Equal("0", await running.ValueAsync($"select count(*) from idempotency_keys where key = '{denied}'"));
        foreach (var wrong in (string[])[new string('x', 256), "with space", ""])
            await PostAsync(running.Admin, "api/v1/tickets", wrong, new { kind = "upload" }, "idempotency_key_invalid");
    }

    [Fact]
    public async Task A_repeated_upload_gives_the_first_recording_whatever_its_boundary_and_order()
    {
        var key = Guid.CreateVersion7().ToString();
        var (status, first, _) = await UploadAsync(key, ("title", "Twice"), ("callId", key));
        Assert.Equal(201, status);
        var (again, second, replayed) = await UploadAsync(key, ("callId", key), ("title", "Twice"));
        Assert.Equal((201, first, true), (again, second, replayed));
        Assert.Equal("1", await running.ValueAsync($"select count(*) from conversations c join recordings r on r.conversation_id = c.id where c.external_id = '{key}'"));
        var (other, problem, _) = await UploadAsync(key, ("title", "Thrice"), ("callId", key));
        Assert.Equal(422, other);
        Assert.Contains("idempotency_key_reused", problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Uploads_that_race_under_one_key_make_one_recording()
    {
        var key = Guid.CreateVersion7().ToString();
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => UploadAsync(key, ("callId", key))));
        Assert.Equal("1", await running.ValueAsync($"select count(*) from conversations c join recordings r on r.conversation_id = c.id where c.external_id = '{key}'"));
        Assert.All(answers, a => Assert.True(a.Status == 201 || (a.Status == 409 && a.Body.Contains("idempotency_in_flight", StringComparison.Ordinal)), $"{a.Status}: {a.Body}"));
        Assert.Single(answers.Where(a => a.Status == 201).Select(a => a.Body).Distinct());
    }

    [Fact]
    public async Task A_write_whose_answer_was_lost_is_not_done_again()
    {
        // As a process leaves it that dies between the commit and the answer.
        const string lose = "update idempotency_keys set status_code = null, body = null, content_type = null, lease_until = app_now()";
        var upload = Guid.CreateVersion7().ToString();
        var (_, first, _) = await UploadAsync(upload, ("callId", upload));
        await running.ValueAsync($"{lose} where key = '{upload}'");
        var (status, second, _) = await UploadAsync(upload, ("callId", upload));
        Assert.Equal((201, first), (status, second));
        Assert.Equal("1", await running.ValueAsync($"select count(*) from conversations c join recordings r on r.conversation_id = c.id where c.external_id = '{upload}'"));

        var key = Guid.CreateVersion7().ToString();
        var body = new { name = $"lost-{key}", scopes = (string[])["ops.read"] };
        await PostAsync(running.Admin, "api/v1/admin/api-keys", key, body);
        await running.ValueAsync($"{lose}, location = null where key = '{key}'");
        await PostAsync(running.Admin, "api/v1/admin/api-keys", key, body, "idempotency_answer_lost");
        Assert.Equal("1", await running.ValueAsync($"select count(*) from api_keys where name = 'lost-{key}'"));
    }

    [Fact]
    public async Task An_upload_that_was_cut_off_leaves_its_key_to_the_retry()
    {
        var key = Guid.CreateVersion7().ToString();
        using (var whole = AccessPlatform.Multipart(("callId", key)))
        {
            var bytes = await whole.ReadAsByteArrayAsync();
            using var cut = new ByteArrayContent(bytes[..(bytes.Length / 2)]);
            cut.Headers.ContentType = whole.Headers.ContentType;
            using var request = new HttpRequestMessage(HttpMethod.Post, "api/v1/recordings") { Content = cut, Headers = { { "Idempotency-Key", key } } };
            await Platform.ReadAsync(await running.Admin.SendAsync(request), 422);
        }
        var (status, _, replayed) = await UploadAsync(key, ("callId", key));
        Assert.Equal((201, false), (status, replayed));
    }

    static async Task<(HttpResponseMessage Answer, string Body)> PostAsync(HttpClient client, string path, string key, object body, string? code = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body) };
        request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        var answer = await client.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        if (code is not null)
            Assert.Contains($"\"{code}\"", text, StringComparison.Ordinal);
        return (answer, text);
    }

    async Task<(int Status, string Body, bool Replayed)> UploadAsync(string key, params (string, string)[] fields)
    {
        using var body = AccessPlatform.Multipart(fields);
        using var request = new HttpRequestMessage(HttpMethod.Post, "api/v1/recordings") { Content = body, Headers = { { "Idempotency-Key", key } } };
        using var answer = await running.Admin.SendAsync(request);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(), answer.Headers.Contains("Idempotent-Replayed"));
    }
}
