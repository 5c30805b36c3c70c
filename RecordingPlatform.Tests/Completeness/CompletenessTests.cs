using System.Text.Json;
using RecordingPlatform.Tests.Access;

namespace RecordingPlatform.Tests.Completeness;

/// <summary>What should exist, over the running API.</summary>
[Collection(AccessCollection.Name)]
public sealed class CompletenessTests(AccessPlatform running)
{
    HttpClient Admin => running.Admin;

    [Fact]
    public async Task Days_are_those_of_the_zone_and_count_every_state_whatever_the_list_is_narrowed_to()
    {
        var (one, other) = (await SourceAsync(), await SourceAsync());
        // Around a night on which the clocks of Copenhagen are set back: the 25th has 25 hours, from 22:00 to 23:00 UTC.
        foreach (var (source, due, state) in new[]
        {
            (one, "2020-10-24T21:59:59Z", "received"), (one, "2020-10-24T22:00:00Z", "late"), (one, "2020-10-25T22:59:59Z", "late"), (one, "2020-10-25T22:59:59Z", "absent"),
            (one, "2020-10-25T23:00:00Z", "expected"), (other, "2020-10-25T12:00:00Z", "received"),
        })
            await ExpectAsync(source, due, state);
        foreach (var (source, days) in new[] { (one, "2020-10-26 1 0 0 0, 2020-10-25 0 2 0 1, 2020-10-24 0 0 1 0"), (other, "2020-10-25 0 0 1 0") })
        {
            var answer = await ReadAsync(Admin, $"from=2020-10-24T00:00:00Z&to=2020-10-27T00:00:00Z&source={source}&time_zone=Europe/Copenhagen&state=received");
            Assert.Equal(days, string.Join(", ", answer.GetProperty("days").EnumerateArray().Select(d => Said(d, "date", "expected", "late", "received", "absent"))));
            Assert.All(answer.GetProperty("days").EnumerateArray(), d => Assert.Equal(source, d.GetProperty("source").GetString()));
            Assert.Equal(source == one ? "1 2 1 1" : "0 0 1 0", Said(answer.GetProperty("totals"), "expected", "late", "received", "absent"));
            Assert.Equal(JsonValueKind.Null, answer.GetProperty("counted_from").ValueKind);
            Assert.Equal(("received", 1), (Assert.Single(answer.GetProperty("expectations").EnumerateArray()).GetProperty("state").GetString(), answer.GetProperty("total").GetInt32()));
        }
        // By day of UTC two of them fall on another; and only what is due within the time is counted.
        var utc = await ReadAsync(Admin, $"from=2020-10-24T22:00:00Z&to=2020-10-25T23:00:00Z&source={one}");
        Assert.Equal("2020-10-25 0 1 0 1, 2020-10-24 0 1 0 0", string.Join(", ", utc.GetProperty("days").EnumerateArray().Select(d => Said(d, "date", "expected", "late", "received", "absent"))));
    }

    [Fact]
    public async Task The_list_is_newest_due_first_in_pages_also_where_all_are_due_at_once_and_for_two_states()
    {
        var source = await SourceAsync();
        for (var i = 0; i < 7; i++)
            await ExpectAsync(source, $"2020-03-0{1 + (i / 3)}T00:00:00Z", i % 2 == 0 ? "late" : "expected");
        await ExpectAsync(source, "2020-03-02T00:00:00Z", "absent");
        var range = $"from=2020-01-01T00:00:00Z&to=2020-12-01T00:00:00Z&source={source}";
        foreach (var (state, count) in new[] { ("&state=open", 7), ("&state=late", 4), ("", 8) })
        {
            var all = await ReadAsync(Admin, range + state);
            Assert.Equal(count, all.GetProperty("total").GetInt32());
            var due = all.GetProperty("expectations").EnumerateArray().Select(e => e.GetProperty("due_at").GetDateTimeOffset()).ToList();
            Assert.Equal(due.OrderDescending(), due);
            var paged = new List<Guid>();
            var next = "";
            do
            {
                var page = await ReadAsync(Admin, $"{range}{state}&page_size=2{next}");
                Assert.Equal(count, page.GetProperty("total").GetInt32());
                paged.AddRange(IdsOf(page));
                next = page.GetProperty("next_cursor").GetString() is { } cursor ? $"&cursor={cursor}" : "";
            }
            while (next.Length > 0);
            Assert.Equal(IdsOf(all), paged);
            Assert.Equal(IdsOf(all).Skip(2).Take(2), IdsOf(await ReadAsync(Admin, $"{range}{state}&page_size=2&page=2")));
        }
    }

    [Fact]
    public async Task Without_a_time_it_is_the_last_thirty_days_and_a_day_ahead()
    {
        var source = await SourceAsync();
        var now = DateTimeOffset.UtcNow;
        var (inside, ahead) = (await ExpectAsync(source, $"{now.AddDays(-29):O}", "late"), await ExpectAsync(source, $"{now.AddHours(23):O}", "expected"));
        await ExpectAsync(source, $"{now.AddDays(-31):O}", "late");
        await ExpectAsync(source, $"{now.AddHours(25):O}", "expected");
        Assert.Equal([ahead, inside], IdsOf(await ReadAsync(Admin, $"source={source}")));
    }

