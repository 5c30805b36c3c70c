using System.Text.Json;
using RecordingPlatform.Tests.Access;

namespace RecordingPlatform.Tests.Conversations;

/// <summary>The history over the running API.</summary>
[Collection(AccessCollection.Name)]
public sealed class HistoryTests(AccessPlatform running)
{
    HttpClient Admin => running.Admin;

    [Fact]
    public async Task A_conversation_is_shown_with_who_spoke_all_of_its_media_and_what_should_exist()
    {
        var mark = Mark();
        var call = await CallAsync(mark, "alarm", caller: "+45 12 34 56 78", receiver: "201");
        await running.ValueAsync($"update conversations set title = 'Flood {mark}', direction = 'inbound', ended_at = started_at + interval '95 seconds' where id = '{call}'");
        await running.ValueAsync($"""
            insert into participants (id, conversation_id, identity, display_name, phone, role, channel) values
                (gen_random_uuid(), '{call}', 'b-{mark}', 'Bo', null, 'agent', 2), (gen_random_uuid(), '{call}', 'a-{mark}', 'Anna', '+4512345678', 'caller', 1)
            """);
        var sound = await RecordingAsync(call, "ready", audio: true);
        var film = await RecordingAsync(call, "failed", video: true);
        await running.ValueAsync($"update recordings set state_reason = 'Broken off', duration = interval '90 s', size_bytes = 1234 where id = '{film}'");
        await RecordingAsync(call, "ready", deleted: true);
        var came = await ExpectAsync(call, "audio", "received", sound);
        await running.ValueAsync($"""
            insert into expectations (id, conversation_id, source_id, medium, external_id, state, due_at, look_at, last_problem)
            select gen_random_uuid(), id, source_id, 'video', 'x', 'late', started_at, started_at, 'Not in the folder' from conversations where id = '{call}'
            """);
        await running.ValueAsync($"insert into matters (id, name) values ('{call}', 'Case'); insert into holds (id, matter_id, target_kind, target_id, reason) values (gen_random_uuid(), '{call}', 'conversation', '{call}', 'case')");

        var shown = Assert.Single(await FindAsync(Admin, $"q={mark}"));
        Assert.Equal((await GetAsync(Admin, call)).GetRawText(), shown.GetRawText());
        Assert.Equal($"{call} upload upload {mark} alarm inbound Flood {mark} +45 12 34 56 78 201 95", Said(shown, "id", "source", "source_kind", "call_id", "kind", "direction", "title", "caller_phone", "receiver_phone", "duration_seconds"));
        Assert.Equal(["a-" + mark + " Anna +4512345678 caller 1", "b-" + mark + " Bo  agent 2"], shown.GetProperty("participants").EnumerateArray().Select(p => Said(p, "identity", "display_name", "phone", "role", "channel")));
        Assert.Equal([$"{sound} audio ready  True ", $"{film} video failed 90 False Broken off"],
            shown.GetProperty("media").EnumerateArray().Select(m => Said(m, "recording_id", "medium", "status", "duration_seconds", "playable", "state_reason")).OrderBy(m => m.Contains("video", StringComparison.Ordinal)).ThenBy(m => m, StringComparer.Ordinal));
        var expectations = shown.GetProperty("expectations").EnumerateArray().ToList();
        Assert.Equal($"{came} received {sound} False", Said(expectations.Single(e => e.GetProperty("medium").GetString() == "audio"), "id", "state", "recording_id", "looking"));
        Assert.Equal("late  True Not in the folder", Said(expectations.Single(e => e.GetProperty("medium").GetString() == "video"), "state", "recording_id", "looking", "last_problem"));
        Assert.True(shown.GetProperty("legal_hold").GetBoolean());
    }

