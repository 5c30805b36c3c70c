using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.FreePbx;

public sealed class SweepTests(PbxPlatform platform) : IClassFixture<PbxPlatform>
{
    static readonly TimeSpan Old = TimeSpan.FromMinutes(11);

    [Theory]
    [InlineData("in", "inbound")]
    [InlineData("out", "outbound")]
    [InlineData("internal", "internal")]
    [InlineData("q", "none")]
    public async Task A_recording_that_nobody_reported_is_a_call_of_its_own_whose_parties_a_later_report_fills_in(string type, string direction)
    {
        await using var pbx = await platform.MountAsync("Asia/Kathmandu");
        var call = Pbx.NewCall(DateTimeOffset.UtcNow.AddDays(-1));
        var sound = Sound.Wave(2);
        pbx.Write(pbx.NameOf(call, type: type), sound, Old);
        await pbx.SweepAsync();
        var id = await pbx.TakenAsync(call);
        Assert.Equal(sound, await pbx.DownloadAsync(id));
        Assert.Equal([$"call {direction} {call.StartedAt.ToUnixTimeSeconds()}"],
            await pbx.AskAsync("select concat_ws(' ', kind, direction, extract(epoch from started_at)::bigint, caller_phone, receiver_phone) from conversations where source_id = '{source}'"));
        Assert.Equal("received", await pbx.ExpectedAsync(call, "state"));
        Assert.Equal(["0"], await pbx.AskAsync("select count(*) from participants p join conversations c on c.id = p.conversation_id where c.source_id = '{source}'"));

        await pbx.ReportAsync(call, "call_ended", call.StartedAt.AddSeconds(2));
        await pbx.UntilAsync(async () => await pbx.AskAsync("select concat_ws(' ', caller_phone, receiver_phone) from conversations where source_id = '{source}'") is ["+442079460131 201"], "the parties are filled in");
        await pbx.SweepAsync();
        await pbx.UntilAsync(async () => await pbx.AskAsync("select 1 from jobs where unique_key = 'sweep:{source}' and state = 'done' having count(*) >= 2") is [_], "it was swept again");
        Assert.Equal([$"{id}"], await pbx.RecordingsAsync(call.UniqueId));
        Assert.Equal(["received"], await pbx.AskAsync("select state from expectations where source_id = '{source}'"));
    }

    [Fact]
    public async Task What_may_still_grow_is_no_recording_or_is_older_than_the_sweep_goes_back_is_left()
    {
        await using var pbx = await platform.MountAsync();
        var (young, ancient, found) = (Pbx.NewCall(), Pbx.NewCall(DateTimeOffset.UtcNow.AddDays(-6)), Pbx.NewCall());
        pbx.Write(pbx.NameOf(young), Sound.Wave(1));
        pbx.Write(pbx.NameOf(ancient), Sound.Wave(1), TimeSpan.FromDays(6));
        pbx.Write(pbx.NameOf(found), Sound.Wave(1), Old);
        pbx.Write(Path.Combine(Path.GetDirectoryName(pbx.NameOf(found))!, "notes.txt"), Sound.Wave(1), Old);
        await pbx.SweepAsync();
        await pbx.TakenAsync(found);
        Assert.Equal([found.UniqueId], await pbx.AskAsync("select external_id from conversations where source_id = '{source}'"));
    }

    [Fact]
    public async Task Seen_by_watch_and_sweep_and_report_at_once_it_is_one_recording_of_one_call()
    {
        await using var pbx = await platform.ConnectAsync(await SshServer.StartAsync());
        var calls = Enumerable.Range(0, 12).Select(_ => Pbx.NewCall()).ToList();
        foreach (var call in calls)
            pbx.Write(pbx.NameOf(call), Sound.Wave(1), Old);
        await pbx.SweepAsync();
        // Some before the sweep sees them, some while it looks twice, some after.
        foreach (var call in calls)
        {
            await pbx.ReportAsync(call, "call_ended");
            await pbx.UntilAsync(async () => await pbx.ExpectedAsync(call, "true") is not null, "the report is applied");
        }
        foreach (var call in calls)
            await pbx.TakenAsync(call);
        await pbx.UntilAsync(async () => (await pbx.AskAsync("select distinct state from expectations where source_id = '{source}'")) is ["received"], "every one is settled");
        Assert.Equal(["12 12 12 12"], await pbx.AskAsync("""
            select concat_ws(' ', (select count(*) from recordings where source_id = '{source}'), (select count(*) from conversations where source_id = '{source}'),
                (select count(*) from expectations where source_id = '{source}'), (select count(*) from spool_files where source_id = '{source}' and state = 'taken'))
            """));
    }

    [Fact]
    public async Task Of_a_call_that_is_watched_the_sweep_keeps_its_hands_off()
    {
        await using var pbx = await platform.MountAsync();
        var (watched, other) = (Pbx.NewCall(), Pbx.NewCall());
        await pbx.ReportAsync(watched, "call_ended");
        await pbx.UntilAsync(async () => await pbx.ExpectedAsync(watched, "looks > 0") == "True", "it is watched");
        // Far from its next look, so that what is seen of it the sweep has seen.
        await pbx.AskAsync("update expectations set look_at = app_now() + interval '1 hour' where source_id = '{source}' returning id");
        pbx.Write(pbx.NameOf(watched), Sound.Wave(1), Old);
        pbx.Write(pbx.NameOf(other), Sound.Wave(1), Old);
        await pbx.SweepAsync();
        await pbx.TakenAsync(other);
        Assert.Equal(["taken"], await pbx.AskAsync("select state from spool_files where source_id = '{source}'"));
    }
}
