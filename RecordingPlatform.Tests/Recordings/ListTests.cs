using System.Text.Json;
using RecordingPlatform.Tests.Api;
using RecordingPlatform.Tests.Fixtures;
using RecordingPlatform.Tests.Story;

namespace RecordingPlatform.Tests.Recordings;

[Collection(ApiSurface.Name)]
public sealed class ListTests(ApiSurface.Running running)
{
    HttpClient Admin => running.Admin;

    [Fact]
    public async Task Each_filter_finds_what_it_names_and_nothing_else()
    {
        var mark = $"m{Guid.CreateVersion7():N}";
        var id = await Platform.UploadAsync(Admin, SampleMedia.Speech, "a.wav", ("callId", $"{mark}-call"), ("meetingId", $"{mark}-room"), ("title", $"Title {mark} 100%"),
            ("callerPhone", $"+{mark}"), ("startTime", "2020-05-05T10:00:00Z"));
        await Platform.UploadAsync(Admin, SampleMedia.Speech, "b.wav", ("callId", $"other-{Guid.CreateVersion7():N}"));
        await running.Platform.QueryAsync($"insert into participants (id, conversation_id, identity, phone) select gen_random_uuid(), conversation_id, 'who-{mark}', '0{mark}' from recordings where id = '{id}'");
        foreach (var query in (string[])[$"call_id={mark}-call", $"meeting_id={mark}-room", $"participant=%2B{mark}", $"participant=who-{mark}", $"participant=0{mark}", $"q={mark}", $"q={mark.ToUpperInvariant()}",
            $"q={mark}-room", $"q={mark}+100%25", "from=2020-05-05T10:00:00Z&to=2020-05-05T10:00:01Z", $"source=upload&q={mark}"])
            Assert.Equal((query, id.ToString()), (query, string.Join(' ', await FindAsync(query))));
        foreach (var query in (string[])[$"call_id={mark}", $"meeting_id={mark}", $"participant={mark}", $"q={mark}+100__", "from=2020-05-05T10:00:01Z&to=2020-05-05T10:00:02Z", $"source=elsewhere&q={mark}", $"status=absent&q={mark}"])
            Assert.Equal((query, ""), (query, string.Join(' ', await FindAsync(query))));

        // The words follow the conversation they come from.
        await running.Platform.QueryAsync($"update conversations set meeting_id = 'moved-{mark}' where external_id = '{mark}-call'");
        Assert.Equal([id], await FindAsync($"q=moved-{mark}"));
        Assert.Empty(await FindAsync($"q={mark}-room"));
    }