    [Fact]
    public async Task Each_filter_finds_what_it_names_and_nothing_else()
    {
        var mark = Mark();
        var digits = $"{Random.Shared.NextInt64(1_000_000_000, 9_999_999_999)}";
        var name = $"Żofia {mark}";
        var call = await CallAsync($"{mark}-call", "call", caller: $"+48 (22) {digits[..4]}-{digits[4..]}", receiver: "0048 1");
        await running.ValueAsync($"update conversations set direction = 'outbound', meeting_id = 'room-{mark}', title = 'Title {mark} 100%', started_at = '2019-05-05T10:00:00Z' where id = '{call}'");
        await running.ValueAsync($"insert into participants (id, conversation_id, identity, display_name, phone) values (gen_random_uuid(), '{call}', 'sip:{mark}@pbx', '{name}', '+7{digits}')");
        await RecordingAsync(call, "ready", audio: true);
        await ExpectAsync(call, "video", "late", null);
        var other = await CallAsync($"{mark}-other", "meeting");

        foreach (var query in (string[])[$"number=%2B48+22+{digits}", $"number=00482 2{digits}", $"number={digits[3..]}", $"number=({digits[..5]}) {digits[5..]}", $"number=0{digits}", $"number=%2B7{digits}",
            $"participant={mark}%40", $"participant={Uri.EscapeDataString(name.ToUpperInvariant())}", $"participant={mark}", $"q={mark}-call", $"q=room-{mark}", $"q={mark}+100%25", $"q={digits[..4]}-{digits[4..]}", $"q=ofia {mark}",
            $"q={mark}&kind=call", $"q={mark}&direction=outbound", $"q={mark}&source=upload&kind=call", $"q={mark}&media=audio", $"q={mark}&media=missing", "from=2019-05-05T10:00:00Z&to=2019-05-05T10:00:00.001Z"])
            Assert.Equal((query, $"{call}"), (query, string.Join(' ', IdsOf(await ListAsync(Admin, query)))));
        foreach (var query in (string[])[$"number={digits[..8]}", $"number={digits}1", $"participant={digits}", $"participant=room-{mark}", $"q={mark}+100__", $"q={mark}&kind=session", $"q={mark}-call&kind=meeting", $"q={mark}&direction=inbound",
            $"q={mark}&source=elsewhere", $"q={mark}&media=video", $"q={mark}-other&media=missing", "from=2019-05-05T10:00:00.001Z&to=2019-05-05T10:00:01Z"])
            Assert.Equal((query, ""), (query, string.Join(' ', IdsOf(await ListAsync(Admin, query)))));
        Assert.Equal([other, call], IdsOf(await ListAsync(Admin, $"q={mark}")));

        // The words follow the people they come from.
        await running.ValueAsync($"update participants set display_name = 'Moved {mark}', phone = '777{digits}' where conversation_id = '{call}'");
        Assert.Equal([call], IdsOf(await ListAsync(Admin, $"participant=moved {mark}&number=777{digits}")));
        Assert.Empty(IdsOf(await ListAsync(Admin, $"q=ofia {mark}")));
        await running.ValueAsync($"delete from participants where conversation_id = '{call}'");
        Assert.Empty(IdsOf(await ListAsync(Admin, $"number=777{digits}")));
        Assert.Equal([call], IdsOf(await ListAsync(Admin, $"number={digits}")));
    }

    [Fact]
    public async Task Pages_by_cursor_and_back_hold_each_conversation_once_also_where_all_began_at_once()
    {
        var mark = Mark();
        for (var i = 0; i < 7; i++)
            await CallAsync($"{mark}-{i}", "call", at: $"2018-03-0{1 + (i / 3)}T00:00:00Z");
        foreach (var who in (HttpClient[])[Admin, await running.Platform.SignInAsync("operator")])
        {
            var all = await PageAsync(who, "");
            Assert.Equal(7, all.GetProperty("total").GetInt32());
            var there = new List<string>();
            JsonElement page;
            var next = "";
            do
            {
                page = await PageAsync(who, $"&page_size=2{next}");
                there.Add(string.Join(' ', IdsOf(page)));
                next = $"&cursor={page.GetProperty("next_cursor").GetString()}";
            }
            while (page.GetProperty("next_cursor").ValueKind != JsonValueKind.Null);
            Assert.Equal(IdsOf(all).Select(id => $"{id}"), there.SelectMany(p => p.Split(' ')));
            var back = new List<string> { there[^1] };
            while (page.GetProperty("previous_cursor").GetString() is { } before)
            {
                page = await PageAsync(who, $"&page_size=2&before={before}");
                back.Add(string.Join(' ', IdsOf(page)));
            }
            Assert.Equal(there, back.AsEnumerable().Reverse());
            Assert.Equal(there, await Task.WhenAll(Enumerable.Range(1, 4).Select(async n => string.Join(' ', IdsOf(await PageAsync(who, $"&page_size=2&page={n}"))))));
        }

        async Task<JsonElement> PageAsync(HttpClient who, string rest) => await ListAsync(who, $"q={mark}{rest}");
    }

