using Microsoft.Extensions.Logging.Abstractions;
using RecordingPlatform.Core.Keys;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Keys;

public sealed class KekRotationTests(PostgresCluster cluster)
{
    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_rotation_moves_master_and_service_keys_and_touches_nothing_below()
    {
        await using var rig = await KeyRig.StartAsync(cluster);
        var published = await PublishUnderManyMasterKeysAsync(rig, 3);
        await rig.ExecuteAsync("update master_keys set retired_at = app_now() where id = (select min(id::text)::uuid from master_keys)");
        var (before, below) = (rig.Kek.Newest.Id, await BelowAsync(rig));
        var next = await rig.Kek.AddVersionAsync(Ct);

        var rotated = await NewRotation(rig).RunAsync(next, Ct);

        Assert.Equal(3 + 2, rotated.Rewrapped);
        Assert.Equal([before], rotated.Retired);
        Assert.Equal(0, await rig.CountAsync($"master_keys where kek_version_id <> '{next.Id}'"));
        Assert.Equal(0, await rig.CountAsync($"service_keys where kek_version_id <> '{next.Id}'"));
        Assert.Equal(below, await BelowAsync(rig));
        (rig.Fault.Fault, rig.Fault.FaultyVersion) = (KekFault.NotFound, before);
        await rig.AssertReadableAsync(rig.NewReplica(), published);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(8)]
    public async Task A_rotation_stopped_anywhere_loses_nothing_and_is_finished_by_the_next_run(int calls)
    {
        await using var rig = await KeyRig.StartAsync(cluster);
        var published = await PublishUnderManyMasterKeysAsync(rig, 3);
        var next = await rig.Kek.AddVersionAsync(Ct);
        var stopping = new FaultyKek(rig.Kek) { FailsAfter = calls };
        await Assert.ThrowsAsync<KekOutageException>(() => NewRotation(rig, stopping).RunAsync(next, Ct));

        var left = await rig.CountAsync($"master_keys where kek_version_id <> '{next.Id}'") + await rig.CountAsync($"service_keys where kek_version_id <> '{next.Id}'");
        // One call for the probe, then two for each row.
        Assert.Equal(5 - (calls - 1) / 2, left);
        await rig.AssertReadableAsync(rig.NewReplica(), published);
        await rig.AssertReadableAsync(rig.NewReplica(), await rig.PublishAsync(rig.NewReplica(), KeyRig.Subject()));

        var rotated = await NewRotation(rig).RunAsync(next, Ct);
        Assert.Equal(left, rotated.Rewrapped);
        Assert.Single(rotated.Retired);
        await rig.AssertReadableAsync(rig.NewReplica(), published);
        Assert.Equal(new KekRotated(0, []).Rewrapped, (await NewRotation(rig).RunAsync(next, Ct)).Rewrapped);
    }

    [Fact]
    public async Task Replicas_record_through_a_rotation_and_none_is_left_under_the_old_version()
    {
        await using var rig = await KeyRig.StartAsync(cluster);
        var before = await PublishUnderManyMasterKeysAsync(rig, 2);
        var next = await rig.Kek.AddVersionAsync(Ct);
        await rig.ExecuteAsync("update master_keys set retired_at = app_now()"); // so that every fresh replica makes one
        var rotating = NewRotation(rig).RunAsync(next, Ct);
        var during = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => rig.PublishAsync(rig.NewReplica(), KeyRig.Subject())));
        await rotating;
        Assert.Equal(0, await rig.CountAsync("master_keys m join kek_versions v on v.id = m.kek_version_id and v.retired_at is not null"));
        await rig.AssertReadableAsync(rig.NewReplica(), [.. before, .. during]);
    }

    [Fact]
    public async Task Nothing_new_is_wrapped_by_a_retired_version()
    {
        await using var rig = await KeyRig.StartAsync(cluster);
        using var fresh = FreshKey.Master();
        var wrapped = fresh.Wrap(rig.Kek.Newest);
        await NewRotation(rig).RunAsync(await rig.Kek.AddVersionAsync(Ct), Ct);
        Assert.False(await new KeyTables(rig.App).InsertAsync(wrapped, Ct));
    }

    [Fact]
    public async Task A_reader_of_before_the_rotation_is_not_cut_off_when_the_old_version_is_disabled()
    {
        await using var rig = await KeyRig.StartAsync(cluster);
        var keys = await rig.NewWarmReplicaAsync();
        var published = await rig.PublishAsync(keys, KeyRig.Subject());
        await using var db = rig.NewDb();
        using var playing = await keys.OpenAsync(db, published.DataKeyId, Ct);
        var before = rig.Kek.Newest.Id;
        await NewRotation(rig).RunAsync(await rig.Kek.AddVersionAsync(Ct), Ct);
        (rig.Fault.Fault, rig.Fault.FaultyVersion) = (KekFault.Forbidden, before);
        Assert.Equal(KekCondition.Answering, (await keys.ProbeAsync(Ct)).Condition);
        Assert.False(playing.Revoked.IsCancellationRequested);
        keys.ForgetDataKeys([published.DataKeyId]);
        await rig.AssertReadableAsync(keys, published);
    }

    [Fact]
    public async Task A_version_that_cannot_open_what_it_wraps_is_not_put_in_force()
    {
        await using var rig = await KeyRig.StartAsync(cluster);
        var inForce = rig.Kek.Newest;
        using var foreign = System.Security.Cryptography.RSA.Create(3072);
        var next = await rig.Kek.AddVersionAsync(Ct);
        await Assert.ThrowsAsync<KekDeniedException>(() => NewRotation(rig).RunAsync(next with { PublicKey = foreign.ExportSubjectPublicKeyInfo() }, Ct));
        Assert.Equal(1, await rig.CountAsync("kek_versions"));
        Assert.Equal(inForce.Id, await rig.ScalarAsync<string>("select distinct kek_version_id from master_keys"));
    }

    [Fact]
    public async Task A_rotation_goes_forward_only()
    {
        await using var rig = await KeyRig.StartAsync(cluster);
        var first = rig.Kek.Newest;
        await NewRotation(rig).RunAsync(await rig.Kek.AddVersionAsync(Ct), Ct);
        await Assert.ThrowsAsync<InvalidOperationException>(() => NewRotation(rig).RunAsync(first, Ct));
    }

    static KekRotation NewRotation(KeyRig rig, FaultyKek? kek = null) => new(rig.App, kek ?? rig.Fault, TimeProvider.System, NullLogger<KekRotation>.Instance);

    static Task<string> BelowAsync(KeyRig rig) => rig.ScalarAsync<string>("select md5((select string_agg(o::text, ',' order by id) from owner_keys o) || (select string_agg(d::text, ',' order by id) from data_keys d))");

    static async Task<Published[]> PublishUnderManyMasterKeysAsync(KeyRig rig, int masterKeys)
    {
        List<Published> published = [await rig.PublishAsync(rig.NewReplica(), KeyRig.Subject())];
        rig.Fault.Fault = KekFault.Unavailable;
        while (published.Count < masterKeys)
            published.Add(await rig.PublishAsync(rig.NewReplica(), KeyRig.Subject()));
        rig.Fault.Fault = KekFault.None;
        rig.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(masterKeys, await rig.CountAsync("master_keys"));
        return [.. published];
    }
}