    [Theory]
    [InlineData("page=0", "page_invalid")]
    [InlineData("page=x", "page_invalid")]
    [InlineData("page_size=0", "page_size_invalid")]
    [InlineData("page_size=101", "page_size_invalid")]
    [InlineData("cursor=abc", "cursor_invalid")]
    [InlineData("status=gone", "status_unknown")]
    [InlineData("subject_id=7", "subject_id_invalid")]
    [InlineData("from=yesterday", "from_invalid")]
    [InlineData("to=tomorrow", "to_invalid")]
    [InlineData("q=ab", "q_length")]
    [InlineData("call_id=a%00b", "text_invalid")]
    [InlineData("has_video=false", "has_video_invalid")]
    [InlineData("ids=", "ids_invalid")]
    [InlineData("ids=7", "ids_invalid")]
    [InlineData("before=abc", "before_invalid")]
    [InlineData("cursor=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA&before=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "before_invalid")]
    public async Task What_a_list_cannot_mean_is_said(string query, string code) =>
        Assert.Equal(code, (await Platform.ReadAsync(await Admin.GetAsync($"api/v1/recordings?{query}"), 400)).GetProperty("code").GetString());

    [Fact]
    public async Task The_way_back_shows_the_same_pages_and_ends_at_the_newest()
    {
        var mark = $"b{Guid.CreateVersion7():N}";
        for (var i = 0; i < 7; i++)
            await Platform.UploadAsync(Admin, SampleMedia.Speech, fields: [("callId", mark), ("startTime", $"2021-01-0{1 + (i / 2)}T00:00:00Z")]);
        var all = await FindAsync($"call_id={mark}");
        JsonElement page;
        var there = new List<string>();
        string? cursor = null;
        do
        {
            page = await PageAsync(cursor is null ? "" : $"&cursor={cursor}");
            there.Add(Written(page));
            cursor = page.GetProperty("next_cursor").GetString();
        }
        while (cursor is not null);
        Assert.Equal(4, there.Count);
        var back = new List<string> { Written(page) };
        while (page.GetProperty("previous_cursor").GetString() is { } before)
        {
            page = await PageAsync($"&before={before}");
            back.Add(Written(page));
        }
        Assert.Equal(there, back.AsEnumerable().Reverse());
        // And forth again from there.
        Assert.Equal(there[1], Written(await PageAsync($"&cursor={page.GetProperty("next_cursor").GetString()}")));
        // Above the newest there is nothing.
        var newest = await PageAsync($"&page_size=1&cursor={(await PageAsync("&page_size=1")).GetProperty("next_cursor").GetString()}");
        var first = await PageAsync($"&before={newest.GetProperty("previous_cursor").GetString()}");
        Assert.Equal([all[0]], IdsOf(first));
        Assert.Equal(JsonValueKind.Null, first.GetProperty("previous_cursor").ValueKind);

        async Task<JsonElement> PageAsync(string rest) => await Platform.ReadAsync(await Admin.GetAsync($"api/v1/recordings?call_id={mark}{(rest.Contains("page_size", StringComparison.Ordinal) ? "" : "&page_size=2")}{rest}"), 200);
        static string Written(JsonElement page) => string.Join(' ', IdsOf(page));
    }

    [Fact]
    public async Task Chosen_recordings_and_those_with_a_picture_are_found_among_all()
    {
        var mark = $"v{Guid.CreateVersion7():N}";
        var ids = new List<Guid>();
        for (var i = 0; i < 3; i++)
            ids.Add(await Platform.UploadAsync(Admin, SampleMedia.Speech, fields: ("callId", mark)));
        Assert.Equal([ids[2], ids[0]], await FindAsync($"ids={ids[0]},{ids[2]},{Guid.CreateVersion7()},{ids[0]}"));
        Assert.Equal([ids[1]], await FindAsync($"ids={ids[1]}&call_id={mark}"));
        Assert.Empty(await FindAsync($"ids={ids[1]}&call_id=other"));
        await running.Platform.QueryAsync($"update recordings set video_codec = 'h264' where id = '{ids[1]}'");
        Assert.Equal([ids[1]], await FindAsync($"has_video=true&call_id={mark}"));
        Assert.Equal("ids_invalid", (await Platform.ReadAsync(await Admin.GetAsync($"api/v1/recordings?ids={string.Join(',', Enumerable.Repeat(ids[0], 101))}"), 400)).GetProperty("code").GetString());
        using var patient = await running.Platform.SignInAsync("patient2");
        Assert.Equal(0, (await Platform.ReadAsync(await patient.GetAsync($"api/v1/recordings?ids={ids[0]}"), 200)).GetProperty("total").GetInt32());
    }

    [Fact]
    public async Task The_recordings_of_a_subject_are_found_and_nobody_elses()
    {
        var mark = $"w{Guid.CreateVersion7():N}";
        var one = await Platform.UploadAsync(Admin, SampleMedia.Speech, fields: [("callId", $"{mark}-one"), ("subject_id", $"{mark}-one")]);
        var other = await Platform.UploadAsync(Admin, SampleMedia.Speech, fields: [("callId", $"{mark}-other"), ("subject_id", $"{mark}-other")]);
        await Platform.UploadAsync(Admin, SampleMedia.Speech, fields: ("callId", $"{mark}-nobody"));
        Assert.Equal([one], await FindAsync($"subject_id={await SubjectOfAsync(one)}"));
        Assert.Equal([other], await FindAsync($"subject_id={await SubjectOfAsync(other)}"));
        Assert.Empty(await FindAsync($"subject_id={await SubjectOfAsync(one)}&call_id={mark}-other"));
        Assert.Empty(await FindAsync($"subject_id={Guid.CreateVersion7()}"));

        async Task<string> SubjectOfAsync(Guid id) => Assert.Single(await running.Platform.QueryAsync($"select subject_id from recordings where id = '{id}'"));
    }

    [Fact]
    public async Task The_sources_named_are_those_of_recordings_that_can_be_seen()
    {
        var (seen, unseen) = ($"s{Guid.CreateVersion7():N}", $"t{Guid.CreateVersion7():N}");
        foreach (var (name, kind) in new[] { (seen, "call"), (unseen, "session") })
        {
            await running.Platform.QueryAsync($"""
                with s as (insert into sources (id, name, kind) values (gen_random_uuid(), '{name}', 'freepbx') returning id),
                     c as (insert into conversations (id, source_id, external_id, kind, started_at) select gen_random_uuid(), id, '{name}', '{kind}', '2019-01-01' from s returning id, source_id)
                insert into recordings (id, conversation_id, source_id, external_id, state, recorded_at) select gen_random_uuid(), id, source_id, '{name}', 'absent', app_now() from c
                """);
        }
        await running.Platform.QueryAsync($"insert into sources (id, name, kind) values (gen_random_uuid(), 'empty-{seen}', 'freepbx')");
        var all = await SourcesAsync(Admin);
        Assert.Contains(seen, all);
        Assert.Contains(unseen, all);
        Assert.DoesNotContain($"empty-{seen}", all);
        using var op = await running.Platform.SignInAsync("operator");
        var some = await SourcesAsync(op);
        Assert.Contains(seen, some);
        Assert.DoesNotContain(unseen, some);

        static async Task<List<string?>> SourcesAsync(HttpClient client) =>
            [.. (await Platform.ReadAsync(await client.GetAsync("api/v1/recordings/sources"), 200)).GetProperty("sources").EnumerateArray().Select(s => s.GetString())];
    }

    [Fact]
    public async Task Pages_by_number_and_by_cursor_show_each_recording_once_and_the_words_of_old_systems_work()
    {
        // States are set by hand: seven recordings of one conversation with one time, so that only the id orders them.
        var mark = $"p{Guid.CreateVersion7():N}";
        for (var i = 0; i < 7; i++)
            await Platform.UploadAsync(Admin, SampleMedia.Speech, fields: [("callId", mark), ("startTime", "2021-01-01T00:00:00Z")]);
        var all = await FindAsync($"call_id={mark}");
        Assert.Equal(7, all.Count);
        var numbered = new List<Guid>();
        for (var page = 1; page <= 4; page++)
            numbered.AddRange(await FindAsync($"call_id={mark}&page_size=2&page={page}"));
        Assert.Equal(all, numbered);
        var followed = new List<Guid>();
        string? cursor = null;
        do
        {
            var answer = await Platform.ReadAsync(await Admin.GetAsync($"api/v1/recordings?call_id={mark}&page_size=3{(cursor is null ? "" : $"&cursor={cursor}")}"), 200);
            Assert.Equal(7, answer.GetProperty("total").GetInt32());
            Assert.False(answer.TryGetProperty("total_is_lower_bound", out _));
            followed.AddRange(IdsOf(answer));
            cursor = answer.GetProperty("next_cursor").GetString();
        }
        while (cursor is not null);
        Assert.Equal(all, followed);

        await Until.TrueAsync(async () => (await FindAsync($"call_id={mark}&status=completed")).Count == 7, TimeSpan.FromSeconds(120), "all are ready");
        await running.Platform.QueryAsync($"update recordings set state = 'stored' where id = '{all[0]}'");
        await running.Platform.QueryAsync($"update recordings set state = 'receiving' where id = '{all[1]}'");
        await running.Platform.QueryAsync($"update recordings set deleted_at = app_now() where id = '{all[2]}'");
        Assert.Equal([all[0]], await FindAsync($"call_id={mark}&status=uploaded"));
        Assert.Equal([all[1]], await FindAsync($"call_id={mark}&status=started"));
        Assert.Equal([all[2]], await FindAsync($"call_id={mark}&status=deleted"));
        Assert.Equal(4, (await FindAsync($"call_id={mark}&status=completed")).Count);
    }

    [Fact]
    public async Task A_total_is_exact_to_a_thousand_and_says_when_it_is_not()
    {
        var mark = $"t{Guid.CreateVersion7():N}";
        await MakeAsync(1000);
        var exact = await Platform.ReadAsync(await Admin.GetAsync($"api/v1/recordings?call_id={mark}"), 200);
        Assert.Equal(1000, exact.GetProperty("total").GetInt32());
        Assert.False(exact.TryGetProperty("total_is_lower_bound", out _));
        await MakeAsync(1);
        var bound = await Platform.ReadAsync(await Admin.GetAsync($"api/v1/recordings?call_id={mark}"), 200);
        Assert.Equal(1000, bound.GetProperty("total").GetInt32());
        Assert.True(bound.GetProperty("total_is_lower_bound").GetBoolean());

        Task<List<string>> MakeAsync(int count) => running.Platform.QueryAsync($"""
            with c as (insert into conversations (id, source_id, external_id, kind, started_at) values (gen_random_uuid(), '0190a000-0000-7000-8000-000000000001', '{mark}', 'other', '2019-01-01')
                       on conflict (source_id, external_id) do update set updated_at = app_now() returning id, source_id)
            insert into recordings (id, conversation_id, source_id, external_id, state, recorded_at)
            select gen_random_uuid(), c.id, c.source_id, gen_random_uuid()::text, 'absent', '2019-01-01' from c, generate_series(1, {count})
            """);
    }

    async Task<List<Guid>> FindAsync(string query) => IdsOf(await Platform.ReadAsync(await Admin.GetAsync($"api/v1/recordings?{query}"), 200));

    static List<Guid> IdsOf(JsonElement answer) => [.. answer.GetProperty("recordings").EnumerateArray().Select(r => r.GetProperty("id").GetGuid())];
}
