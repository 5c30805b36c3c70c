using System.Text;
using RecordingPlatform.Core.Jibri;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Jibri;

/// <summary>The script that Jibri calls, run as Jibri runs it, against the real platform.</summary>
public sealed class FinalizeScriptTests(JibriPlatform platform) : IClassFixture<JibriPlatform>
{
    const string Room = "team_alpha_2026-11-25-09-30-00.mp4";

    const string Metadata = """
        {"meeting_url":"https://meet.example/team_alpha?jwt=hunter2-url","participants":[{"user":{"id":"9f","name":"Ada \"the\" Größte","avatar":"hunter2-avatar"},"group":"g"},"Sam",{"name":"Mira","email":"mira@example.org","token":"hunter2-token"}],
         "upload_credentials":{"service_name":"dropbox","token":"hunter2-upload","participants":["hunter2-nobody"]}}
        """;

    [Fact]
    public async Task A_finished_session_is_handed_in_without_Jibri_waiting_and_without_its_credentials()
    {
        using var jibri = await platform.AddAsync(location: "/nonexistent");
        await using var tap = new Tap(platform.Platform.Url.Port);
        using var machine = new JibriMachine(jibri, tap.Port);
        var file = machine.Record("abcd-efgh", Room, JibriPlatform.Video, Metadata);
        machine.Record("abcd-efgh", "team_alpha_2026-11-25-09-30-00.m4a", JibriPlatform.Audio);
        var gate = tap.Hold("PUT ", answer: false);
        await machine.FinalizeAsync("abcd-efgh");
        // It has returned, and the upload has not begun.
        await gate.ReachedAsync();
        Assert.Empty(await jibri.AskAsync("select id from recordings where source_id = '{source}'"));
        gate.Open();

        var id = await jibri.TakenAsync($"abcd-efgh/{Room}");
        Assert.Equal(JibriPlatform.Video, await jibri.DownloadAsync(id));
        Assert.Equal(JibriPlatform.Audio, await jibri.DownloadAsync(await jibri.TakenAsync("abcd-efgh/team_alpha_2026-11-25-09-30-00.m4a")));
        await machine.WorkOffAsync();
        Assert.Equal(["Ada \"the\" Größte|9f", "Mira|mira@example.org", "Sam|Sam"], await jibri.AskAsync("select p.display_name || '|' || p.identity from participants p join conversations c on c.id = p.conversation_id where c.source_id = '{source}' order by 1"));
        Assert.Equal(["meeting|team_alpha|2026-11-25 08:30|2"], await jibri.AskAsync(
            "select concat_ws('|', kind, meeting_id, to_char(started_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI'), (select count(*) from recordings r where r.conversation_id = c.id)) from conversations c where source_id = '{source}'"));
        Assert.Equal(["applied", "applied"], await jibri.AskAsync("select state from raw_events where source_id = '{source}'"));
        // Kept, as it is set; and nobody's credentials went anywhere, nor do names lie in the log.
        Assert.True(File.Exists(file));
        Assert.Equal(-1, tap.Sent.AsSpan().IndexOf("hunter2"u8));
        Assert.True(tap.Sent.AsSpan().IndexOf("Mira"u8) > 0);
        foreach (var left in Directory.EnumerateFiles(machine.Spool, "*", SearchOption.AllDirectories))
            Assert.DoesNotContain("hunter2", await File.ReadAllTextAsync(left), StringComparison.Ordinal);
        foreach (var name in (string[])["team_alpha", "Mira", "abcd-efgh", jibri.Key, jibri.Secret])
            Assert.DoesNotContain(name, machine.Log, StringComparison.Ordinal);

        // Jibri calls again, and nothing is sent twice.
        await machine.FinalizeAsync("abcd-efgh");
        await machine.WorkOffAsync();
        Assert.Equal(2, tap.Count("PUT "));
        Assert.Equal(["2"], await jibri.AskAsync("select count(*) from recordings where source_id = '{source}'"));
    }

