using System.Text;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Jibri;

/// <summary>From a report of a meeting, or from none, to its sealed recording.</summary>
public sealed class MeetingRetrievalTests(JibriPlatform platform) : IClassFixture<JibriPlatform>
{
    const string Room = "team_alpha_2026-11-25-09-30-00";

    [Fact]
    public async Task A_reported_meeting_is_fetched_with_both_its_files_and_those_who_took_part()
    {
        using var jibri = await platform.AddAsync();
        jibri.Write($"abcd/{Room}.mp4", JibriPlatform.Video);
        jibri.Write($"abcd/{Room}_mixed.m4a", JibriPlatform.Audio);
        jibri.Write("abcd/metadata.json", Encoding.UTF8.GetBytes("""
            {"meeting_url":"https://meet.example/team_alpha?jwt=hunter2-url","participants":[{"user":{"id":"9f","name":"Ada"},"group":"g"},"Sam"],"upload_credentials":{"service_name":"dropbox","token":"hunter2-file"}}
            """));
        var id = await jibri.ReportAsync($"abcd/{Room}.mp4", JibriPlatform.Video.Length, audioPath: jibri.At($"abcd/{Room}_mixed.m4a"), participants: [new { name = "Mira", email = "mira@example.org" }]);

        Assert.Equal(id, await jibri.TakenAsync($"abcd/{Room}.mp4"));
        var audio = await jibri.TakenAsync($"abcd/{Room}_mixed.m4a");
        Assert.Equal(JibriPlatform.Video, await jibri.DownloadAsync(id));
        Assert.Equal(JibriPlatform.Audio, await jibri.DownloadAsync(audio));
        // 9:30 in Berlin.
        Assert.Equal(["meeting|team_alpha|2026-11-25 08:30|2"], await jibri.AskAsync(
            "select concat_ws('|', kind, meeting_id, to_char(started_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI'), (select count(*) from recordings r where r.conversation_id = c.id)) from conversations c where source_id = '{source}'"));
        Assert.Equal(["Ada", "Mira", "Sam"], await jibri.AskAsync("select p.display_name from participants p join conversations c on c.id = p.conversation_id where c.source_id = '{source}' order by 1"));
        Assert.Equal(["audio received", "video received"], await jibri.AskAsync("select medium || ' ' || state from expectations where source_id = '{source}' and look_at is null order by 1"));
        await platform.Platform.WaitForAsync(platform.Admin, id, "ready");
        Assert.Equal([], await HoldingAsync("hunter2"));
    }

    [Fact]
    public async Task A_file_that_is_shorter_than_reported_is_waited_for_and_one_that_is_not_there_yet_too()
    {
        using var jibri = await platform.AddAsync();
        await jibri.ReportAsync($"copy/{Room}.mp4", JibriPlatform.Video.Length);
        await jibri.UntilIsAsync("The file is not where its report says, or not yet.", "select last_problem from expectations where source_id = '{source}'");
        jibri.Write($"copy/{Room}.mp4", JibriPlatform.Video[..^1000]);
        await jibri.UntilIsAsync($"The file has {JibriPlatform.Video.Length - 1000} bytes, and {JibriPlatform.Video.Length} were reported: it is waited for.", "select last_problem from expectations where source_id = '{source}'");
        Assert.Empty(await jibri.AskAsync("select id from recordings where source_id = '{source}' and size_bytes is not null"));

        jibri.Write($"copy/{Room}.mp4", JibriPlatform.Video);
        await jibri.LookAsync();
        Assert.Equal(JibriPlatform.Video, await jibri.DownloadAsync(await jibri.TakenAsync($"copy/{Room}.mp4")));
        Assert.Equal(["received "], await jibri.AskAsync("select concat(state, ' ', last_problem) from expectations where source_id = '{source}'"));
    }

    [Fact]
    public async Task A_file_whose_length_stays_another_is_kept_and_damaged()
    {
        using var jibri = await platform.AddAsync();
        jibri.Write($"cut/{Room}.mp4", JibriPlatform.Video[..^1000]);
        await jibri.ReportAsync($"cut/{Room}.mp4", JibriPlatform.Video.Length);
        await jibri.UntilIsAsync("2", "select least(still_looks, 2) from spool_files where source_id = '{source}'");
        await jibri.AgeAsync(TimeSpan.FromMinutes(11));
        await jibri.LookAsync();
        var id = await jibri.TakenAsync($"cut/{Room}.mp4");
        Assert.StartsWith("damaged The length differs: ", (await jibri.AskAsync($"select state || ' ' || state_reason from recordings where id = '{id}'"))[0], StringComparison.Ordinal);
        Assert.Equal(JibriPlatform.Video[..^1000], await jibri.DownloadAsync(id));
    }

