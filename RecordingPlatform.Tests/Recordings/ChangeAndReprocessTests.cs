using System.Text;
using RecordingPlatform.Tests.Api;
using RecordingPlatform.Tests.Fixtures;
using RecordingPlatform.Tests.Story;

namespace RecordingPlatform.Tests.Recordings;

[Collection(ApiSurface.Name)]
public sealed class ChangeAndReprocessTests(ApiSurface.Running running)
{
    HttpClient Admin => running.Admin;

    Platform Platform => running.Platform;

    static Task<HttpResponseMessage> PatchAsync(HttpClient client, Guid id, string json) =>
        client.PatchAsync($"api/v1/recordings/{id}", new StringContent(json, Encoding.UTF8, "application/json"));

    [Fact]
    public async Task What_is_absent_stays_and_null_clears()
    {
        var id = await Platform.UploadAsync(Admin, SampleMedia.Speech, fields: ("title", "Before"));
        var noted = await Platform.ReadAsync(await PatchAsync(Admin, id, """{"notes": "Ask again on Monday."}"""), 200);
        Assert.Equal("Before", noted.GetProperty("title").GetString());
        Assert.Equal("Ask again on Monday.", noted.GetProperty("notes").GetString());
        var cleared = await Platform.ReadAsync(await PatchAsync(Admin, id, """{"title": null}"""), 200);
        Assert.Equal(System.Text.Json.JsonValueKind.Null, cleared.GetProperty("title").ValueKind);
        Assert.Equal("Ask again on Monday.", cleared.GetProperty("notes").GetString());

        // One row and one event for each change, and none of them repeats what was written.
        Assert.Equal(2, await running.CountAsync($"select count(*) from audit where recording_id = '{id}' and action = 203 and outcome = 'done'"));
        Assert.Equal(2, await running.CountAsync($"select count(*) from events where recording_id = '{id}' and kind = 'recording.changed'"));
        Assert.Equal(0, await running.CountAsync($"select count(*) from audit where recording_id = '{id}' and facts::text like '%Monday%'"));
        await Platform.ReadAsync(await PatchAsync(Admin, id, """{"title": null}"""), 200);
        Assert.Equal(2, await running.CountAsync($"select count(*) from audit where recording_id = '{id}' and action = 203"));
    }

    [Fact]
    public async Task A_change_has_limits_and_needs_the_right()
    {
        var id = await Platform.UploadAsync(Admin, SampleMedia.Speech);
        await ExpectAsync(Admin, "{}", 400, "nothing_to_change");
        await ExpectAsync(Admin, $$"""{"title": "{{new string('t', 301)}}"}""", 400, "title_too_long");
        await ExpectAsync(Admin, $$"""{"notes": "{{new string('n', 20_001)}}"}""", 400, "notes_too_long");
        await ExpectAsync(Admin, """{"title": "a\u0000b"}""", 400, "text_invalid");
        using var compliance = await Platform.SignInAsync("compliance_officer");
        await ExpectAsync(compliance, """{"title": "x"}""", 403, "forbidden");
        using var clinician = await Platform.SignInAsync("clinician");
        await ExpectAsync(clinician, """{"title": "x"}""", 404, "recording_not_found");
        // A grant lets hear, not edit.
        await Platform.QueryAsync($"insert into grants (id, recording_id, user_id, play, download) select gen_random_uuid(), '{id}', id, true, true from users where email = '{Platform.UserOf("clinician").Email}'");
        await ExpectAsync(clinician, """{"title": "x"}""", 403, "forbidden");
        await Platform.ReadAsync(await clinician.PostAsync($"api/v1/recordings/{id}/reprocess", null), 403);
        await Platform.ReadAsync(await Admin.DeleteAsync($"api/v1/recordings/{id}?reason=test"), 200);
        await ExpectAsync(Admin, """{"title": "x"}""", 409, "recording_deleted");
        Assert.Equal("recording_deleted", (await Platform.ReadAsync(await Admin.PostAsync($"api/v1/recordings/{id}/reprocess", null), 410)).GetProperty("code").GetString());

        async Task ExpectAsync(HttpClient client, string json, int status, string code) =>
            Assert.Equal(code, (await Platform.ReadAsync(await PatchAsync(client, id, json), status)).GetProperty("code").GetString());
    }

    [Fact]
    public async Task Reprocessing_replaces_the_renditions_removes_nothing_and_stays_ready()
    {
        var id = await running.ReadyAsync();
        await Platform.QueryAsync($"with m as (insert into matters (id, name) values (gen_random_uuid(), 'Case 7') returning id) insert into holds (id, matter_id, target_kind, target_id, reason) select gen_random_uuid(), id, 'recording', '{id}', 'test' from m");
        var before = await CurrentAsync();
        var accepted = await Platform.ReadAsync(await Admin.PostAsync($"api/v1/recordings/{id}/reprocess", null), 202);
        Assert.Equal("ready", accepted.GetProperty("status").GetString());
        var job = accepted.GetProperty("job_id").GetGuid();
        await Until.TrueAsync(async () =>
        {
            Assert.Equal("ready", (await Platform.ReadAsync(await Admin.GetAsync($"api/v1/recordings/{id}"), 200)).GetProperty("status").GetString());
            return (await Platform.QueryAsync($"select state from jobs where id = '{job}'")).Single() == "done";
        }, TimeSpan.FromSeconds(60), "the second run is done");
        var after = await CurrentAsync();
        Assert.Equal(before.Count, after.Count);
        Assert.Empty(before.Intersect(after));
        foreach (var name in before)
        {
            Assert.Equal(["none"], await Platform.QueryAsync($"select deletion from objects where name = '{name}' and superseded_at is not null"));
            Assert.True(Directory.EnumerateFiles(Platform.StoreFolder, Path.GetFileName(name) + "*", SearchOption.AllDirectories).Any(), $"{name} is still in the store");
        }
        Assert.Equal(1, await running.CountAsync($"select count(*) from audit where recording_id = '{id}' and action = 211"));
        Assert.Equal(206, (int)(await Admin.SendAsync(new HttpRequestMessage(HttpMethod.Get, $"api/v1/recordings/{id}/stream") { Headers = { Range = new(0, 1) } })).StatusCode);

        Task<List<string>> CurrentAsync() => Platform.QueryAsync($"select name from objects where recording_id = '{id}' and role in ('playback', 'waveform') and state = 'published' and superseded_at is null order by role, variant");
    }