    [Fact]
    public async Task A_file_without_a_byte_is_reported_by_where_the_platform_would_find_it_and_left()
    {
        // Mounted there elsewhere than here.
        using var jibri = await platform.AddAsync();
        await using var tap = new Tap(platform.Platform.Url.Port);
        using var machine = new JibriMachine(jibri, tap.Port, after: "remove");
        var file = machine.Record("abcd", Room, [], Metadata);
        for (var call = 0; call < 2; call++)
        {
            await machine.FinalizeAsync("abcd");
            await machine.WorkOffAsync();
        }
        Assert.Equal([$"team_alpha|receiving|expected|abcd/{Room}|0|3"], await jibri.AskAsync("""
            select concat_ws('|', c.meeting_id, r.state, e.state, f.path, f.reported_bytes, (select count(*) from participants p where p.conversation_id = c.id))
            from conversations c join recordings r on r.conversation_id = c.id join expectations e on e.conversation_id = c.id join spool_files f on f.conversation_id = c.id where c.source_id = '{source}'
            """));
        // Jibri called twice, and it is one event.
        Assert.Equal(["1"], await jibri.AskAsync("select count(*) from raw_events where source_id = '{source}'"));
        Assert.Equal((0, 0), (tap.Count("HEAD "), tap.Count("PUT ")));
        Assert.True(File.Exists(file));
        Assert.Contains("a file has no byte", machine.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_without_a_byte_on_a_machine_that_only_pushes_is_known_as_absent()
    {
        using var jibri = await platform.AddAsync();
        await jibri.AskAsync("update sources set media_location = null, updated_at = app_now() where id = '{source}' returning id");
        using var machine = new JibriMachine(jibri, platform.Platform.Url.Port);
        var file = machine.Record("abcd", Room, [], Metadata);
        await machine.FinalizeAsync("abcd");
        await machine.WorkOffAsync();
        Assert.Equal(["absent|absent|The file has no byte: nothing was recorded."], await jibri.AskAsync(
            "select concat_ws('|', r.state, e.state, e.absent_reason) from recordings r join expectations e on e.recording_id = r.id where r.source_id = '{source}' and e.look_at is null and r.state_reason = e.absent_reason"));

        // Should it come after all, it is the recording.
        await File.WriteAllBytesAsync(file, JibriPlatform.Video);
        await machine.FinalizeAsync("abcd");
        await machine.WorkOffAsync();
        Assert.Equal(JibriPlatform.Video, await jibri.DownloadAsync(await jibri.TakenAsync($"abcd/{Room}")));
        Assert.Equal(["received"], await jibri.AskAsync("select state from expectations where source_id = '{source}'"));
    }

    [Fact]
    public async Task A_platform_that_is_away_gets_the_recording_when_it_is_back()
    {
        using var jibri = await platform.AddAsync();
        var port = Ports.Free();
        using var machine = new JibriMachine(jibri, port, after: "remove");
        var file = machine.Record("abcd", Room, JibriPlatform.Video);
        await machine.FinalizeAsync("abcd");
        await Until.TrueAsync(() => Task.FromResult(machine.Log.Contains("answered 000", StringComparison.Ordinal)), TimeSpan.FromSeconds(60), "it was tried");
        await machine.RunAsync("--spool");
        Assert.True(File.Exists(file));
        Assert.False(machine.IsWorkedOff);

        await using var tap = new Tap(platform.Platform.Url.Port, port);
        await machine.WorkOffAsync();
        Assert.Equal(JibriPlatform.Video, await jibri.DownloadAsync(await jibri.TakenAsync($"abcd/{Room}")));
        Assert.False(Directory.Exists(machine.Session("abcd")));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(machine.Spool, "state")));
    }

    [Theory]
    [InlineData("HEAD ", false)]
    [InlineData("HEAD ", true)]
    [InlineData("PUT ", false)]
    [InlineData("PUT ", true)]
    [InlineData("POST ", false)]
    [InlineData("POST ", true)]
    public async Task Killed_before_or_after_any_request_it_hands_in_once_and_removes_only_what_was_confirmed(string request, bool afterwards)
    {
        using var jibri = await platform.AddAsync();
        await using var tap = new Tap(platform.Platform.Url.Port);
        using var machine = new JibriMachine(jibri, tap.Port, after: "remove");
        var file = machine.Record("abcd", Room, JibriPlatform.Video, Metadata);
        var gate = tap.Hold(request, afterwards);
        // In the foreground, where the kill finds it.
        await NoteAsync(machine, "abcd");
        using (var running = machine.Start("--spool"))
        {
            await gate.ReachedAsync();
            await JibriMachine.KillAsync(running);
        }
        Assert.Equal(JibriPlatform.Video, await File.ReadAllBytesAsync(file));
        gate.Open();
        await machine.WorkOffAsync();

        Assert.Equal(JibriPlatform.Video, await jibri.DownloadAsync(await jibri.TakenAsync($"abcd/{Room}")));
        Assert.Equal(["1 1 3"], await jibri.AskAsync("select (select count(*) from recordings where source_id = '{source}') || ' ' || (select count(*) from raw_events where source_id = '{source}') || ' ' || (select count(*) from participants p join conversations c on c.id = p.conversation_id where c.source_id = '{source}')"));
        Assert.False(Directory.Exists(machine.Session("abcd")));
    }

    [Fact]
    public async Task Killed_while_it_removes_it_cleans_up_the_next_time()
    {
        using var jibri = await platform.AddAsync();
        await using var tap = new Tap(platform.Platform.Url.Port);
        using var machine = new JibriMachine(jibri, tap.Port, after: "remove");
        var file = machine.Record("abcd", Room, JibriPlatform.Video, Metadata);
        await NoteAsync(machine, "abcd");
        await Until.TrueAsync(async () =>
        {
            using var running = machine.Start("--spool");
            await Until.TrueAsync(() => Task.FromResult(!File.Exists(file) || running.HasExited), TimeSpan.FromSeconds(60), "the file is removed, or the run has ended");
            await JibriMachine.KillAsync(running);
            return !File.Exists(file);
        }, TimeSpan.FromSeconds(120), "the file is removed");
        await jibri.TakenAsync($"abcd/{Room}");
        await machine.WorkOffAsync();
        Assert.False(Directory.Exists(machine.Session("abcd")));
        Assert.Equal(1, tap.Count("PUT "));
    }

