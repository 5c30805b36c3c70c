using RecordingPlatform.Tests.Faults;

namespace RecordingPlatform.Tests.Jibri;

public sealed class KilledFetchTests(JibriPlatform platform) : IClassFixture<JibriPlatform>
{
    [Fact]
    public async Task A_worker_that_is_killed_while_it_reads_and_while_it_publishes_leaves_one_recording()
    {
        using var jibri = await platform.AddAsync();
        const string path = "abcd/team_2026-11-25-09-30-00.mp4";
        // Long enough that the kill falls into the reading: behind the media's own boxes players skip what is free.
        var media = (byte[])[.. JibriPlatform.Video, .. new byte[64 << 20]];
        jibri.Write(path, media);
        await platform.Platform.Workers[0].KillAsync();
        var id = await jibri.ReportAsync(path, media.Length);

        await platform.Platform.Workers[0].StartAsync();
        await jibri.UntilAsync(async () => await platform.Platform.QueryAsync($"select id from objects where owner_id = '{id}' and state = 'writing'") is not [], "it is being read");
        await platform.Platform.Workers[0].KillAsync();
        Assert.Equal(["receiving"], await jibri.AskAsync("select state from recordings where source_id = '{source}'"));
        await DueAsync();
        await using (var held = await HeldLock.TakeAsync(platform.Platform, $"select 1 from conversations c join recordings r on r.conversation_id = c.id where r.id = '{id}' for update of c"))
        {
            await platform.Platform.Workers[0].StartAsync();
            await held.StopsAsync("from conversations");
            await platform.Platform.Workers[0].KillAsync();
        }
        Assert.Equal(["receiving"], await jibri.AskAsync("select state from recordings where source_id = '{source}'"));
        await DueAsync();
        await platform.Platform.Workers[0].StartAsync();

        Assert.Equal(id, await jibri.TakenAsync(path));
        Assert.Equal(["1"], await jibri.AskAsync("select count(*) from recordings where source_id = '{source}'"));
        Assert.Equal(["1"], await platform.Platform.QueryAsync($"select count(*) from objects where owner_id = '{id}' and role = 'original' and state = 'published'"));
        Assert.Equal(media, await jibri.DownloadAsync(id));
        Assert.Equal(["received"], await jibri.AskAsync("select state from expectations where source_id = '{source}'"));
    }

    // What the dead worker held is free at once, not when its lease ends.
    Task<List<string>> DueAsync() => platform.Platform.QueryAsync("update jobs set leased_until = app_now() - interval '1 second' where state = 'running' returning id");
}
