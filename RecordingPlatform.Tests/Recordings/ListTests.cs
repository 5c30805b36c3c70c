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
    public async Task What_a_list_cannot_mean_is_said(string query, string code) =>
        Assert.Equal(code, (await Platform.ReadAsync(await Admin.GetAsync($"api/v1/recordings?{query}"), 400)).GetProperty("code").GetString());

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