    [Fact]
    public async Task Each_role_knows_of_what_should_exist_of_the_conversations_that_it_shows()
    {
        var source = await SourceAsync();
        var kinds = new[] { "call", "alarm", "session", "meeting" };
        foreach (var kind in kinds)
            await ExpectAsync(source, "2020-06-01T00:00:00Z", "late", kind);
        var joined = await running.ValueAsync($"select e.conversation_id from expectations e join conversations c on c.id = e.conversation_id join sources s on s.id = e.source_id where s.name = '{source}' and c.kind = 'session'");
        await ExpectAsync(source, "2020-06-01T00:00:00Z", "late", "session");
        await running.ValueAsync($"insert into participants (id, conversation_id, user_id) values (gen_random_uuid(), '{joined}', '{await running.UserIdAsync("clinician")}')");
        var walk = new RightsWalk(running);
        foreach (var (who, seen) in new[] { ("clinician", "session"), ("operator", "alarm call"), ("practice_manager", "alarm call meeting session session"), ("compliance_officer", "alarm call meeting session session") })
        {
            var answer = await ReadAsync(await walk.ClientAsync(who), $"from=2020-06-01T00:00:00Z&to=2020-06-02T00:00:00Z&source={source}");
            Assert.Equal((who, seen), (who, string.Join(' ', answer.GetProperty("expectations").EnumerateArray().Select(e => e.GetProperty("conversation").GetProperty("kind").GetString()).Order(StringComparer.Ordinal))));
            var count = seen.Split(' ').Length;
            Assert.Equal((count, count), (answer.GetProperty("totals").GetProperty("late").GetInt32(), answer.GetProperty("total").GetInt32()));
        }
        // A key that may read completeness and works for no source.
        var key = running.Platform.WithKey((await AccessPlatform.SendAsync(Admin, HttpMethod.Post, "api/v1/admin/api-keys", 201, new { name = "reads", scopes = (string[])["completeness.read"] })).GetProperty("key").GetString()!);
        Assert.Equal(0, (await ReadAsync(key, $"source={source}")).GetProperty("total").GetInt32());
    }

    [Theory]
    [InlineData("page=0", "page_invalid")]
    [InlineData("page_size=x", "page_size_invalid")]
    [InlineData("cursor=abc", "cursor_invalid")]
    [InlineData("from=yesterday", "from_invalid")]
    [InlineData("to=tomorrow", "to_invalid")]
    [InlineData("from=2026-02-01&to=2026-01-01", "range_invalid")]
    [InlineData("from=2026-02-01&to=2026-02-01", "range_invalid")]
    [InlineData("from=2020-01-01&to=2021-01-03", "range_invalid")]
    [InlineData("from=2020-01-01", "range_invalid")]
    [InlineData("to=0001-01-01", "range_invalid")]
    [InlineData("from=9999-12-01&to=9999-12-31T23:59:59Z", "range_invalid")]
    [InlineData("state=gone", "state_unknown")]
    [InlineData("state=1", "state_unknown")]
    [InlineData("time_zone=Europe/Nowhere", "time_zone_unknown")]
    [InlineData("source=a%00b", "text_invalid")]
    public async Task What_cannot_be_meant_is_said(string query, string code) =>
        Assert.Equal(code, (await AccessPlatform.SendAsync(Admin, HttpMethod.Get, $"api/v1/completeness?{query}", 400)).GetProperty("code").GetString());

    [Fact]
    public async Task Looking_is_audited_and_what_refreshes_itself_once_in_ten_minutes()
    {
        using var manager = await running.Platform.SignInAsync("practice_manager");
        var since = await running.ValueAsync("select coalesce(max(id), 0) from audit");
        foreach (var live in (string[])["", "&live=true", "&live=true"])
            await ReadAsync(manager, $"state=open{live}");
        Assert.Equal("1", await running.ValueAsync($"select count(*) from audit where action = 720 and id > {since}"));
    }

    async Task<string> SourceAsync()
    {
        var name = $"s{Guid.CreateVersion7():N}";
        await running.ValueAsync($"insert into sources (id, name, kind, media_location) values (gen_random_uuid(), '{name}', 'freepbx', '/srv/monitor')");
        return name;
    }

    async Task<Guid> ExpectAsync(string source, string due, string state, string kind = "call") => Guid.Parse(await running.ValueAsync($"""
        with c as (insert into conversations (id, source_id, external_id, kind, started_at) select gen_random_uuid(), id, gen_random_uuid()::text, '{kind}', '2020-01-01' from sources where name = '{source}' returning id, source_id)
        insert into expectations (id, conversation_id, source_id, medium, state, due_at) select gen_random_uuid(), id, source_id, 'audio', '{state}', '{due}' from c returning id
        """));

    static Task<JsonElement> ReadAsync(HttpClient who, string query) => AccessPlatform.SendAsync(who, HttpMethod.Get, $"api/v1/completeness?{query}", 200);

    static IEnumerable<Guid> IdsOf(JsonElement page) => page.GetProperty("expectations").EnumerateArray().Select(e => e.GetProperty("id").GetGuid());

    static string Said(JsonElement element, params string[] names) => string.Join(' ', names.Select(name => element.GetProperty(name).ToString()));
}
