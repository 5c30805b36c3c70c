using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using RecordingPlatform.Tests.Fixtures;
using RecordingPlatform.Tests.Media;

namespace RecordingPlatform.Tests.FreePbx;

/// <summary>From a report of a call to its sealed recording, over SFTP and from a mount.</summary>
public sealed class RetrievalTests(PbxPlatform platform, Studio studio) : IClassFixture<PbxPlatform>
{
    [Fact]
    public async Task A_file_is_taken_when_it_has_stopped_growing_and_its_call_is_not_late_meanwhile()
    {
        await using var pbx = await platform.ConnectAsync(await SshServer.StartAsync());
        var call = Pbx.NewCall();
        await pbx.ReportAsync(call, "call_started");
        await pbx.UntilAsync(async () => await pbx.ExpectedAsync(call, "looks > 0") == "True", "it is looked for");
        await pbx.AskAsync("update expectations set state = 'late', late_at = app_now(), due_at = app_now() - interval '1 hour' where source_id = '{source}' returning id");

        var sound = Sound.Tone(6);
        await using (var file = new FileStream(pbx.At(pbx.NameOf(call)), FileMode.CreateNew, FileAccess.Write, FileShare.Read))
        {
            await file.WriteAsync(WaveHeader.Of(0, Sound.Rate));
            for (var at = 0; at < sound.Length; at += sound.Length / 6)
            {
                await file.WriteAsync(sound.AsMemory(at, sound.Length / 6));
                await file.FlushAsync();
                await pbx.UntilAsync(async () => (await pbx.AskAsync("select size_bytes from spool_files where source_id = '{source}' and state = 'seen'")) is [var seen] && seen == $"{file.Length}", "the longer file is seen");
            }
            Assert.Equal("expected True", await pbx.ExpectedAsync(call, "concat(state, ' ', case when due_at > app_now() + interval '9 minutes' and late_at is null then 'True' end)"));
            file.Position = 0;
            await file.WriteAsync(WaveHeader.Of(sound.Length, Sound.Rate));
        }
        Assert.Empty(await pbx.RecordingsAsync(call.UniqueId));
        await pbx.ReportAsync(call, "call_ended");

        var id = await pbx.TakenAsync(call);
        Assert.Equal((byte[])[.. WaveHeader.Of(sound.Length, Sound.Rate), .. sound], await pbx.DownloadAsync(id));
        Assert.Equal("received", await pbx.ExpectedAsync(call, "state"));
        Assert.Equal("True", await pbx.ExpectedAsync(call, $"e.recording_id = '{id}' and look_at is null"));
        await platform.Platform.WaitForAsync(platform.Admin, id, "ready");
        Assert.Equal([$"taken {id}"], await pbx.AskAsync("select concat(state, ' ', recording_id) from spool_files where source_id = '{source}'"));
    }

    [Theory]
    [InlineData("wav")]
    [InlineData("ulaw")]
    [InlineData("mp3")]
    public async Task While_nobody_said_that_the_call_ended_a_file_of_any_format_has_to_stand_still_for_a_minute(string extension)
    {
        await using var pbx = await platform.MountAsync();
        var call = Pbx.NewCall();
        // Closed as far as anybody can tell, as that of a call on hold.
        var sound = Sound.Wave(2);
        pbx.Write(pbx.NameOf(call, extension), sound);
        await pbx.ReportAsync(call, "call_started");
        await StoodAsync(15);
        await pbx.UntilAsync(async () => await pbx.AskAsync("select 1 from spool_files where source_id = '{source}' and (still_looks >= 3 or state <> 'seen')") is [_], "it is looked at again and again");
        Assert.Equal(["seen"], await pbx.AskAsync("select state from spool_files where source_id = '{source}'"));

        await StoodAsync(60);
        Assert.Equal(sound, await pbx.DownloadAsync(await pbx.TakenAsync(call)));
        Assert.Equal("received", await pbx.ExpectedAsync(call, "state"));

        // As if it had not moved for so long.
        Task StoodAsync(int seconds) => pbx.UntilAsync(
            async () => await pbx.AskAsync($"update spool_files set still_since = app_now() - interval '{seconds} seconds', still_looks = 1 where source_id = '{{source}}' returning id") is [_], "it is seen");
    }

