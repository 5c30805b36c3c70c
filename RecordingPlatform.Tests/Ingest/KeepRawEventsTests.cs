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
        var (old, interrupted) = (await KeptAsync(pbx, call), await KeptAsync(pbx, halfway));
        Assert.Equal((There, There), (await StandingAsync(pbx, old), await StandingAsync(pbx, interrupted)));
        Assert.True(File.Exists(FileOf(platform, old)));

        // What a run leaves that is killed behind the store.
        Assert.Single(await pbx.AskAsync($"""
            with closed as (update objects set deletion = 'deleting', marked_at = app_now() where name = '{interrupted}' returning id)
            update data_keys set wrapped = null, destroyed_at = app_now() where object_id in (select id from closed) returning id
            """));
        File.Delete(FileOf(platform, interrupted));

        await MoveClockAsync(pbx, "2 days");
        await pbx.ReportAsync(later, "call_ended");
        var young = await KeptAsync(pbx, later);
        await MoveClockAsync(pbx, "29 days");
        await UntilGoneAsync(pbx, old);
        await UntilGoneAsync(pbx, interrupted);
        Assert.False(File.Exists(FileOf(platform, old)));

        Assert.Equal(There, await StandingAsync(pbx, young));
        Assert.True(File.Exists(FileOf(platform, young)));
        Assert.Equal([$"{recording}"], await pbx.RecordingsAsync(call.UniqueId));
        Assert.Equal("received", await pbx.ExpectedAsync(call, "state"));
        Assert.Equal(["3"], await pbx.AskAsync("select count(*) from conversations where source_id = '{source}'"));
        var original = Assert.Single(await pbx.AskAsync($"""
            select o.name from objects o join data_keys d on d.object_id = o.id
            where o.recording_id = '{recording}' and o.role = 'original' and o.deletion = 'none' and d.wrapped is not null
            """));
        Assert.True(File.Exists(FileOf(platform, original)));
    }

    [Fact]
    public async Task Of_a_report_about_a_person_the_body_and_its_data_key_go_and_the_persons_key_stays()
    {
        await using var platform = new PbxPlatform(cluster);
        await platform.InitializeAsync();
        await using var pbx = await platform.MountAsync();
        var (call, person) = (Pbx.NewCall(), Guid.CreateVersion7());
        await pbx.ReportAsync(call, "call_started");
        await pbx.AskAsync($"insert into subjects (id) values ('{person}') returning id");
        await pbx.UntilAsync(async () => await pbx.AskAsync($"""
            update conversations c set subject_id = '{person}' from conversation_keys k where k.conversation_id = c.id and k.key = '{call.UniqueId}' returning c.id
            """) is not [], "it is known whom the call is about");
        await pbx.ReportAsync(call, "call_ended");
        var body = await KeptAsync(pbx, call, $"e.subject_id = '{person}'");
        // The person's key is what it lies under, and no key of the event.
        Assert.Equal(("none f 1 1 0", "1"), (await StandingAsync(pbx, body), await KeysOfAsync(person)));

        await MoveClockAsync(pbx, "31 days");
        await UntilGoneAsync(pbx, body);
        Assert.False(File.Exists(FileOf(platform, body)));
        Assert.Equal("1", await KeysOfAsync(person));

        async Task<string> KeysOfAsync(Guid owner) => (await pbx.AskAsync($"select count(*) from owner_keys where owner_id = '{owner}' and wrapped is not null")).Single();
    }

    /// <summary>The object's name that the body of a call's report has become.</summary>
    static async Task<string> KeptAsync(Pbx pbx, PbxCall call, string which = "true")
    {
        var name = "";
        await pbx.UntilAsync(async () =>
        {
            await pbx.HurryAsync("ingest.keep");
            name = (await pbx.AskAsync($"""
                select o.name from objects o join raw_events e on e.id = o.owner_id join conversation_keys k on k.conversation_id = e.conversation_id
                where k.key = '{call.UniqueId}' and o.state = 'published' and {which}
                """)).SingleOrDefault("");
            return name.Length > 0;
        }, "the body is an object");
        return name;
    }

    static Task UntilGoneAsync(Pbx pbx, string name) => pbx.UntilAsync(async () =>
    {
        await pbx.HurryAsync("ingest.keep");
        return await StandingAsync(pbx, name) == Gone;
    }, "what is past its time is gone");

    static async Task<string> StandingAsync(Pbx pbx, string name) => (await pbx.AskAsync($"""
        select concat_ws(' ', o.deletion, o.purged_at is not null, (select count(*) from raw_events e where e.id = o.owner_id),
            (select count(*) from data_keys d where d.object_id = o.id and d.wrapped is not null),
            (select count(*) from owner_keys k where k.owner_id = o.owner_id and k.wrapped is not null))
        from objects o where o.name = '{name}'
        """)).Single();

    static string FileOf(PbxPlatform platform, string name) => Path.Combine(platform.Platform.StoreFolder, "recordings", name + "@");

    static async Task MoveClockAsync(Pbx pbx, string by) => await pbx.AskAsync($"update clock set clock_offset = clock_offset + interval '{by}' returning clock_offset");
}
