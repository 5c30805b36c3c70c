using System.Text.Json;
using RecordingPlatform.Tests.Access;

namespace RecordingPlatform.Tests.Recordings;

[Collection(AccessCollection.Name)]
public sealed class SavedFilterTests(AccessPlatform running)
{
    const string Path = "api/v1/me/filters";

    [Fact]
    public async Task A_filter_is_its_owners_alone_and_each_change_is_on_record()
    {
        using var mine = await running.Platform.SignInAsync("operator");
        using var theirs = await running.Platform.SignInAsync("clinician");
        var saved = await SaveAsync(mine, "  Failed calls  ", "status=failed&source=twilio&q=a%26bc&has_video=true&from=2026-01-31");
        Assert.Equal("Failed calls", saved.GetProperty("name").GetString());
        var id = saved.GetProperty("id").GetGuid();
        var listed = Assert.Single(await ListAsync(mine), f => f.GetProperty("id").GetGuid() == id);
        Assert.Equal(("Failed calls", "status=failed&source=twilio&q=a%26bc&has_video=true&from=2026-01-31"), (listed.GetProperty("name").GetString(), listed.GetProperty("query").GetString()));
        Assert.DoesNotContain(await ListAsync(theirs), f => f.GetProperty("id").GetGuid() == id);
        await AccessPlatform.SendAsync(theirs, HttpMethod.Delete, $"{Path}/{id}", 404);
        // Names are each one's own.
        await SaveAsync(theirs, "Failed calls", "status=failed");

        await AccessPlatform.SendAsync(mine, HttpMethod.Delete, $"{Path}/{id}", 204);
        Assert.DoesNotContain(await ListAsync(mine), f => f.GetProperty("id").GetGuid() == id);
        await AccessPlatform.SendAsync(mine, HttpMethod.Delete, $"{Path}/{id}", 404);
        Assert.Equal("250 251", await running.ValueAsync($"select string_agg(action::text, ' ' order by id) from audit where target_kind = 'filter' and target_id = '{id}' and outcome = 'done'"));
    }

    [Fact]
    public async Task A_name_is_taken_once_also_by_two_at_once()
    {
        using var client = await running.Platform.SignInAsync("patient2");
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => client.PostAsync(Path, System.Net.Http.Json.JsonContent.Create(new { name = "Twice", query = "status=ready" }))));
        Assert.Equal([201, 409, 409, 409], answers.Select(a => (int)a.StatusCode).Order());
        Assert.Equal("filter_exists", (await AccessPlatform.SendAsync(client, HttpMethod.Post, Path, 409, new { name = "Twice", query = "status=failed" })).GetProperty("code").GetString());
    }

    [Fact]
    public async Task Fifty_are_the_most_and_room_comes_back()
    {
        using var client = await running.Platform.SignInAsync("patient");
        var had = (await ListAsync(client)).Count;
        for (var i = had; i < 50; i++)
            await SaveAsync(client, $"Filter {Guid.CreateVersion7()}", "status=ready");
        Assert.Equal("filters_full", (await AccessPlatform.SendAsync(client, HttpMethod.Post, Path, 409, new { name = "One more", query = "status=ready" })).GetProperty("code").GetString());
        await AccessPlatform.SendAsync(client, HttpMethod.Delete, $"{Path}/{(await ListAsync(client))[0].GetProperty("id")}", 204);
        await SaveAsync(client, "One more", "status=ready");
        foreach (var filter in await ListAsync(client))
            await AccessPlatform.SendAsync(client, HttpMethod.Delete, $"{Path}/{filter.GetProperty("id")}", 204);
    }

    [Theory]
    [InlineData("", "status=ready", "name_invalid")]
    [InlineData("A name that is longer than the sixty characters which a tab can show", "status=ready", "name_invalid")]
    [InlineData("Two\nlines", "status=ready", "name_invalid")]
    [InlineData("x", "", "query_invalid")]
    [InlineData("x", "?status=ready", "query_invalid")]
    [InlineData("x", "cursor=abc", "query_invalid")]
    [InlineData("x", "status=ready&redirect=evil", "query_invalid")]
    [InlineData("x", "status=sleeping", "status_unknown")]
    [InlineData("x", "q=ab", "q_length")]
    [InlineData("x", "from=yesterday", "from_invalid")]
    public async Task What_the_list_would_refuse_is_not_kept(string name, string query, string code) =>
        Assert.Equal(code, (await AccessPlatform.SendAsync(running.Admin, HttpMethod.Post, Path, 400, new { name, query })).GetProperty("code").GetString());

    [Fact]
    public async Task A_key_has_none()
    {
        var key = await AccessPlatform.SendAsync(running.Admin, HttpMethod.Post, "api/v1/admin/api-keys", 201, new { name = "reader", scopes = (string[])["recordings.read"] });
        using var client = running.Platform.WithKey(key.GetProperty("key").GetString()!);
        Assert.Equal("no_filters", (await AccessPlatform.SendAsync(client, HttpMethod.Get, Path, 403)).GetProperty("code").GetString());
        Assert.Equal("no_filters", (await AccessPlatform.SendAsync(client, HttpMethod.Post, Path, 403, new { name = "x", query = "status=ready" })).GetProperty("code").GetString());
    }

    [Fact]
    public async Task Filters_go_with_their_owner()
    {
        var email = $"{Guid.CreateVersion7():N}@demo.example";
        await AccessPlatform.SendAsync(running.Admin, HttpMethod.Post, "api/v1/admin/users", 201, new { email, display_name = "Leaving", roles = (string[])["operator"], password = "twelve characters at least" });
        var user = await running.ValueAsync($"select id from users where email = '{email}'");
        await running.ValueAsync($"insert into saved_filters (id, user_id, name, query) values (gen_random_uuid(), '{user}', 'About Mira', 'participant=Mira')");
        await running.ValueAsync($"delete from users where id = '{user}'");
        Assert.Equal("0", await running.ValueAsync("select count(*) from saved_filters where name = 'About Mira'"));
        Assert.Equal("privacy: personal privacy: personal", await running.ValueAsync("""
            select string_agg(col_description('saved_filters'::regclass, attnum), ' ') from pg_attribute where attrelid = 'saved_filters'::regclass and attname in ('name', 'query')
            """));
    }

    static async Task<JsonElement> SaveAsync(HttpClient client, string name, string query) => await AccessPlatform.SendAsync(client, HttpMethod.Post, Path, 201, new { name, query });

    static async Task<List<JsonElement>> ListAsync(HttpClient client) => [.. (await AccessPlatform.SendAsync(client, HttpMethod.Get, Path, 200)).GetProperty("filters").EnumerateArray()];
}