    [Fact]
    public async Task The_end_of_a_call_begins_the_looks_anew_while_its_file_is_missing()
    {
        await using var pbx = await platform.MountAsync();
        var call = Pbx.NewCall();
        await pbx.ReportAsync(call, "call_started");
        await pbx.UntilAsync(async () => await pbx.ExpectedAsync(call, "looks > 0") == "True", "it is looked for");
        // As after hours of a long call.
        await pbx.AskAsync("update expectations set look_from = app_now() - interval '5 hours', look_at = app_now() + interval '1 hour' where source_id = '{source}' returning id");
        var sound = Sound.Wave(2);
        pbx.Write(pbx.NameOf(call), sound);
        await pbx.ReportAsync(call, "call_ended");
        Assert.Equal(sound, await pbx.DownloadAsync(await pbx.TakenAsync(call)));
        Assert.Equal("received", await pbx.ExpectedAsync(call, "state"));
    }

    [Fact]
    public async Task The_file_of_a_second_leg_is_looked_for_from_its_end_on_though_the_first_was_received()
    {
        await using var pbx = await platform.MountAsync();
        var call = Pbx.NewCall();
        var leg = Pbx.NewCall() with { LinkedId = call.UniqueId };
        pbx.Write(pbx.NameOf(call), Sound.Wave(1));
        await pbx.ReportAsync(call, "call_ended");
        var first = await pbx.TakenAsync(call);
        const string Received = "concat_ws(' ', state, e.recording_id, received_at, late_at, last_problem)";
        var received = await pbx.ExpectedAsync(call, Received);
        Assert.StartsWith($"received {first} ", received, StringComparison.Ordinal);
        var looks = await pbx.ExpectedAsync(call, "looks");

        await pbx.ReportAsync(leg, "call_ended");
        await pbx.UntilAsync(async () => await pbx.ExpectedAsync(call, $"look_at is not null and looks > {looks} + 1") == "True", "it is looked for again and again");
        Assert.Equal(received, await pbx.ExpectedAsync(call, Received));
        pbx.Write(pbx.NameOf(leg), Sound.Wave(2));
        await pbx.UntilAsync(async () => await pbx.RecordingsAsync(call.UniqueId) is [_, _], "the second leg is taken in");
        Assert.Equal(received, await pbx.ExpectedAsync(call, Received));

        // It is looked for no longer than usual, and nobody is told that a recording is missing.
        await pbx.AskAsync("update expectations set look_at = app_now(), look_until = app_now() where source_id = '{source}' and look_at is not null returning id");
        await pbx.HurryAsync("source.watch");
        await pbx.UntilAsync(async () => await pbx.ExpectedAsync(call, "look_at is null") == "True", "nobody looks any more");
        Assert.Equal(received, await pbx.ExpectedAsync(call, Received));
    }