    [Fact]
    public async Task Requests_at_the_same_moment_make_one_job()
    {
        var id = await running.ReadyAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Admin.PostAsync($"api/v1/recordings/{id}/reprocess", null)));
        foreach (var answer in answers)
            await Platform.ReadAsync(answer, 202);
        var asked = await running.CountAsync($"select count(*) from audit where recording_id = '{id}' and action = 211");
        // A run that was over before the last request came is a run of its own; each request that made one is audited, the others name it.
        Assert.Equal(asked + 1, await running.CountAsync($"select count(*) from jobs where recording_id = '{id}' and kind = 'process_recording'"));
        Assert.InRange(asked, 1, 2);
        Assert.Equal(0, await running.CountAsync($"select count(*) from jobs where recording_id = '{id}' and state = 'cancelled'"));
    }

    [Fact]
    public async Task A_failed_recording_gets_another_try_and_a_ready_one_survives_a_damaged_original()
    {
        var id = await running.ReadyAsync();
        await Platform.QueryAsync($"update recordings set state = 'failed', state_reason = 'gave up' where id = '{id}'");
        var accepted = await Platform.ReadAsync(await Admin.PostAsync($"api/v1/recordings/{id}/reprocess", null), 202);
        Assert.Equal("stored", accepted.GetProperty("status").GetString());
        await Platform.WaitForAsync(Admin, id, "ready");

        // As if a later ffmpeg could not read it any more: a ready recording with an original that is damaged.
        var damaged = await Platform.UploadAsync(Admin, SampleMedia.Damaged);
        await Platform.WaitForAsync(Admin, damaged, "damaged");
        Assert.Equal("damaged", (await Platform.ReadAsync(await Admin.GetAsync($"api/v1/recordings/{damaged}/waveform"), 409)).GetProperty("code").GetString());
        await Platform.QueryAsync($"update recordings set state = 'ready', state_reason = null where id = '{damaged}'");
        var job = (await Platform.ReadAsync(await Admin.PostAsync($"api/v1/recordings/{damaged}/reprocess", null), 202)).GetProperty("job_id").GetGuid();
        await Until.TrueAsync(async () => (await Platform.QueryAsync($"select state from jobs where id = '{job}'")).Single() == "done", TimeSpan.FromSeconds(60), "the run is done");
        Assert.Equal(["ready"], await Platform.QueryAsync($"select state from recordings where id = '{damaged}'"));
    }

    [Fact]
    public async Task What_has_no_original_is_not_processed()
    {
        var id = await running.ReadyAsync();
        await Platform.QueryAsync($"update objects set tier = 'archive' where recording_id = '{id}' and role = 'original'");
        Assert.Equal("archived", await CodeAsync());
        await Platform.QueryAsync($"update objects set tier = 'hot', superseded_at = app_now() where recording_id = '{id}' and role = 'original'");
        Assert.Equal("no_original", await CodeAsync());
        await Platform.QueryAsync($"update recordings set state = 'receiving' where id = '{id}'");
        Assert.Equal("not_stored", await CodeAsync());

        async Task<string?> CodeAsync() => (await Platform.ReadAsync(await Admin.PostAsync($"api/v1/recordings/{id}/reprocess", null), 409)).GetProperty("code").GetString();
    }

    [Fact]
    public async Task Format_and_quality_choose_a_rendition()
    {
        var id = await running.ReadyAsync();
        await ExpectAsync("", "audio/mp4");
        await ExpectAsync("?quality=low", "audio/webm");
        await ExpectAsync("?format=m4a", "audio/mp4");
        await ExpectAsync("?format=webm", "audio/webm");
        await ExpectAsync("?format=webm&quality=low", "audio/webm");
        await RefuseAsync("?format=webm&quality=high", 404, "rendition_not_available");
        await RefuseAsync("?format=ogg", 400, "format_unknown");
        await RefuseAsync("?quality=best", 400, "quality_unknown");

        async Task ExpectAsync(string query, string type)
        {
            using var answer = await Admin.GetAsync($"api/v1/recordings/{id}/stream{query}", HttpCompletionOption.ResponseHeadersRead);
            Assert.Equal((200, type), ((int)answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
        }

        async Task RefuseAsync(string query, int status, string code) =>
            Assert.Equal(code, (await Platform.ReadAsync(await Admin.GetAsync($"api/v1/recordings/{id}/stream{query}"), status)).GetProperty("code").GetString());
    }
}
