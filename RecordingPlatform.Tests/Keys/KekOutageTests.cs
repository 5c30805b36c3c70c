using RecordingPlatform.Core.Keys;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Keys;

/// <summary>The table of FORMAT.md, "What the KEK answers, and what follows", row by row.</summary>
public sealed class KekOutageTests(PostgresCluster cluster)
{
    static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static TheoryData<KekFault> Outages => [KekFault.Throttled, KekFault.ServerError, KekFault.Unavailable, KekFault.NoConnection, KekFault.Retried];
    public static TheoryData<KekFault> Denials => [KekFault.Unauthorized, KekFault.Forbidden, KekFault.NotFound];

    [Fact]
    public async Task While_the_KEK_answers_everything_works()
    {
        await using var rig = await KeyRig.StartAsync(cluster);
        var keys = rig.NewReplica();
        var owner = KeyRig.Subject();
        var published = await rig.PublishAsync(keys, owner);
        await rig.AssertReadableAsync(keys, published);
        await rig.AssertReadableAsync(rig.NewReplica(), published);
        Assert.Equal(KekCondition.Answering, (await keys.ProbeAsync(Ct)).Condition);
        await rig.ShredAsync(keys, owner);
        await Assert.ThrowsAsync<KeyDestroyedException>(() => rig.ReadAsync(keys, published.DataKeyId));
    }

    [Theory]
    [MemberData(nameof(Outages))]
    public async Task In_an_outage_recording_goes_on_and_what_is_held_still_plays(KekFault outage)
    {
        await using var rig = await KeyRig.StartAsync(cluster);
        var warm = await rig.NewWarmReplicaAsync();
        var owner = KeyRig.Subject();
        var before = await rig.PublishAsync(warm, owner);
        rig.Fault.Fault = outage;

        var during = await rig.PublishAsync(warm, KeyRig.Subject());
        await rig.AssertReadableAsync(warm, before, during);
        Assert.Equal(1, await rig.CountAsync("master_keys"));
        Assert.Equal(KekCondition.Outage, (await warm.ProbeAsync(Ct)).Condition);

        var cold = await Assert.ThrowsAsync<KekOutageException>(() => rig.ReadAsync(rig.NewReplica(), before.DataKeyId));
        Assert.InRange(cold.RetryAfter, TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(30));

        await rig.ShredAsync(rig.NewReplica(), owner);
        await Assert.ThrowsAsync<KeyDestroyedException>(() => rig.ReadAsync(rig.NewReplica(), before.DataKeyId));
    }

    [Fact]
    public async Task A_KEK_that_hangs_is_away_after_three_seconds()
    {
        await using var rig = await KeyRig.StartAsync(cluster);
        var published = await rig.PublishAsync(rig.NewReplica(), KeyRig.Subject());
        rig.Fault.Fault = KekFault.Hangs;
        var cold = rig.NewReplica();
        var calls = rig.Fault.Calls;
        var reading = rig.ReadAsync(cold, published.DataKeyId);
        await Until.TrueAsync(() => Task.FromResult(rig.Fault.Calls > calls), TimeSpan.FromSeconds(20), "the KEK is asked");
        rig.Clock.Advance(TimeSpan.FromSeconds(2.9));
        Assert.False(reading.IsCompleted);
        rig.Clock.Advance(TimeSpan.FromSeconds(0.2));
        await Assert.ThrowsAsync<KekOutageException>(() => reading);
        // Ingest does not wait for it a second time.
        await rig.PublishAsync(cold, KeyRig.Subject());
    }

    [Theory]
    [MemberData(nameof(Denials))]
    public async Task A_denial_ends_recording_and_playing_within_a_minute_and_shredding_never(KekFault denial)
    {
        await using var rig = await KeyRig.StartAsync(cluster);
        var warm = await rig.NewWarmReplicaAsync();
        var owner = KeyRig.Subject();
        var published = await rig.PublishAsync(warm, owner);
        await rig.AssertReadableAsync(warm, published);
        await using var db = rig.NewDb();
        using var playing = await warm.OpenAsync(db, published.DataKeyId, Ct);
        rig.Fault.Fault = denial;

        Assert.Equal(KekCondition.Denied, (await warm.ProbeAsync(Ct)).Condition);

        Assert.True(playing.Revoked.IsCancellationRequested);
        await Assert.ThrowsAsync<KekDeniedException>(() => rig.ReadAsync(warm, published.DataKeyId));
        await Assert.ThrowsAsync<KekDeniedException>(() => rig.PublishAsync(warm, KeyRig.Subject()));
        await Assert.ThrowsAsync<KekDeniedException>(() => warm.SigningKeyAsync(ServiceKeyPurpose.Ticket, Ct));
        await Assert.ThrowsAsync<KekDeniedException>(() => warm.SealAsync("sources", Guid.CreateVersion7(), new byte[1], Ct));
        var cold = rig.NewReplica();
        await Assert.ThrowsAsync<KekDeniedException>(() => rig.PublishAsync(cold, KeyRig.Subject()));
        var refused = await Assert.ThrowsAsync<KekDeniedException>(() => rig.ReadAsync(cold, published.DataKeyId));
        Assert.InRange(refused.RetryAfter, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));
        Assert.Equal(1, await rig.CountAsync("master_keys"));