    [Fact]
    public async Task Of_a_file_that_went_on_after_it_was_taken_people_are_told_once()
    {
        await using var pbx = await platform.MountAsync();
        var call = Pbx.NewCall();
        var path = pbx.Write(pbx.NameOf(call), Sound.Wave(2));
        await pbx.ReportAsync(call, "call_ended");
        var id = await pbx.TakenAsync(call);
        Assert.Equal("received ", await pbx.ExpectedAsync(call, "concat(state, ' ', last_problem)"));
        var told = await ToldAsync();
        await File.AppendAllBytesAsync(path, Sound.Tone(1));
        for (var sweeps = 1; sweeps <= 2; sweeps++)
        {
            await pbx.SweepAsync();
            await pbx.UntilAsync(async () => await pbx.AskAsync($"select 1 from jobs where unique_key = 'sweep:{{source}}' and state = 'done' having count(*) >= {sweeps}") is [_], "it was swept");
        }
        Assert.Equal("received True", await pbx.ExpectedAsync(call, "concat(state, ' ', case when last_problem like '%lacks its end%upload it%' then 'True' end)"));
        Assert.Equal(told + 1, await ToldAsync());
        await pbx.UntilAsync(() => Task.FromResult(Lines() == 1), "the log says so");

        async Task<int> ToldAsync() => (await pbx.AskAsync($"""
            select data->>'state' from events where kind = 'expectation.changed' and conversation_id = (select conversation_id from recordings where id = '{id}') and data->>'state' = 'received'
            """)).Count;
        int Lines() => platform.Platform.Worker.Said.Split($"went on after it was taken in as recording {id}").Length - 1;
    }

    [Fact]
    public async Task Of_a_full_folder_only_what_bears_the_calls_name_is_read_and_never_through_a_link()
    {
        await using var pbx = await platform.ConnectAsync(await SshServer.StartAsync());
        var (call, lured) = (Pbx.NewCall(), Pbx.NewCall());
        for (var n = Scale.Of(10_000); n > 0; n--)
            pbx.Write(pbx.NameOf(call, uniqueId: $"1700000000.{n}"), []);
        var folder = Path.GetDirectoryName(pbx.NameOf(call))!;
        foreach (var name in (string[])["\u202Egnp.wav", "new\nline.wav", ".hidden.wav", "-rf", "$(reboot).wav", $"in-1-2-20261125-101010-{call.UniqueId}.wav.tmp", $"in-1-2-20261399-101010-{call.UniqueId}.wav", new string('x', 255)])
            pbx.Write($"{folder}/{name}", "no recording"u8.ToArray());
        File.CreateSymbolicLink(pbx.At(pbx.NameOf(lured)), "/etc/passwd");
        var sound = Sound.Wave(2);
        pbx.Write(pbx.NameOf(call), sound);

        foreach (var one in (PbxCall[])[call, lured])
            await pbx.ReportAsync(one, "call_ended");
        Assert.Equal(sound, await pbx.DownloadAsync(await pbx.TakenAsync(call)));
        await pbx.UntilAsync(async () => (await pbx.ExpectedAsync(lured, "last_problem"))?.Contains("link", StringComparison.Ordinal) == true, "people are told of the link");
        Assert.Empty(await pbx.RecordingsAsync(lured.UniqueId));
        Assert.Equal(["refused", "taken"], await pbx.AskAsync("select state from spool_files where source_id = '{source}' order by 1"));
    }

    [Theory]
    [InlineData("WAV", "-c:a libgsm_ms -ar 8000 -f wav", "ready", "wav")]
    [InlineData("ulaw", "-c:a pcm_mulaw -ar 8000 -f mulaw", "ready", "ulaw")]
    [InlineData("sln16", "-c:a pcm_s16le -ar 16000 -f s16le", "ready", "sln16")]
    [InlineData("gsm", "-c:a libgsm -ar 8000 -f gsm", "ready", "gsm")]
    [InlineData("mp3", "-ar 8000 -f mp3", "ready", "mp3")]
    public async Task Every_format_of_a_PBX_becomes_playable(string extension, string arguments, string state, string container)
    {
        var made = await File.ReadAllBytesAsync(await studio.MakeSpeechAsync($"call.{extension}", ["-ac", "1", "-t", "3", .. arguments.Split(' ')]));
        await TakesAsync(extension, made, state, container);
    }

    [Fact]
    public async Task What_is_cut_short_or_no_media_is_kept_and_damaged()
    {
        var sound = Sound.Wave(4);
        await TakesAsync("wav", sound[..(sound.Length / 2)], "damaged", "wav");
        await TakesAsync("wav", [.. Enumerable.Repeat("<html>no recording</html>"u8.ToArray(), 20).SelectMany(line => line)], "damaged", "");
    }

