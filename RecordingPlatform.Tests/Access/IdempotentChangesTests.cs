using System.Net.Http.Json;
using System.Text.Json;

namespace RecordingPlatform.Tests.Access;

/// <summary>Idempotency-Key on what changes something that is there, and what becomes of it when the change fails.</summary>
[Collection(AccessCollection.Name)]
public sealed class IdempotentChangesTests(AccessPlatform running)
{
    [Fact]
    public async Task A_repeated_change_gives_its_first_answer_and_changes_nothing_again()
    {
        var key = Fresh();
        var id = await running.UploadPrivateAsync("Before");
        var path = $"api/v1/recordings/{id}";
        var first = await SendAsync(HttpMethod.Patch, path, key, new { title = "First" });
        Assert.Equal((200, false), (first.Status, first.Replayed));
        // Done again, it would undo what somebody else changed meanwhile.
        await AccessPlatform.SendAsync(running.Admin, HttpMethod.Patch, path, 200, new { title = "Meanwhile" });
        var second = await SendAsync(HttpMethod.Patch, path, key, new { title = "First" });
        Assert.Equal(first with { Replayed = true }, second);
        Assert.Equal("Meanwhile", await running.ValueAsync($"select title from recordings where id = '{id}'"));
        Assert.Equal("2", await running.ValueAsync($"select count(*) from audit where recording_id = '{id}' and action = 203"));

        var otherBody = await SendAsync(HttpMethod.Patch, path, key, new { title = "Second" });
        Assert.Equal((422, "idempotency_key_reused"), (otherBody.Status, otherBody.Code));
        var otherRecording = await SendAsync(HttpMethod.Patch, $"api/v1/recordings/{await running.UploadPrivateAsync("Another")}", key, new { title = "First" });
        Assert.Equal((422, "idempotency_key_reused"), (otherRecording.Status, otherRecording.Code));
        Assert.Equal("Meanwhile", await running.ValueAsync($"select title from recordings where id = '{id}'"));
    }

    [Fact]
    public async Task A_repeated_reprocess_names_its_first_job_and_makes_no_other()
    {
        var key = Fresh();
        var id = await running.UploadPrivateAsync("Again");
        var path = $"api/v1/recordings/{id}/reprocess";
        await running.ValueAsync($"delete from jobs where recording_id = '{id}'");
        var first = await SendAsync(HttpMethod.Post, path, key);
        Assert.Equal((202, false), (first.Status, first.Replayed));
        // As if it had been done meanwhile: a request that counts anew makes a new one.
        Assert.Equal("1", await running.ValueAsync($"with gone as (delete from jobs where recording_id = '{id}' returning id) select count(*) from gone"));
        var second = await SendAsync(HttpMethod.Post, path, key);
        Assert.Equal(first with { Replayed = true }, second);
        Assert.Equal("0", await running.ValueAsync($"select count(*) from jobs where recording_id = '{id}'"));
        Assert.Equal("1", await running.ValueAsync($"select count(*) from audit where recording_id = '{id}' and action = 211"));

        var otherBody = await SendAsync(HttpMethod.Post, path, key, new { why = "another request" });
        Assert.Equal((422, "idempotency_key_reused"), (otherBody.Status, otherBody.Code));
        var otherRecording = await SendAsync(HttpMethod.Post, $"api/v1/recordings/{await running.UploadPrivateAsync("Another")}/reprocess", key);
        Assert.Equal((422, "idempotency_key_reused"), (otherRecording.Status, otherRecording.Code));
        Assert.Equal("0", await running.ValueAsync($"select count(*) from jobs where recording_id = '{id}'"));

        Assert.Equal((202, false), await SendAsync(HttpMethod.Post, path, Fresh()) is var anew ? (anew.Status, anew.Replayed) : default);
        Assert.Equal("1", await running.ValueAsync($"select count(*) from jobs where recording_id = '{id}'"));
    }

    [Fact]
    public async Task A_failure_on_our_side_is_not_kept_and_the_next_try_is_done()
    {
        var key = Fresh();
        var id = await running.UploadPrivateAsync("Before");
        var path = $"api/v1/recordings/{id}";
        await running.ValueAsync($$"""
            create function refuse_title() returns trigger language plpgsql as $body$ begin raise exception 'out of order'; end $body$;
            create trigger refuse_title before update on recordings for each row when (new.id = '{{id}}') execute function refuse_title();
            """);
        try
        {
            for (var attempt = 0; attempt < 2; attempt++)
            {
                var failed = await SendAsync(HttpMethod.Patch, path, key, new { title = "After" });
                Assert.Equal((500, "internal_error", false), (failed.Status, failed.Code, failed.Replayed));
                Assert.Equal("0", await running.ValueAsync($"select count(*) from idempotency_keys where key = '{key}'"));
            }
        }
        finally
        {
            await running.ValueAsync("drop function refuse_title() cascade");
        }
        var done = await SendAsync(HttpMethod.Patch, path, key, new { title = "After" });
        Assert.Equal((200, false), (done.Status, done.Replayed));
        Assert.Equal("After", await running.ValueAsync($"select title from recordings where id = '{id}'"));
        Assert.Equal(done with { Replayed = true }, await SendAsync(HttpMethod.Patch, path, key, new { title = "After" }));
        Assert.Equal("1", await running.ValueAsync($"select count(*) from audit where recording_id = '{id}' and action = 203"));
    }

    sealed record Answer(int Status, string Body, string? Location, bool Replayed)
    {
        public string? Code => JsonSerializer.Deserialize<JsonElement>(Body).TryGetProperty("code", out var code) ? code.GetString() : null;
    }

    async Task<Answer> SendAsync(HttpMethod method, string path, string key, object? body = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body), Headers = { { "Idempotency-Key", key } } };
        using var answer = await running.Admin.SendAsync(request);
        return new((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(), answer.Headers.Location?.ToString(), answer.Headers.Contains("Idempotent-Replayed"));
    }

    static string Fresh() => Guid.CreateVersion7().ToString();
}
