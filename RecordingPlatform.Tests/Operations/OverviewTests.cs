using System.Text.Json;
using RecordingPlatform.Tests.Access;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Operations;

[Collection(AccessCollection.Name)]
public sealed class OverviewTests(AccessPlatform running)
{
    static readonly string[] People = ["patient", "clinician", "operator", "practice_manager", "compliance_officer", "admin", "integration"];

    [Fact]
    public async Task Totals_count_what_their_reader_sees_and_never_what_they_do_not()
    {
        var walk = new RightsWalk(running);
        foreach (var who in People)
        {
            var client = await walk.ClientAsync(who);
            var before = await ReadAsync(client);
            await walk.RecordingAsync(who, Whose.Own, fresh: true);
            await running.UploadPrivateAsync("of somebody else");
            var after = await ReadAsync(client);
            var more = who is "practice_manager" or "compliance_officer" or "admin" ? 2 : 1;
            Assert.Equal((who, more), (who, TotalOf(after, "hours") - TotalOf(before, "hours")));
            Assert.Equal((who, more), (who, TotalOf(after, "days") - TotalOf(before, "days")));
            Assert.Equal((who, more), (who, TotalOf(after, "today_by_source") - TotalOf(before, "today_by_source")));
            Assert.Equal((who, more), (who, TotalOf(after, "by_source") - TotalOf(before, "by_source")));
            var stored = after.GetProperty("intake").GetProperty("days").EnumerateArray().Last().GetProperty("by_status").GetProperty("stored").GetInt32();
            Assert.True(stored >= more, $"{who} has {stored} stored");
        }
    }

    [Theory]
    [InlineData("UTC")]
    [InlineData("Pacific/Auckland")]
    [InlineData("America/St_Johns")]
    public async Task What_an_hour_or_a_day_counts_is_what_the_list_of_that_time_shows(string zone)
    {
        var call = $"spread-{Guid.CreateVersion7():N}";
        await running.ValueAsync($"""
            with c as (insert into conversations (id, source_id, external_id, kind, started_at) values (gen_random_uuid(), '0190a000-0000-7000-8000-000000000001', '{call}', 'call', app_now()) returning id, source_id)
            insert into recordings (id, conversation_id, source_id, external_id, state, recorded_at, deleted_at)
            select gen_random_uuid(), id, source_id, gen_random_uuid()::text, case n % 3 when 0 then 'failed' else 'ready' end, app_now() - n * interval '97 minutes', case when n % 10 = 1 then app_now() end
            from c, generate_series(0, 230) n
            """);
        var overview = await ReadAsync(running.Admin, $"?time_zone={zone}");
        var intake = overview.GetProperty("intake");
        Assert.Equal(14, intake.GetProperty("days").GetArrayLength());
        Assert.Equal(JsonValueKind.Null, intake.GetProperty("counted_from").ValueKind);
        var slices = intake.GetProperty("days").EnumerateArray().Concat(intake.GetProperty("hours").EnumerateArray()).ToList();
        foreach (var slice in slices)
        {
            var range = $"from={Uri.EscapeDataString(slice.GetProperty("from").GetString()!)}&to={Uri.EscapeDataString(slice.GetProperty("to").GetString()!)}";
            Assert.Equal((range, await ListedAsync(range)), (range, slice.GetProperty("total").GetInt32()));
            foreach (var status in slice.GetProperty("by_status").EnumerateObject())
                Assert.Equal(await ListedAsync($"{range}&status={status.Name}"), status.Value.GetInt32());
            Assert.Equal(slice.GetProperty("total").GetInt32(), slice.GetProperty("by_status").EnumerateObject().Sum(s => s.Value.GetInt32()));
        }
        var (first, last) = (slices[0].GetProperty("from").GetDateTimeOffset(), slices[13].GetProperty("to").GetDateTimeOffset());
        Assert.InRange(overview.GetProperty("at").GetDateTimeOffset(), slices[13].GetProperty("from").GetDateTimeOffset(), last);
        Assert.InRange(last - first, TimeSpan.FromHours((14 * 24) - 1), TimeSpan.FromHours((14 * 24) + 1));

        async Task<int> ListedAsync(string query) => (await AccessPlatform.SendAsync(running.Admin, HttpMethod.Get, $"api/v1/recordings?page_size=1&{query}", 200)).GetProperty("total").GetInt32();
    }

