using RecordingPlatform.Tests.Fixtures;
using RecordingPlatform.Tests.FreePbx;

namespace RecordingPlatform.Tests.Ingest;

public sealed class KeepRawEventsTests(PostgresCluster cluster)
{
    // Deletion, purged, and how many there are of the event, its data key and its owner key.
    const string There = "none f 1 1 1";
    const string Gone = "purged t 0 0 0";

    [Fact]
    public async Task Thirty_days_after_a_report_nothing_is_left_of_its_body_and_what_came_of_it_stays()
    {
        await using var platform = new PbxPlatform(cluster);
        await platform.InitializeAsync();
        await using var pbx = await platform.MountAsync();
        var (call, halfway, later) = (Pbx.NewCall(), Pbx.NewCall(), Pbx.NewCall());
        pbx.Write(pbx.NameOf(call), Sound.Wave(1));
        await pbx.ReportAsync(call, "call_ended");
        await pbx.ReportAsync(halfway, "call_ended");
        var recording = await pbx.TakenAsync(call);
        var (old, interrupted) = (await KeptAsync(call), await KeptAsync(halfway));

        // What a run leaves that is killed behind the store.
        Assert.Single(await pbx.AskAsync($"""
            with closed as (update objects set deletion = 'deleting', marked_at = app_now() where name = '{interrupted}' returning id)
            update data_keys set wrapped = null, destroyed_at = app_now() where object_id in (select id from closed) returning id
            """));
        File.Delete(FileOf(interrupted));

        await MoveClockAsync("2 days");
        await pbx.ReportAsync(later, "call_ended");
        var young = await KeptAsync(later);
        await MoveClockAsync("29 days");
        await pbx.UntilAsync(async () =>
        {
            await pbx.HurryAsync("ingest.keep");
            return await StandingAsync(old) == Gone && await StandingAsync(interrupted) == Gone;
        }, "what is past its time is gone");
        Assert.False(File.Exists(FileOf(old)));

        Assert.Equal(There, await StandingAsync(young));
        Assert.True(File.Exists(FileOf(young)));
        Assert.Equal([$"{recording}"], await pbx.RecordingsAsync(call.UniqueId));
        Assert.Equal("received", await pbx.ExpectedAsync(call, "state"));
        Assert.Equal(["3"], await pbx.AskAsync("select count(*) from conversations where source_id = '{source}'"));
        var original = Assert.Single(await pbx.AskAsync($"""
            select o.name from objects o join data_keys d on d.object_id = o.id
            where o.recording_id = '{recording}' and o.role = 'original' and o.deletion = 'none' and d.wrapped is not null
            """));
        Assert.True(File.Exists(FileOf(original)));

        async Task<string> KeptAsync(PbxCall of)
        {
            var name = "";
            await pbx.UntilAsync(async () =>
            {
                await pbx.HurryAsync("ingest.keep");
                name = (await pbx.AskAsync($"""
                    select o.name from objects o join raw_events e on e.id = o.owner_id join conversation_keys k on k.conversation_id = e.conversation_id
                    where k.key = '{of.UniqueId}' and o.state = 'published'
                    """)).SingleOrDefault("");
                return name.Length > 0;
            }, "the body is an object");
            Assert.Equal(There, await StandingAsync(name));
            Assert.True(File.Exists(FileOf(name)));
            return name;
        }

        async Task<string> StandingAsync(string name) => (await pbx.AskAsync($"""
            select concat_ws(' ', o.deletion, o.purged_at is not null, (select count(*) from raw_events e where e.id = o.owner_id),
                (select count(*) from data_keys d where d.object_id = o.id and d.wrapped is not null),
                (select count(*) from owner_keys k where k.owner_id = o.owner_id and k.wrapped is not null))
            from objects o where o.name = '{name}'
            """)).Single();

        string FileOf(string name) => Path.Combine(platform.Platform.StoreFolder, "recordings", name + "@");

        Task MoveClockAsync(string by) => pbx.AskAsync($"update clock set clock_offset = clock_offset + interval '{by}' returning clock_offset");
    }
}