    [Fact]
    public async Task A_meeting_that_is_reported_without_a_byte_is_waited_for_and_after_its_day_known_as_empty()
    {
        using var jibri = await platform.AddAsync();
        jibri.Write($"none/{Room}.mp4", []);
        var id = await jibri.ReportAsync($"none/{Room}.mp4", 0);
        await jibri.UntilIsAsync("The file is there and has no byte yet.", "select last_problem from expectations where source_id = '{source}'");
        Assert.Equal(["receiving expected seen"], await jibri.AskAsync(
            "select concat_ws(' ', r.state, e.state, f.state) from recordings r join expectations e on e.conversation_id = r.conversation_id join spool_files f on f.conversation_id = r.conversation_id where r.source_id = '{source}'"));

        await jibri.AskAsync("update expectations set look_until = app_now() where source_id = '{source}' returning id");
        await jibri.LookAsync();
        Assert.Equal(id, await jibri.TakenAsync($"none/{Room}.mp4"));
        await IsEmptyAsync(jibri, id);
    }

    [Fact]
    public async Task A_file_without_a_byte_that_nobody_reported_is_known_as_empty_after_a_day()
    {
        using var jibri = await platform.AddAsync();
        jibri.Write($"none/{Room}.mp4", []);
        await SweepToEndAsync(jibri);
        await jibri.AgeAsync(TimeSpan.FromHours(23));
        await SweepToEndAsync(jibri);
        Assert.Equal(["seen"], await jibri.AskAsync("select state from spool_files where source_id = '{source}'"));
        Assert.Empty(await jibri.AskAsync("select id from conversations where source_id = '{source}'"));

        await jibri.AgeAsync(TimeSpan.FromHours(2));
        await SweepToEndAsync(jibri);
        await IsEmptyAsync(jibri, await jibri.TakenAsync($"none/{Room}.mp4"));
        Assert.Equal(["meeting team_alpha"], await jibri.AskAsync("select kind || ' ' || meeting_id from conversations where source_id = '{source}'"));
    }

    [Fact]
    public async Task What_leads_out_of_the_folder_is_refused_and_never_read()
    {
        using var jibri = await platform.AddAsync();
        foreach (var path in (string[])["/etc/passwd", "../outside/room.mp4", $"{jibri.Folder}/../room.mp4", "s3://bucket/room.mp4"])
        {
            using var answer = await jibri.SendReportAsync(path, 100, name: Room);
            Assert.Equal("storage_path_outside", (await Platform.ReadAsync(answer, 400)).GetProperty("code").GetString());
        }
        Assert.Empty(await jibri.AskAsync("select id from conversations where source_id = '{source}'"));

        // By its text it lies inside; the file and the folder are links that lead out.
        var outside = Directory.CreateDirectory(Path.Combine(jibri.Folder + "-outside")).FullName;
        await File.WriteAllBytesAsync(Path.Combine(outside, $"{Room}.mp4"), JibriPlatform.Video);
        Directory.CreateDirectory(jibri.At("link"));
        File.CreateSymbolicLink(jibri.At($"link/{Room}.mp4"), Path.Combine(outside, $"{Room}.mp4"));
        Directory.CreateSymbolicLink(jibri.At("linked"), outside);
        await jibri.ReportAsync($"link/{Room}.mp4", JibriPlatform.Video.Length);
        await jibri.ReportAsync($"linked/{Room}.mp4", JibriPlatform.Video.Length);
        await jibri.UntilIsAsync("2", "select count(*) from expectations where source_id = '{source}' and last_problem like '%link%' and look_at is null");
        Assert.Equal(["refused", "refused"], await jibri.AskAsync("select state from spool_files where source_id = '{source}'"));
        await jibri.SweepAsync();
        await jibri.UntilIsAsync("done", "select state from jobs where kind = 'jibri.sweep_source' and arguments->>'source_id' = '{source}' order by id desc limit 1");
        Assert.Equal(["receiving", "receiving"], await jibri.AskAsync("select state from recordings where source_id = '{source}'"));

        // Whoever puts the file itself there and has it looked for again, gets it.
        File.Delete(jibri.At($"link/{Room}.mp4"));
        jibri.Write($"link/{Room}.mp4", JibriPlatform.Video);
        await jibri.AskAsync($$"""
            with asked as (update expectations set look_at = app_now(), look_until = app_now() + interval '1 day' where source_id = '{source}' and external_id = 'link/{{Room}}.mp4' returning id)
            insert into jobs (id, kind, arguments, unique_key) select gen_random_uuid(), 'source.watch', '{"source_id":"{source}"}', 'watch:{source}' returning id
            """);
        await jibri.TakenAsync($"link/{Room}.mp4");
    }