    [Fact]
    public async Task Parts_that_are_not_the_readers_are_null()
    {
        var walk = new RightsWalk(running);
        foreach (var who in People)
        {
            var overview = await ReadAsync(await walk.ClientAsync(who));
            var operates = who is "admin" or "compliance_officer";
            Assert.Equal((who, operates), (who, overview.GetProperty("queue").ValueKind == JsonValueKind.Object));
            Assert.Equal((who, operates), (who, overview.GetProperty("storage").ValueKind == JsonValueKind.Object));
            Assert.Equal((who, operates), (who, overview.GetProperty("holds").ValueKind == JsonValueKind.Object));
            Assert.Equal((who, who is not ("patient" or "integration")), (who, overview.GetProperty("missing").ValueKind == JsonValueKind.Object));
        }
    }

    [Fact]
    public async Task What_is_missing_is_told_to_those_whose_conversations_it_is_missing_from()
    {
        var mark = $"gap-{Guid.CreateVersion7():N}";
        var clinician = await running.UserIdAsync("clinician");
        var walk = new RightsWalk(running);
        (string Who, string Seen)[] readers = [("operator", "call"), ("clinician", "held joined"), ("practice_manager", "call held joined others"), ("compliance_officer", "call held joined others")];
        var before = new Dictionary<string, (int Late, int Expected)>();
        foreach (var (who, _) in readers)
            before[who] = await CountAsync(who);
        await running.ValueAsync($"""
            with a as (insert into appointments (id, external_id, clinician_id) values (gen_random_uuid(), '{mark}', '{clinician}') returning id),
                 c as (insert into conversations (id, source_id, external_id, kind, title, started_at, appointment_id)
                       select gen_random_uuid(), '0190a000-0000-7000-8000-000000000001', '{mark}-' || k.name, k.kind, k.name, app_now(), case when k.name = 'held' then (select id from a) end
                       from (values ('call', 'call'), ('held', 'session'), ('joined', 'session'), ('others', 'session')) k(name, kind) returning id, external_id, source_id),
                 p as (insert into participants (id, conversation_id, user_id) select gen_random_uuid(), id, '{clinician}' from c where external_id = '{mark}-joined')
            insert into expectations (id, conversation_id, source_id, medium, external_id, state, due_at)
                select gen_random_uuid(), id, source_id, 'audio', '', case when external_id like '%call' then 'late' else 'expected' end, app_now() - interval '1 millisecond' from c
                union all select gen_random_uuid(), id, source_id, 'video', '', 'expected', app_now() + interval '1 day' from c
                union all select gen_random_uuid(), id, source_id, 'video', 'second', 'received', app_now() - interval '1 minute' from c
            """);
        try
        {
            foreach (var (who, seen) in readers)
            {
                var missing = (await ReadAsync(await walk.ClientAsync(who))).GetProperty("missing");
                var late = missing.GetProperty("newest").EnumerateArray().Where(m => m.GetProperty("call_id").GetString()!.StartsWith(mark, StringComparison.Ordinal)).ToList();
                Assert.Equal((who, seen), (who, string.Join(' ', late.Select(m => m.GetProperty("title").GetString()).Order(StringComparer.Ordinal))));
                Assert.All(late, m => Assert.Equal(("audio", "upload"), (m.GetProperty("medium").GetString(), m.GetProperty("source").GetString())));
                var count = seen.Split(' ').Length;
                var (lateNow, expectedNow) = await CountAsync(who);
                Assert.Equal((who, count, count), (who, lateNow - before[who].Late, expectedNow - before[who].Expected));
            }
        }
        finally
        {
            await running.ValueAsync($"delete from expectations where conversation_id in (select id from conversations where external_id like '{mark}%')");
        }

        async Task<(int Late, int Expected)> CountAsync(string who)
        {
            var missing = (await ReadAsync(await walk.ClientAsync(who))).GetProperty("missing");
            return (missing.GetProperty("late").GetInt32(), missing.GetProperty("expected").GetInt32());
        }
    }

