using System.Text.Json;
using RecordingPlatform.Tests.Api;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Jobs;

/// <summary>What an administrator sees of the queue and does about what died in it, with a real worker behind.</summary>
[Collection(ApiSurface.Name)]
public sealed class JobAdministrationTests(ApiSurface.Running running)
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    Platform Platform => running.Platform;

    [Fact]
    public async Task A_dead_letter_is_listed_with_its_errors_and_once_its_cause_is_mended_a_requeue_gets_it_done()
    {
        var recording = await running.ReadyAsync();
        var original = Assert.Single(await Platform.QueryAsync($"select name from objects where recording_id = '{recording}' and role = 'original'"));
        var file = Assert.Single(Directory.EnumerateFiles(Platform.StoreFolder, Path.GetFileName(original) + "*", SearchOption.AllDirectories));
        var aside = Path.Combine(Platform.Folder, "aside");
        File.Move(file, aside);
        var job = (await Platform.ReadAsync(await running.Admin.PostAsync($"api/v1/recordings/{recording}/reprocess", null), 202)).GetProperty("job_id").GetGuid();
        await Until.TrueAsync(async () => (await GetAsync(job)).GetProperty("failures").GetInt32() == 1, Patience, "it failed once");
        // The three failures between would take an hour to wait for.
        await Platform.QueryAsync($"update jobs set failures = 4, run_at = app_now() where id = '{job}' and state = 'queued'");
        await Until.TrueAsync(async () => StateOf(await GetAsync(job)) == "dead", Patience, "it is dead");

        var listed = Assert.Single(await ListAsync("state=dead&kind=process_recording&page_size=100"), j => j.GetProperty("id").GetGuid() == job);
        Assert.Equal(5, listed.GetProperty("failures").GetInt32());
        Assert.Equal(recording, listed.GetProperty("recording_id").GetGuid());
        Assert.Equal(recording, listed.GetProperty("about").GetProperty("recording_id").GetGuid());
        var kept = await Platform.QueryAsync($"select error from job_errors where job_id = '{job}' order by id");
        Assert.Equal(2, kept.Count);
        Assert.Equal(kept, Errors(listed));
        Assert.All(kept, error => Assert.NotEqual("", error));

        File.Move(aside, file);
        using var answer = await running.Admin.PostAsync($"api/v1/jobs/{job}/requeue", null);
        var requeued = await Platform.ReadAsync(answer, 202);
        Assert.Equal($"/api/v1/jobs/{job}", answer.Headers.Location?.ToString());
        Assert.Equal(("queued", 0), (StateOf(requeued), requeued.GetProperty("failures").GetInt32()));
        await Until.TrueAsync(async () => StateOf(await GetAsync(job)) == "done", Patience, "it is done");
        Assert.Equal(kept, Errors(await GetAsync(job)));
        Assert.Equal(1, await running.CountAsync($"select count(*) from audit where action = 501 and target_kind = 'job' and target_id = '{job}' and recording_id = '{recording}'"));
        await RefusedAsync(job, "done");
    }

    [Theory]
    [InlineData("queued")]
    [InlineData("running")]
    [InlineData("done")]
    [InlineData("cancelled")]
    public async Task What_is_not_dead_is_not_requeued_and_the_refusal_names_its_state(string state)
    {
        // Of a kind that no worker here knows, so that it stays as it is.
        var job = await InsertAsync(state, "test.elsewhere", "{}");
        var before = await RowAsync();
        await RefusedAsync(job, state);
        Assert.Equal(before, await RowAsync());
        Assert.Equal(0, await running.CountAsync($"select count(*) from audit where target_id = '{job}'"));

        async Task<string> RowAsync() => Assert.Single(await Platform.QueryAsync($"select jobs::text from jobs where id = '{job}'"));
    }

    [Fact]
    public async Task A_dead_job_whose_work_is_queued_already_ends_cancelled_and_names_that_job()
    {
        var dead = await InsertAsync("dead", "test.elsewhere", "{}");
        var successor = await InsertAsync("queued", "test.elsewhere", "{}");
        await Platform.QueryAsync($"update jobs set unique_key = 'test {dead}' where id in ('{dead}', '{successor}')");
        var answer = await Platform.ReadAsync(await running.Admin.PostAsync($"api/v1/jobs/{dead}/requeue", null), 202);
        Assert.Equal(("cancelled", successor), (StateOf(answer), answer.GetProperty("superseded_by").GetGuid()));
    }

    [Fact]
    public async Task Of_the_arguments_only_ids_are_shown()
    {
        var subject = Guid.CreateVersion7();
        var job = await InsertAsync("dead", "test.elsewhere", $$"""{"subject_id": "{{subject}}", "customer_id": "Mira Castellanos", "token": "{{Guid.CreateVersion7()}}", "file_name": "secret.wav"}""");
        foreach (var shown in (JsonElement[])[await GetAsync(job), Assert.Single(await ListAsync("state=dead&kind=test.elsewhere&page_size=100"), j => j.GetProperty("id").GetGuid() == job)])
        {
            var about = Assert.Single(shown.GetProperty("about").EnumerateObject());
            Assert.Equal(("subject_id", subject), (about.Name, about.Value.GetGuid()));
            foreach (var secret in (string[])["Mira", "token", "secret.wav"])
                Assert.DoesNotContain(secret, shown.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Pages_by_number_and_by_cursor_give_each_job_once_newest_first()
    {
        var kind = $"test.paged.{Guid.CreateVersion7():N}";
        var made = new List<Guid>();
        for (var n = 0; n < 25; n++)
            made.Add(await InsertAsync(n % 5 == 0 ? "done" : "dead", kind, "{}"));
        made.Reverse();
        Assert.Equal(made, await WalkAsync($"kind={kind}&page_size=10"));
        var dead = made.Where((_, n) => (24 - n) % 5 != 0).ToList();
        Assert.Equal(dead, await WalkAsync($"kind={kind}&state=dead&page_size=7"));
        Assert.Equal(made[20..], (await ListAsync($"kind={kind}&page_size=10&page=3")).Select(j => j.GetProperty("id").GetGuid()));
        Assert.Empty(await ListAsync($"kind={kind}&page_size=100&page=2147483647"));
        Assert.Equal(25, (await ReadAsync($"kind={kind}&page_size=3")).GetProperty("total").GetInt32());

        async Task<List<Guid>> WalkAsync(string query)
        {
            var walked = new List<Guid>();
            for (string? cursor = ""; cursor is not null;)
            {
                var page = await ReadAsync(query + (cursor == "" ? "" : $"&cursor={cursor}"));
                walked.AddRange(page.GetProperty("jobs").EnumerateArray().Select(j => j.GetProperty("id").GetGuid()));
                cursor = page.GetProperty("next_cursor").GetString();
            }
            return walked;
        }
    }

    [Theory]
    [InlineData("state=broken", "state_unknown")]
    [InlineData("state=1", "state_unknown")]
    [InlineData("page=0", "page_invalid")]
    [InlineData("page_size=101", "page_size_invalid")]
    [InlineData("page_size=x", "page_size_invalid")]
    [InlineData("cursor=next", "cursor_invalid")]
    [InlineData("kind=a%00b", "text_invalid")]
    public async Task A_list_that_cannot_be_read_is_refused_by_name(string query, string code) =>
        Assert.Equal(code, (await Platform.ReadAsync(await running.Admin.GetAsync($"api/v1/jobs?{query}"), 400)).GetProperty("code").GetString());

    async Task RefusedAsync(Guid job, string state)
    {
        var problem = await Platform.ReadAsync(await running.Admin.PostAsync($"api/v1/jobs/{job}/requeue", null), 409);
        Assert.Equal("job_not_dead", problem.GetProperty("code").GetString());
        Assert.Contains($"is {state}.", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    async Task<Guid> InsertAsync(string state, string kind, string arguments)
    {
        var id = Guid.CreateVersion7();
        var (leased, finished) = (state == "running", state is "done" or "dead" or "cancelled");
        await Platform.QueryAsync($"""
            insert into jobs (id, kind, arguments, state, leased_by, leased_until, finished_at)
            values ('{id}', '{kind}', '{arguments}', '{state}', {(leased ? "'elsewhere', app_now() + interval '1 hour'" : "null, null")}, {(finished ? "app_now()" : "null")})
            """);
        return id;
    }

    async Task<JsonElement> GetAsync(Guid job) => await Platform.ReadAsync(await running.Admin.GetAsync($"api/v1/jobs/{job}"), 200);

    async Task<JsonElement> ReadAsync(string query) => await Platform.ReadAsync(await running.Admin.GetAsync($"api/v1/jobs?{query}"), 200);

    async Task<List<JsonElement>> ListAsync(string query) => [.. (await ReadAsync(query)).GetProperty("jobs").EnumerateArray()];

    static string? StateOf(JsonElement job) => job.GetProperty("state").GetString();

    static List<string> Errors(JsonElement job) => [.. job.GetProperty("errors").EnumerateArray().Select(e => e.GetProperty("error").GetString()!)];
}