    async Task TakesAsync(string extension, byte[] content, string state, string container)
    {
        await using var pbx = await platform.MountAsync();
        var call = Pbx.NewCall();
        pbx.Write(pbx.NameOf(call, extension), content);
        await pbx.ReportAsync(call, "call_ended");
        var id = await pbx.TakenAsync(call);
        await platform.Platform.WaitForAsync(platform.Admin, id, state);
        Assert.Equal(content, await pbx.DownloadAsync(id));
        Assert.Equal([container], await pbx.AskAsync($"select container from recordings where id = '{id}'"));
        Assert.Equal("received", await pbx.ExpectedAsync(call, "state"));
    }

    [Fact]
    public async Task A_header_alone_or_nothing_at_all_is_not_there_yet_and_in_the_end_is_kept_as_empty()
    {
        await using var pbx = await platform.MountAsync();
        var (header, nothing) = (Pbx.NewCall(), Pbx.NewCall());
        pbx.Write(pbx.NameOf(header), WaveHeader.Of(0, Sound.Rate));
        pbx.Write(pbx.NameOf(nothing), []);
        foreach (var call in (PbxCall[])[header, nothing])
        {
            await pbx.ReportAsync(call, "call_ended");
            await pbx.UntilAsync(async () => await pbx.ExpectedAsync(call, "looks > 5") == "True", "it is looked for again and again");
            Assert.Equal("expected", await pbx.ExpectedAsync(call, "state"));
        }
        Assert.Equal(["seen", "seen"], await pbx.AskAsync("select state from spool_files where source_id = '{source}'"));
        await pbx.AskAsync("update expectations set look_until = app_now() where source_id = '{source}' returning id");
        foreach (var (call, bytes) in ((PbxCall, int)[])[(header, 44), (nothing, 0)])
        {
            var id = await pbx.TakenAsync(call);
            Assert.Equal(bytes, (await pbx.DownloadAsync(id)).Length);
            Assert.Equal(["damaged"], await pbx.AskAsync($"select state from recordings where id = '{id}'"));
            Assert.Equal("absent True", await pbx.ExpectedAsync(call, "concat(state, ' ', case when absent_reason like '%nothing was recorded%' and look_at is null then 'True' end)"));
        }
        Assert.Equal(["empty", "empty"], await pbx.AskAsync("select state from spool_files where source_id = '{source}'"));
    }

    [Fact]
    public async Task A_recording_that_never_comes_is_given_up_with_a_word_and_taken_when_it_comes_late_after_all()
    {
        await using var pbx = await platform.MountAsync();
        var call = Pbx.NewCall();
        await pbx.ReportAsync(call, "call_ended");
        await pbx.UntilAsync(async () => await pbx.ExpectedAsync(call, "looks > 0") == "True", "it is looked for");
        await pbx.AskAsync("update expectations set state = 'late', late_at = app_now(), look_until = app_now() where source_id = '{source}' returning id");
        await pbx.UntilAsync(async () => await pbx.ExpectedAsync(call, "look_at is null and last_problem like 'No recording of this call appeared%' and state = 'late'") == "True", "it is given up");
        await pbx.UntilAsync(() => Task.FromResult(platform.Platform.Worker.Said.Contains($"1 calls of source {pbx.Id} are not looked for any more", StringComparison.Ordinal)), "the log says so");

        var sound = Sound.Wave(2);
        pbx.Write(pbx.NameOf(call), sound, age: TimeSpan.FromMinutes(11));
        await pbx.SweepAsync();
        Assert.Equal(sound, await pbx.DownloadAsync(await pbx.TakenAsync(call)));
        Assert.Equal("received", await pbx.ExpectedAsync(call, "state"));
    }