    [Fact]
    public async Task The_queue_the_store_and_the_holds_are_as_they_are()
    {
        await AccessPlatform.UploadAsync(running.Admin, ("title", "stored"));
        var mark = Guid.CreateVersion7();
        var before = await ReadAsync(running.Admin);
        await running.ValueAsync($"""
            insert into jobs (id, kind, arguments, state, finished_at) values ('{mark}', 'test', '{"{}"}', 'dead', app_now());
            insert into matters (id, name) values ('{mark}', 'Case 12');
            insert into holds (id, matter_id, target_kind, target_id, reason) select gen_random_uuid(), '{mark}', 'subject', gen_random_uuid(), 'case' from generate_series(1, 3);
            insert into holds (id, matter_id, target_kind, target_id, reason, released_at) values (gen_random_uuid(), '{mark}', 'subject', gen_random_uuid(), 'case', app_now());
            """);
        try
        {
            var after = await ReadAsync(running.Admin);
            Assert.Equal(1, Number(after, "queue", "dead") - Number(before, "queue", "dead"));
            // Nobody works here: what was uploaded waits.
            Assert.True(Number(after, "queue", "due") > 0 && Number(after, "queue", "oldest_wait_seconds") > 0, after.GetRawText());
            Assert.Equal((3, 1), (Number(after, "holds", "active") - Number(before, "holds", "active"), Number(after, "holds", "matters") - Number(before, "holds", "matters")));
            // Whoever looked before anything was stored has left a reading that is fresh for fifteen seconds.
            await Until.TrueAsync(async () => (after = await ReadAsync(running.Admin)).GetProperty("storage").GetProperty("tiers").GetArrayLength() > 0, TimeSpan.FromSeconds(40), "the store's objects are counted");
            var storage = after.GetProperty("storage");
            var hot = Assert.Single(storage.GetProperty("tiers").EnumerateArray());
            Assert.Equal("hot", hot.GetProperty("tier").GetString());
            Assert.True(hot.GetProperty("bytes").GetInt64() >= 8000 && hot.GetProperty("objects").GetInt64() >= 1, storage.GetRawText());
            Assert.Equal(storage.GetProperty("bytes").GetInt64(), hot.GetProperty("bytes").GetInt64());
        }
        finally
        {
            await running.ValueAsync($"delete from jobs where id = '{mark}'; update holds set released_at = app_now() where matter_id = '{mark}'");
        }

        static double Number(JsonElement overview, string part, string name) => overview.GetProperty(part).GetProperty(name).GetDouble();
    }

    [Theory]
    [InlineData("Europe/Nowhere")]
    [InlineData("..%2F..%2Fetc%2Fpasswd")]
    public async Task A_zone_that_nobody_knows_is_refused(string zone) =>
        Assert.Equal("time_zone_unknown", (await AccessPlatform.SendAsync(running.Admin, HttpMethod.Get, $"api/v1/overview?time_zone={zone}", 400)).GetProperty("code").GetString());

    [Fact]
    public async Task Looking_is_audited_and_a_page_that_refreshes_itself_once_in_ten_minutes()
    {
        using var client = await running.Platform.SignInAsync("practice_manager");
        var since = await running.ValueAsync("select coalesce(max(id), 0) from audit");
        await ReadAsync(client);
        await ReadAsync(client, "?live=true");
        await ReadAsync(client, "?live=true");
        Assert.Equal("1", await running.ValueAsync($"select count(*) from audit where action = 260 and id > {since}"));
        await ReadAsync(client);
        Assert.Equal("2", await running.ValueAsync($"select count(*) from audit where action = 260 and id > {since}"));
    }

    static async Task<JsonElement> ReadAsync(HttpClient client, string query = "") => await AccessPlatform.SendAsync(client, HttpMethod.Get, $"api/v1/overview{query}", 200);

    static int TotalOf(JsonElement overview, string part) => overview.GetProperty("intake").GetProperty(part).EnumerateArray().Sum(s => s.GetProperty("total").GetInt32());
}