    [Fact]
    public async Task Everybody_has_in_their_history_what_their_role_shows_and_what_they_see_a_recording_of()
    {
        var mark = Mark();
        var (clinician, patient) = (await running.UserIdAsync("clinician"), await running.UserIdAsync("patient"));
        // Nothing is recorded of these.
        foreach (var kind in (string[])["call", "alarm", "session", "meeting"])
            await CallAsync($"{mark}-{kind}", kind);
        await running.ValueAsync($"insert into participants (id, conversation_id, user_id) values (gen_random_uuid(), '{await CallAsync($"{mark}-joined", "session")}', '{clinician}')");
        var held = await CallAsync($"{mark}-held", "session");
        await running.ValueAsync($"insert into appointments (id, external_id, clinician_id) values ('{held}', '{held}', '{clinician}'); update conversations set appointment_id = '{held}' where id = '{held}'");
        // The patient's; one of theirs was deleted, and of one they were lent a track.
        await running.ValueAsync($"insert into subjects (id, user_id) values (gen_random_uuid(), '{patient}') on conflict do nothing");
        foreach (var (name, deleted) in new[] { ("theirs", false), ("deleted", true) })
            await running.ValueAsync($"update recordings set subject_id = (select id from subjects where user_id = '{patient}') where id = '{await RecordingAsync(await CallAsync($"{mark}-{name}", "session"), "ready", deleted: deleted)}'");
        var lent = await CallAsync($"{mark}-lent", "session");
        var track = await RecordingAsync(lent, "ready");
        await RecordingAsync(lent, "ready");
        await running.ValueAsync($"insert into grants (id, recording_id, user_id, play, download) values (gen_random_uuid(), '{track}', '{patient}', true, false)");
        foreach (var name in (string[])["theirs", "lent", "held"])
            await ExpectAsync(Guid.Parse(await running.ValueAsync($"select id from conversations where external_id = '{mark}-{name}'")), "video", "late", null);

        var walk = new RightsWalk(running);
        const string all = "alarm call deleted held joined lent meeting session theirs";
        foreach (var (who, seen, expected) in new[]
        {
            ("patient", "lent theirs", ""), ("clinician", "held joined", "held"), ("operator", "alarm call", ""), ("integration", "", ""),
            ("practice_manager", all, "held lent theirs"), ("compliance_officer", all, "held lent theirs"), ("admin", all, "held lent theirs"),
        })
        {
            var client = await walk.ClientAsync(who);
            var found = await FindAsync(client, $"q={mark}-");
            Assert.Equal((who, seen), (who, string.Join(' ', found.Select(NameOf).Order(StringComparer.Ordinal))));
            Assert.Equal((who, expected), (who, string.Join(' ', found.Where(c => c.GetProperty("expectations").GetArrayLength() > 0).Select(NameOf).Order(StringComparer.Ordinal))));
            Assert.Equal((who, expected), (who, string.Join(' ', (await FindAsync(client, $"q={mark}-&media=missing")).Select(NameOf).Order(StringComparer.Ordinal))));
            Assert.All(found, c => Assert.Equal(NameOf(c) == "lent" && who != "patient" ? 2 : NameOf(c) is "theirs" or "lent" ? 1 : 0, c.GetProperty("media").GetArrayLength()));
            foreach (var name in all.Split(' '))
            {
                var id = await running.ValueAsync($"select id from conversations where external_id = '{mark}-{name}'");
                var answer = await client.GetAsync($"api/v1/conversations/{id}");
                Assert.Equal((who, name, seen.Split(' ').Contains(name) ? 200 : 404), (who, name, (int)answer.StatusCode));
            }
        }

        string NameOf(JsonElement conversation) => conversation.GetProperty("call_id").GetString()![(mark.Length + 1)..];
    }

    [Fact]
    public async Task A_received_recording_that_is_deleted_or_not_the_callers_to_see_is_not_named()
    {
        var mark = Mark();
        var call = await CallAsync(mark, "session");
        var appointment = Guid.CreateVersion7();
        await running.ValueAsync($"insert into appointments (id, external_id, clinician_id) values ('{appointment}', '{appointment}', '{await running.UserIdAsync("clinician")}'); update conversations set appointment_id = '{appointment}' where id = '{call}'");
        // Brought for another appointment: the conversation is the clinician's, this track is not.
        var recording = await RecordingAsync(call, "ready", audio: true);
        await ExpectAsync(call, "audio", "received", recording);
        using var clinician = await running.Platform.SignInAsync("clinician");
        var shown = Assert.Single(await FindAsync(clinician, $"q={mark}"));
        Assert.Equal(0, shown.GetProperty("media").GetArrayLength());
        Assert.DoesNotContain($"{recording}", shown.GetRawText(), StringComparison.Ordinal);
        Assert.Empty(await FindAsync(clinician, $"q={mark}&media=audio"));
        Assert.Contains($"{recording}", Assert.Single(await FindAsync(Admin, $"q={mark}&media=audio")).GetRawText(), StringComparison.Ordinal);
        await running.ValueAsync($"update recordings set deleted_at = app_now() where id = '{recording}'");
        Assert.DoesNotContain($"{recording}", Assert.Single(await FindAsync(Admin, $"q={mark}")).GetRawText(), StringComparison.Ordinal);
        Assert.Empty(await FindAsync(Admin, $"q={mark}&media=audio"));
    }