    [Fact]
    public async Task A_session_whose_script_never_ran_is_found_when_it_stands_still()
    {
        using var jibri = await platform.AddAsync(zone: "America/New_York");
        jibri.Write($"2026/11/wxyz/{Room}.mp4", JibriPlatform.Video);
        jibri.Write("2026/11/wxyz/metadata.json", "{\"participants\":[\"Sam\"]}"u8.ToArray());
        jibri.Write("2026/11/empty/nothing_2026-11-25-09-30-00.mp4", []);
        jibri.Write("2026/11/other/notes.txt", "no media"u8.ToArray());
        jibri.Write(".hidden/secret_2026-11-25-09-30-00.mp4", JibriPlatform.Video);
        await SweepToEndAsync(jibri);
        // Seen once: it may be growing.
        Assert.Equal(["seen 1", "seen 1"], await jibri.AskAsync("select state || ' ' || still_looks from spool_files where source_id = '{source}'"));
        await SweepToEndAsync(jibri);
        Assert.Empty(await jibri.AskAsync("select id from recordings where source_id = '{source}'"));
        await jibri.AgeAsync(TimeSpan.FromMinutes(11));
        await SweepToEndAsync(jibri);

        var id = await jibri.TakenAsync($"wxyz/{Room}.mp4");
        Assert.Equal(JibriPlatform.Video, await jibri.DownloadAsync(id));
        Assert.Equal(["meeting|team_alpha|2026-11-25 14:30|Sam|video|received"], await jibri.AskAsync("""
            select concat_ws('|', c.kind, c.meeting_id, to_char(c.started_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI'), p.display_name, e.medium, e.state)
            from conversations c join participants p on p.conversation_id = c.id join expectations e on e.conversation_id = c.id where c.source_id = '{source}'
            """));
        await SweepToEndAsync(jibri);
        Assert.Single(await jibri.AskAsync("select id from recordings where source_id = '{source}'"));
    }

    [Fact]
    public async Task Report_push_and_sweep_of_one_file_at_once_make_one_recording()
    {
        using var jibri = await platform.AddAsync();
        var files = Enumerable.Range(0, 6).Select(n => $"race{n}/{Room[..^1]}{n}.mp4").ToList();
        foreach (var file in files)
            jibri.Write(file, JibriPlatform.Video);
        await SweepToEndAsync(jibri);
        await jibri.AgeAsync(TimeSpan.FromMinutes(11));

        var answers = new System.Collections.Concurrent.ConcurrentBag<int>();
        await Task.WhenAll(files.SelectMany(file => (Task[])[ReportAsync(file), ReportAsync(file), PushAsync(file), PushAsync(file)]).Append(jibri.SweepAsync()));
        foreach (var file in files)
            Assert.Equal(JibriPlatform.Video, await jibri.DownloadAsync(await jibri.TakenAsync(file)));
        Assert.Equal(["6"], await jibri.AskAsync("select count(*) from recordings where source_id = '{source}'"));
        Assert.Equal(["6"], await jibri.AskAsync("select count(*) from conversations where source_id = '{source}'"));
        await jibri.UntilIsAsync("6", "select count(*) from expectations where source_id = '{source}' and state = 'received'");
        Assert.Equal(["6"], await jibri.AskAsync("select count(*) from objects o join recordings r on r.id = o.recording_id where r.source_id = '{source}' and o.role = 'original' and o.state = 'published'"));
        // 503 says that the report came in between, and to send again.
        Assert.All(answers, status => Assert.Contains(status, (int[])[200, 201, 503]));

        async Task ReportAsync(string file)
        {
            using var answer = await jibri.SendReportAsync(file, JibriPlatform.Video.Length);
            answers.Add((int)answer.StatusCode);
        }

        async Task PushAsync(string file)
        {
            using var answer = await jibri.PushAsync(file, JibriPlatform.Video);
            answers.Add((int)answer.StatusCode);
        }
    }

    // What people see: a recording that is kept and damaged, and missing all the same; both say why.
    async Task IsEmptyAsync(JibriSource jibri, Guid id)
    {
        const string why = "The file has no byte: nothing was recorded.";
        var details = await platform.Platform.WaitForAsync(platform.Admin, id, "damaged");
        Assert.Equal(why, details.GetProperty("state_reason").GetString());
        Assert.Empty(await jibri.DownloadAsync(id));
        Assert.Equal([$"absent {why}"], await jibri.AskAsync($"select state || ' ' || absent_reason from expectations where source_id = '{{source}}' and recording_id = '{id}' and look_at is null"));
        Assert.Equal(["empty"], await jibri.AskAsync("select state from spool_files where source_id = '{source}'"));
    }

    static async Task SweepToEndAsync(JibriSource jibri)
    {
        await jibri.SweepAsync();
        await jibri.UntilIsAsync("0", "select count(*) from jobs where kind = 'jibri.sweep_source' and arguments->>'source_id' = '{source}' and state in ('queued', 'running')");
    }

    /// <summary>The tables that hold the text in any column, as text or as bytes, and the files of the store that do.</summary>
    async Task<List<string>> HoldingAsync(string text)
    {
        var found = new List<string>();
        foreach (var table in await platform.Platform.QueryAsync("select table_name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'"))
        {
            if (await platform.Platform.QueryAsync($"select 1 from {table} t where t::text like '%{text}%' or t::text like '%{Convert.ToHexStringLower(Encoding.UTF8.GetBytes(text))}%' limit 1") is not [])
                found.Add(table);
        }
        found.AddRange(Directory.EnumerateFiles(platform.Platform.StoreFolder, "*", SearchOption.AllDirectories).Where(file => !file.EndsWith(".lock", StringComparison.Ordinal) && File.ReadAllBytes(file).AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) >= 0));
        if (platform.Platform.Api.Said.Contains(text, StringComparison.Ordinal) || platform.Platform.Worker.Said.Contains(text, StringComparison.Ordinal))
            found.Add("the log");
        return found;
    }
}