    [Theory]
    [InlineData("sha256", "HEAD")]
    [InlineData("size", "HEAD")]
    [InlineData("sha256", "PUT")]
    [InlineData("size", "PUT")]
    [InlineData("nothing", "PUT")]
    public async Task What_is_confirmed_with_another_hash_or_length_is_never_removed_nor_reported(string wrong, string where)
    {
        using var jibri = await platform.AddAsync();
        await using var impostor = new Impostor(JibriPlatform.Video, wrong, where);
        using var machine = new JibriMachine(jibri, impostor.Port, after: "remove");
        var file = machine.Record("abcd", Room, JibriPlatform.Video);
        await NoteAsync(machine, "abcd");
        for (var run = 0; run < 3; run++)
            await machine.RunAsync("--spool");
        Assert.Equal(JibriPlatform.Video, await File.ReadAllBytesAsync(file));
        Assert.False(machine.IsWorkedOff);
        Assert.Contains("another file", machine.Log, StringComparison.Ordinal);
        Assert.Equal(0, impostor.Reports);
        Assert.True(impostor.Requests > 0);
    }

    [Theory]
    [InlineData("-rf . $(touch pwned) `touch pwned`_2026-11-25-09-30-00.mp4")]
    [InlineData("it's \"quoted\" \\ back\\slash %41%00 #?&;*_2026-11-25-09-30-00.mp4")]
    [InlineData("two\nlines\tand a tab\u001b[31m_2026-11-25-09-30-00.mp4")]
    [InlineData("Größe 漢字 🎧 {a,b} [1-3]_2026-11-25-09-30-00.mp4")]
    [InlineData(" leading and trailing _2026-11-25-09-30-00.mp4")]
    public async Task A_room_may_be_called_anything(string name)
    {
        using var jibri = await platform.AddAsync();
        await using var tap = new Tap(platform.Platform.Url.Port);
        using var machine = new JibriMachine(jibri, tap.Port, after: "remove");
        machine.Record("a session", name, JibriPlatform.Video);
        await machine.FinalizeAsync("a session");
        await machine.WorkOffAsync();
        var id = await jibri.TakenAsync(MediaPath.ExternalIdOf($"a session/{name}"));
        Assert.Equal(JibriPlatform.Video, await jibri.DownloadAsync(id));
        Assert.Equal([$"1 {RecordingName.Read(MediaPath.Visible(name)).MeetingId}"], await jibri.AskAsync(
            "select count(*) || ' ' || min(meeting_id) from conversations where source_id = '{source}'"));
        Assert.Equal(["1"], await jibri.AskAsync("select count(*) from recordings where source_id = '{source}'"));
        Assert.False(Directory.Exists(machine.Session("a session")));
        Assert.False(File.Exists(Path.Combine(machine.Spool, "..", "pwned")));
        Assert.False(File.Exists(machine.Session("pwned")));
    }

    [Fact]
    public async Task It_says_what_is_wrong_with_the_machine_or_its_settings()
    {
        using var jibri = await platform.AddAsync();
        using var machine = new JibriMachine(jibri, platform.Platform.Url.Port);
        var (code, said) = await machine.RunAsync("--check");
        Assert.True(code == 0, said);
        Assert.Contains("takes the key", said, StringComparison.Ordinal);
        await jibri.AskAsync("update api_keys set revoked_at = app_now() where scopes = array['ingest:jibri-{source}'] returning id");
        (code, said) = await machine.RunAsync("--check");
        Assert.True(code == 1 && said.Contains("answered 401", StringComparison.Ordinal), said);
        Assert.NotEqual(0, (await machine.RunAsync(machine.Session("never"))).Code);
        Assert.NotEqual(0, (await machine.RunAsync()).Code);
    }

    [Fact]
    public async Task Its_text_is_plain_sh()
    {
        var script = Path.Combine(JibriPlatform.Root(), "scripts", "jibri-finalize.sh");
        await Run.ToEndAsync("dash", "-n", script);
        await Run.ToEndAsync("shellcheck", "--shell=sh", script);
    }

    // What the script leaves in its spool when Jibri calls it, without the run that begins at once.
    static async Task NoteAsync(JibriMachine machine, string session)
    {
        Directory.CreateDirectory(Path.Combine(machine.Spool, "jobs"));
        Directory.CreateDirectory(Path.Combine(machine.Spool, "state"));
        var id = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(machine.Session(session))));
        await File.WriteAllTextAsync(Path.Combine(machine.Spool, "jobs", id), machine.Session(session));
    }
}