    [Theory]
    [InlineData("page=0", "page_invalid")]
    [InlineData("page_size=101", "page_size_invalid")]
    [InlineData("cursor=abc", "cursor_invalid")]
    [InlineData("before=abc", "before_invalid")]
    [InlineData("cursor=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA&before=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "before_invalid")]
    [InlineData("from=yesterday", "from_invalid")]
    [InlineData("to=2026-13-01", "to_invalid")]
    [InlineData("number=12", "number_invalid")]
    [InlineData("number=%2B00-12", "number_invalid")]
    [InlineData("number=anna", "number_invalid")]
    [InlineData("participant=ab", "participant_length")]
    [InlineData("q=ab", "q_length")]
    [InlineData("q=a%00bc", "text_invalid")]
    [InlineData("source=a%00b", "text_invalid")]
    [InlineData("direction=sideways", "direction_unknown")]
    [InlineData("direction=1", "direction_unknown")]
    [InlineData("kind=talk", "kind_unknown")]
    [InlineData("media=text", "media_unknown")]
    [InlineData("live=maybe", "bad_request")]
    public async Task What_a_history_cannot_mean_is_said(string query, string code) =>
        Assert.Equal(code, (await AccessPlatform.SendAsync(Admin, HttpMethod.Get, $"api/v1/history?{query}", 400)).GetProperty("code").GetString());

    [Fact]
    public async Task Looking_is_audited_and_what_refreshes_itself_once_in_ten_minutes()
    {
        var call = await CallAsync(Mark(), "call");
        using var manager = await running.Platform.SignInAsync("practice_manager");
        var since = await running.ValueAsync("select coalesce(max(id), 0) from audit");
        foreach (var path in (string[])["history?q=nothing-at-all", $"conversations/{call}"])
        {
            foreach (var live in (string[])["", "live=true", "live=true"])
                await AccessPlatform.SendAsync(manager, HttpMethod.Get, $"api/v1/{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}{live}", 200);
        }
        Assert.Equal("1", await running.ValueAsync($"select count(*) from audit where action = 730 and id > {since}"));
        Assert.Equal($"conversation {call}", await running.ValueAsync($"select string_agg(target_kind || ' ' || target_id, ',') from audit where action = 731 and id > {since}"));
    }

    static string Mark() => $"m{Guid.CreateVersion7():N}";

    async Task<Guid> CallAsync(string callId, string kind, string? caller = null, string? receiver = null, string at = "2026-01-01T00:00:00Z") => Guid.Parse(await running.ValueAsync($"""
        insert into conversations (id, source_id, external_id, kind, caller_phone, receiver_phone, started_at)
        values ('{Guid.CreateVersion7()}', '0190a000-0000-7000-8000-000000000001', '{callId}', '{kind}', {Text(caller)}, {Text(receiver)}, '{at}') returning id
        """));

    async Task<Guid> RecordingAsync(Guid conversation, string state, bool audio = false, bool video = false, bool deleted = false) => Guid.Parse(await running.ValueAsync($"""
        insert into recordings (id, conversation_id, source_id, external_id, state, recorded_at, audio_codec, video_codec, deleted_at)
        select '{Guid.CreateVersion7()}', id, source_id, gen_random_uuid()::text, '{state}', started_at, {(audio ? "'opus'" : "null")}, {(video ? "'h264'" : "null")}, {(deleted ? "app_now()" : "null")} from conversations where id = '{conversation}' returning id
        """));

    async Task<Guid> ExpectAsync(Guid conversation, string medium, string state, Guid? recording) => Guid.Parse(await running.ValueAsync($"""
        insert into expectations (id, conversation_id, source_id, medium, state, due_at, recording_id)
        select gen_random_uuid(), id, source_id, '{medium}', '{state}', started_at, {Text(recording?.ToString())} from conversations where id = '{conversation}' returning id
        """));

    static string Text(string? text) => text is null ? "null" : $"'{text}'";

    static async Task<JsonElement> ListAsync(HttpClient who, string query) => await AccessPlatform.SendAsync(who, HttpMethod.Get, $"api/v1/history?{query}", 200);

    static async Task<List<JsonElement>> FindAsync(HttpClient who, string query)
    {
        var page = await ListAsync(who, query);
        var found = page.GetProperty("conversations").EnumerateArray().ToList();
        Assert.Equal(found.Count, page.GetProperty("total").GetInt32());
        return found;
    }

    static Task<JsonElement> GetAsync(HttpClient who, Guid id) => AccessPlatform.SendAsync(who, HttpMethod.Get, $"api/v1/conversations/{id}", 200);

    static IEnumerable<Guid> IdsOf(JsonElement page) => page.GetProperty("conversations").EnumerateArray().Select(c => c.GetProperty("id").GetGuid());

    static string Said(JsonElement element, params string[] names) => string.Join(' ', names.Select(name => element.GetProperty(name).ToString()));
}