        await rig.ShredAsync(cold, owner);
        rig.Fault.Fault = KekFault.None;
        await warm.ProbeAsync(Ct);
        await Assert.ThrowsAsync<KeyDestroyedException>(() => rig.ReadAsync(warm, published.DataKeyId));
    }

    [Fact]
    public async Task A_process_started_in_an_outage_records_and_signs_and_after_it_everything_opens()
    {
        await using var rig = await KeyRig.StartAsync(cluster);
        var owner = KeyRig.Subject();
        var before = await rig.PublishAsync(rig.NewReplica(), owner);
        rig.Fault.Fault = KekFault.Unavailable;

        var restarted = rig.NewReplica();
        var during = new List<Published> { await rig.PublishAsync(restarted, owner), await rig.PublishAsync(restarted, owner), await rig.PublishAsync(restarted, KeyRig.Subject()) };
        Assert.Equal(2, await rig.CountAsync("master_keys"));
        await rig.AssertReadableAsync(restarted, [.. during]);
        using var signing = await restarted.SigningKeyAsync(ServiceKeyPurpose.Ticket, Ct);
        using var verifying = await restarted.VerificationKeyAsync(signing.Id, Ct);
        Assert.Equal(signing.Key.ToArray(), verifying!.Key.ToArray());
        using var checkpoint = await restarted.SigningKeyAsync(ServiceKeyPurpose.Checkpoint, Ct);
        Assert.NotNull(checkpoint.PublicKey);
        using (var again = await restarted.SigningKeyAsync(ServiceKeyPurpose.Ticket, Ct))
            Assert.Equal(signing.Id, again.Id);
        await Assert.ThrowsAsync<KekOutageException>(() => rig.ReadAsync(restarted, before.DataKeyId));

        rig.Fault.Fault = KekFault.None;
        rig.Clock.Advance(TimeSpan.FromSeconds(30));
        foreach (var replica in (EnvelopeKeys[])[restarted, rig.NewReplica()])
            await rig.AssertReadableAsync(replica, [before, .. during]);
        using var elsewhere = await rig.NewReplica().VerificationKeyAsync(signing.Id, Ct);
        Assert.Equal(signing.Key.ToArray(), elsewhere!.Key.ToArray());
    }

    [Fact]
    public async Task A_held_key_outlives_an_outage_of_23_hours_and_not_of_24()
    {
        await using var rig = await KeyRig.StartAsync(cluster);
        var keys = rig.NewReplica();
        var published = await rig.PublishAsync(keys, KeyRig.Subject());
        rig.Fault.Fault = KekFault.Unavailable;
        rig.Clock.Advance(TimeSpan.FromHours(23));
        await rig.AssertReadableAsync(keys, published);
        rig.Clock.Advance(TimeSpan.FromHours(1));
        await Assert.ThrowsAsync<KekOutageException>(() => rig.ReadAsync(keys, published.DataKeyId));
        var after = await rig.PublishAsync(keys, KeyRig.Subject());
        await rig.AssertReadableAsync(keys, after);
    }

    [Fact]
    public async Task A_held_key_is_unwrapped_again_after_an_hour()
    {
        await using var rig = await KeyRig.StartAsync(cluster);
        var keys = rig.NewReplica();
        var published = await rig.PublishAsync(keys, KeyRig.Subject());
        var calls = rig.Fault.Calls;
        rig.Clock.Advance(TimeSpan.FromMinutes(59));
        await rig.AssertReadableAsync(keys, published);
        Assert.Equal(calls, rig.Fault.Calls);
        rig.Clock.Advance(TimeSpan.FromMinutes(2));
        await rig.AssertReadableAsync(keys, published);
        Assert.Equal(calls + 1, rig.Fault.Calls);
    }

    [Fact]
    public async Task A_key_in_use_is_renewed_by_the_probe_before_an_outage_can_find_it_old()
    {
        await using var rig = await KeyRig.StartAsync(cluster);
        var keys = rig.NewReplica();
        var published = await rig.PublishAsync(keys, KeyRig.Subject());
        rig.Clock.Advance(TimeSpan.FromMinutes(61));
        await keys.ProbeAsync(Ct);
        rig.Fault.Fault = KekFault.Unavailable;
        rig.Clock.Advance(TimeSpan.FromHours(23.5));
        await rig.AssertReadableAsync(keys, published);
    }

    [Fact]
    public async Task A_key_that_nobody_used_for_an_hour_is_released_by_the_probe()
    {
        await using var rig = await KeyRig.StartAsync(cluster);
        var keys = rig.NewReplica();
        var published = await rig.PublishAsync(keys, KeyRig.Subject());
        rig.Fault.Fault = KekFault.Unavailable;
        await rig.PublishAsync(rig.NewReplica(), KeyRig.Subject()); // makes a newer one, which is the one kept warm
        rig.Fault.Fault = KekFault.None;
        for (var hour = 0; hour < 2; hour++)
        {
            rig.Clock.Advance(TimeSpan.FromMinutes(61));
            await keys.ProbeAsync(Ct);
        }
        rig.Fault.Fault = KekFault.Unavailable;
        await Assert.ThrowsAsync<KekOutageException>(() => rig.ReadAsync(keys, published.DataKeyId));
    }

    [Fact]
    public async Task A_KEK_that_is_away_is_asked_less_and_less_often()
    {
        await using var rig = await KeyRig.StartAsync(cluster);
        var published = await rig.PublishAsync(rig.NewReplica(), KeyRig.Subject());
        rig.Fault.Fault = KekFault.Unavailable;
        var cold = rig.NewReplica();
        var calls = rig.Fault.Calls;
        for (var second = 0; second < 120; second++)
        {
            for (var reader = 0; reader < 3; reader++)
                await Assert.ThrowsAsync<KekOutageException>(() => rig.ReadAsync(cold, published.DataKeyId));
            rig.Clock.Advance(TimeSpan.FromSeconds(1));
        }
        // At 0, 1, 3, 7, 15, 31, 61 and 91 s.
        Assert.Equal(8, rig.Fault.Calls - calls);
        rig.Fault.Fault = KekFault.None;
        await cold.ProbeAsync(Ct);
        await rig.AssertReadableAsync(cold, published);
    }

    [Fact]
    public async Task A_denial_is_not_lifted_by_a_later_outage()
    {
        await using var rig = await KeyRig.StartAsync(cluster);
        var keys = await rig.NewWarmReplicaAsync();
        rig.Fault.Fault = KekFault.Forbidden;
        await keys.ProbeAsync(Ct);
        rig.Fault.Fault = KekFault.Unavailable;
        Assert.Equal(KekCondition.Denied, (await keys.ProbeAsync(Ct)).Condition);
        rig.Clock.Advance(TimeSpan.FromMinutes(1));
        await Assert.ThrowsAsync<KekDeniedException>(() => rig.PublishAsync(keys, KeyRig.Subject()));
        rig.Fault.Fault = KekFault.None;
        Assert.Equal(KekCondition.Answering, (await keys.ProbeAsync(Ct)).Condition);
        await rig.PublishAsync(keys, KeyRig.Subject());
    }

    [Fact]
    public async Task A_denial_of_an_older_version_ends_what_it_wrapped_and_nothing_else()
    {
        await using var rig = await KeyRig.StartAsync(cluster);
        var keys = rig.NewReplica();
        var old = await rig.PublishAsync(keys, KeyRig.Subject());
        var oldVersion = rig.Kek.Newest.Id;
        var next = await rig.Kek.AddVersionAsync(Ct);
        await rig.ExecuteAsync($"insert into kek_versions (id, provider, public_key, created_at) values ('{next.Id}', 'local', '\\x{Convert.ToHexString(next.PublicKey)}', app_now() + interval '1 second')");
        await rig.ExecuteAsync("update master_keys set retired_at = app_now()");
        var young = await rig.PublishAsync(keys, KeyRig.Subject());
        await rig.AssertReadableAsync(keys, old, young);
        await using var db = rig.NewDb();
        using var playingOld = await keys.OpenAsync(db, old.DataKeyId, Ct);
        using var playingYoung = await keys.OpenAsync(db, young.DataKeyId, Ct);

        (rig.Fault.Fault, rig.Fault.FaultyVersion) = (KekFault.NotFound, oldVersion);
        Assert.Equal(KekCondition.Answering, (await keys.ProbeAsync(Ct)).Condition);

        Assert.True(playingOld.Revoked.IsCancellationRequested);
        Assert.False(playingYoung.Revoked.IsCancellationRequested);
        await rig.AssertReadableAsync(keys, young);
        await Assert.ThrowsAsync<KekDeniedException>(() => rig.ReadAsync(keys, old.DataKeyId));
        await rig.AssertReadableAsync(keys, await rig.PublishAsync(keys, KeyRig.Subject()));
    }

    [Fact]
    public async Task The_embedded_KEK_whose_file_is_lost_stops_no_recording()
    {
        await using var rig = await KeyRig.StartAsync(cluster);
        var keys = await rig.NewWarmReplicaAsync();
        var published = await rig.PublishAsync(keys, KeyRig.Subject());
        var file = await File.ReadAllBytesAsync(rig.Folder.FilePath, Ct);
        File.Delete(rig.Folder.FilePath);
        var health = await keys.ProbeAsync(Ct);
        Assert.Equal(KekCondition.Outage, health.Condition);
        Assert.Contains(rig.Folder.FilePath, health.Why, StringComparison.Ordinal);
        await rig.AssertReadableAsync(keys, published, await rig.PublishAsync(keys, KeyRig.Subject()));
        var restarted = rig.NewReplica();
        await rig.AssertReadableAsync(restarted, await rig.PublishAsync(restarted, KeyRig.Subject()));
        await rig.Folder.WriteAsync(file);
        Assert.Equal(KekCondition.Answering, (await keys.ProbeAsync(Ct)).Condition);
    }
}