    [Fact]
    public async Task A_PBX_that_shows_another_host_key_is_left_alone_until_its_key_is_pinned_anew()
    {
        var server = await SshServer.StartAsync();
        var other = string.Join(' ', (await File.ReadAllTextAsync(server.KeyFile + ".pub")).Split(' ')[..2]);
        await using var pbx = await platform.ConnectAsync(server, pin: other);
        var call = Pbx.NewCall();
        var sound = Sound.Wave(2);
        pbx.Write(pbx.NameOf(call), sound);
        await pbx.ReportAsync(call, "call_ended");
        await pbx.UntilAsync(async () => await pbx.AskAsync("select reason from retrieval_stops where source_id = '{source}'") is [var reason] && reason.Contains("another host key", StringComparison.Ordinal), "it is stopped");
        Assert.Contains("another host key", await pbx.ExpectedAsync(call, "last_problem"), StringComparison.Ordinal);
        Assert.Contains("another host key", (await StopAsync()).GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Equal("expected", await pbx.ExpectedAsync(call, "state"));
        Assert.Equal(["stopped"], await pbx.AskAsync("select data->>'retrieval' from events where kind = 'source.changed' and data->>'source_id' = '{source}'"));
        await pbx.UntilAsync(() => Task.FromResult(platform.Platform.Worker.Said.Contains($"The PBX of source {pbx.Id} shows another host key", StringComparison.Ordinal)), "the log says so");

        // Neither another call nor time makes it ask again.
        var asked = Connections();
        for (var n = 0; n < 2; n++)
        {
            var runs = long.Parse((await pbx.AskAsync("select coalesce(sum(fence), 0)::bigint from jobs where unique_key = 'watch:{source}'"))[0], CultureInfo.InvariantCulture);
            await pbx.ReportAsync(Pbx.NewCall(), "call_ended");
            await pbx.UntilAsync(async () => await pbx.AskAsync($"select 1 from jobs where unique_key = 'watch:{{source}}' and state = 'queued' and waiting_for = 'HostKeyChanged' having sum(fence) > {runs}") is [_], "another look was put off");
        }
        Assert.Equal(asked, Connections());

        await pbx.UntilAsync(async () => (await platform.Platform.Anonymous.GetStringAsync("metrics")).Contains("\nrecording_sources_stopped 1\n", StringComparison.Ordinal), "whoever watches the metrics is told");

        await pbx.PinAsync(server.HostKey);
        await pbx.HurryAsync("source.watch");
        Assert.Equal(sound, await pbx.DownloadAsync(await pbx.TakenAsync(call)));
        Assert.Empty(await pbx.AskAsync("select 1 from retrieval_stops where source_id = '{source}'"));
        Assert.Equal(JsonValueKind.Null, (await StopAsync()).ValueKind);

        async Task<JsonElement> StopAsync() => (await Platform.ReadAsync(await platform.Admin.GetAsync($"api/v1/sources/{pbx.Id}"), 200)).GetProperty("retrieval_stopped");
        int Connections() => server.Said.Split("Connection from").Length;
    }

    [Fact]
    public async Task What_may_not_be_read_says_so_and_is_taken_once_it_may()
    {
        Assert.SkipUnless(Environment.UserName == "root", "Only root can have files that the PBX's account may not read.");
        await using var pbx = await platform.ConnectAsync(await SshServer.StartAsync());
        var call = Pbx.NewCall();
        var sound = Sound.Wave(2);
        var path = pbx.Write(pbx.NameOf(call), sound);
        File.SetUnixFileMode(path, UnixFileMode.UserRead);
        await pbx.ReportAsync(call, "call_ended");
        await pbx.UntilAsync(async () => (await pbx.ExpectedAsync(call, "last_problem"))?.Contains("setfacl", StringComparison.Ordinal) == true, "people are told what to do");
        await pbx.UntilAsync(async () => await pbx.AskAsync("select 1 from jobs where kind = 'spool.fetch' and state = 'queued' and waiting_for = 'SpoolUnreadable' and failures = 0") is [_], "it waits without a failure");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        await pbx.HurryAsync("spool.fetch");
        Assert.Equal(sound, await pbx.DownloadAsync(await pbx.TakenAsync(call)));
    }

    [Fact]
    public async Task A_connection_that_breaks_in_the_middle_of_a_file_is_taken_up_where_it_broke()
    {
        var server = await SshServer.StartAsync();
        await using var cable = new Cable(server.Port);
        await using var pbx = await platform.ConnectAsync(server, cable.Port);
        var call = Pbx.NewCall();
        var content = RandomNumberGenerator.GetBytes(12 << 20);
        WaveHeader.Of(content.Length - WaveHeader.Length, 48_000, 2).CopyTo(content, 0);
        pbx.Write(pbx.NameOf(call), content);
        // After the session and its looks, in the middle of the bytes.
        cable.After(6 << 20, () =>
        {
            cable.Break();
            cable.Mend();
        });
        await pbx.ReportAsync(call, "call_ended");
        var id = await pbx.TakenAsync(call);
        Assert.Equal([Convert.ToHexStringLower(SHA256.HashData(content))], await pbx.AskAsync($"select encode(content_sha256, 'hex') from recordings where id = '{id}'"));
        Assert.True(cable.Made >= 2, $"{cable.Made} connections");
        // Within one run of the job.
        Assert.Equal(["done 0 1"], await pbx.AskAsync("select concat_ws(' ', state, failures, fence) from jobs where unique_key like 'fetch:{source}:%' and state <> 'cancelled'"));
    }

    [Theory]
    [InlineData("Europe/Berlin")]
    [InlineData("Pacific/Kiritimati")]
    [InlineData("America/Los_Angeles")]
    public async Task A_call_over_midnight_is_found_where_it_began_by_the_PBXs_own_clock(string zone)
    {
        await using var pbx = await platform.MountAsync(zone);
        var local = TimeZoneInfo.FindSystemTimeZoneById(zone);
        var midnight = TimeZoneInfo.ConvertTime(DateTimeOffset.UtcNow, local).Date;
        var began = new DateTimeOffset(midnight.AddMinutes(-20), local.GetUtcOffset(midnight.AddMinutes(-20)));
        // The PBX's clock is ahead of the reporter's: its file already lies in the next day.
        var (over, ahead) = (Pbx.NewCall(began), Pbx.NewCall(began.AddMinutes(15)));
        pbx.Write(pbx.NameOf(over), Sound.Wave(1));
        pbx.Write(pbx.NameOf(ahead with { StartedAt = began.AddMinutes(22) }), Sound.Wave(1));
        Assert.Equal(2, Directory.GetFiles(pbx.Spool, "*.wav", SearchOption.AllDirectories).Select(Path.GetDirectoryName).Distinct().Count());
        await pbx.ReportAsync(over, "call_ended", began.AddMinutes(45));
        await pbx.ReportAsync(ahead, "call_ended", ahead.StartedAt.AddMinutes(2));
        var recorded = (await pbx.AskAsync($"select extract(epoch from recorded_at)::bigint from recordings where id = '{await pbx.TakenAsync(over)}'"))[0];
        Assert.Equal($"{began.ToUnixTimeSeconds()}", recorded);
        await pbx.TakenAsync(ahead);
    }

    [Fact]
    public async Task A_file_is_of_the_call_whose_linked_id_its_channel_bears()
    {
        await using var pbx = await platform.MountAsync();
        var call = Pbx.NewCall();
        var leg = Pbx.NewCall() with { LinkedId = call.UniqueId };
        var sound = Sound.Wave(1);
        pbx.Write(pbx.NameOf(call), sound);
        await pbx.ReportAsync(leg, "call_ended");
        Assert.Equal(sound, await pbx.DownloadAsync(await pbx.TakenAsync(call)));
        Assert.Equal("received", await pbx.ExpectedAsync(leg, "state"));
    }
}
