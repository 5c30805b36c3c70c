using System.Security.Cryptography;
using RecordingPlatform.Core.Keys;
using RecordingPlatform.Core.Objects;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Keys;

public sealed class EnvelopeKeysTests(PostgresCluster cluster)
{
    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(OwnerKind.Subject)]
    [InlineData(OwnerKind.Recording)]
    [InlineData(OwnerKind.SessionFile)]
    [InlineData(OwnerKind.Export)]
    [InlineData(OwnerKind.RawEvent)]
    public async Task What_one_replica_wraps_another_opens(OwnerKind kind)
    {
        await using var rig = await KeyRig.StartAsync(cluster);
        var owner = new KeyOwner(kind, Guid.CreateVersion7());
        var first = await rig.PublishAsync(rig.NewReplica(), owner);
        var second = await rig.PublishAsync(rig.NewReplica(), owner);
        await rig.AssertReadableAsync(rig.NewReplica(), first, second);
        Assert.Equal(first.OwnerKeyId, second.OwnerKeyId);
        Assert.Equal(1, await rig.CountAsync("master_keys"));
    }

    [Fact]
    public async Task No_wrap_in_the_database_holds_its_key()
    {
        await using var rig = await KeyRig.StartAsync(cluster);
        var published = await rig.PublishAsync(rig.NewReplica(), KeyRig.Subject());
        var wrapped = await rig.ScalarAsync<byte[]>($"select wrapped from data_keys where id = '{published.DataKeyId}'");
        Assert.Equal(61, wrapped.Length);
        Assert.DoesNotContain(Convert.ToHexString(published.Key), Convert.ToHexString(wrapped), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Publishes_of_one_new_owner_on_two_replicas_all_succeed_on_one_generation()
    {
        await using var rig = await KeyRig.StartAsync(cluster);
        EnvelopeKeys[] replicas = [await rig.NewWarmReplicaAsync(), await rig.NewWarmReplicaAsync()];
        for (var round = 0; round < 5; round++)
        {
            var owner = KeyRig.Subject();
            var published = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => rig.PublishAsync(replicas[i % 2], owner)));
            await rig.AssertReadableAsync(rig.NewReplica(), published);
            Assert.Equal(1, await rig.CountAsync($"owner_keys where owner_id = '{owner.Id}'"));
        }
    }

    [Fact]
    public async Task Replicas_that_cannot_read_each_others_keys_publish_for_one_owner_in_an_outage()
    {
        await using var rig = await KeyRig.StartAsync(cluster);
        rig.Fault.Fault = KekFault.Unavailable;
        EnvelopeKeys[] replicas = [rig.NewReplica(), rig.NewReplica(), rig.NewReplica()];
        var owner = KeyRig.Subject();
        var published = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => rig.PublishAsync(replicas[i % 3], owner)));
        // One of its own for each replica, not one for each publish.
        Assert.Equal(1 + 3, await rig.CountAsync("master_keys"));
        Assert.Equal(3, await rig.CountAsync($"owner_keys where owner_id = '{owner.Id}'"));
        rig.Fault.Fault = KekFault.None;
        rig.Clock.Advance(TimeSpan.FromSeconds(30));
        await rig.AssertReadableAsync(rig.NewReplica(), published);
    }

    [Fact]
    public async Task An_opened_key_is_overwritten_when_it_is_released()
    {
        await using var rig = await KeyRig.StartAsync(cluster);
        var keys = rig.NewReplica();
        var published = await rig.PublishAsync(keys, KeyRig.Subject());
        await using var db = rig.NewDb();
        var one = await keys.OpenAsync(db, published.DataKeyId, Ct);
        using var other = await keys.OpenAsync(db, published.DataKeyId, Ct);
        var memory = one.Memory;
        one.Dispose();
        Assert.Equal(new byte[32], memory.ToArray());
        Assert.Throws<ObjectDisposedException>(() => one.Memory);
        Assert.Equal(published.Key, other.Memory.ToArray());
    }

    [Fact]
    public async Task A_row_that_was_changed_behind_the_application_is_noticed_within_60_seconds()
    {
        await using var rig = await KeyRig.StartAsync(cluster);
        var keys = rig.NewReplica();
        var published = await rig.PublishAsync(keys, KeyRig.Subject());
        await rig.AssertReadableAsync(keys, published);
        await rig.ExecuteAsync("update data_keys set wrapped = null, destroyed_at = app_now()");
        await rig.AssertReadableAsync(keys, published);
        rig.Clock.Advance(TimeSpan.FromSeconds(60));
        await Assert.ThrowsAsync<KeyDestroyedException>(() => rig.ReadAsync(keys, published.DataKeyId));
    }

    [Fact]
    public async Task A_data_key_that_is_told_to_be_forgotten_is_read_anew()
    {
        await using var rig = await KeyRig.StartAsync(cluster);
        var keys = rig.NewReplica();
        var published = await rig.PublishAsync(keys, KeyRig.Subject());
        await rig.AssertReadableAsync(keys, published);
        await rig.ExecuteAsync("update data_keys set wrapped = null, destroyed_at = app_now()");
        keys.ForgetDataKeys([published.DataKeyId]);
        await Assert.ThrowsAsync<KeyDestroyedException>(() => rig.ReadAsync(keys, published.DataKeyId));
    }

    [Fact]
    public async Task A_key_that_its_caller_has_not_saved_leaves_no_row()
    {
        await using var rig = await KeyRig.StartAsync(cluster);
        var keys = rig.NewReplica();
        await using var db = rig.NewDb();
        await keys.WrapAsync(db, KeyRig.Subject(), Guid.CreateVersion7(), Guid.CreateVersion7(), new byte[32], Ct);
        Assert.Equal(0, await rig.CountAsync("data_keys"));
        await Assert.ThrowsAsync<ArgumentException>(() => keys.WrapAsync(db, KeyRig.Subject(), Guid.CreateVersion7(), Guid.CreateVersion7(), new byte[31], Ct));
    }

    [Fact]
    public async Task What_was_prepared_is_wrapped_in_a_transaction_without_the_KEK()
    {
        await using var rig = await KeyRig.StartAsync(cluster);
        var keys = rig.NewReplica();
        var owner = KeyRig.Subject();
        await keys.PrepareAsync(owner, Ct);
        var calls = rig.Fault.Calls;
        await using var db = rig.NewDb();
        await using (var transaction = await db.Database.BeginTransactionAsync(Ct))
        {
            await keys.WrapAsync(db, owner, Guid.CreateVersion7(), Guid.CreateVersion7(), new byte[32], Ct);
            await db.SaveChangesAsync(Ct);
            await transaction.CommitAsync(Ct);
        }
        Assert.Equal(calls, rig.Fault.Calls);
        Assert.Equal(1, await rig.CountAsync("owner_keys"));
    }

    [Fact]
    public async Task Fifty_readers_who_miss_one_master_key_ask_the_KEK_once()
    {
        await using var rig = await KeyRig.StartAsync(cluster);
        var published = await rig.PublishAsync(rig.NewReplica(), KeyRig.Subject());
        var cold = rig.NewReplica();
        var calls = rig.Fault.Calls;
        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => rig.AssertReadableAsync(cold, published)));
        Assert.Equal(calls + 1, rig.Fault.Calls);
    }

    [Fact]
    public async Task A_recording_that_gets_its_subject_later_hangs_on_the_subjects_key()
    {
        await using var rig = await KeyRig.StartAsync(cluster);
        var keys = rig.NewReplica();
        var recording = new KeyOwner(OwnerKind.Recording, Guid.CreateVersion7());
        var subject = KeyRig.Subject();
        var published = await rig.PublishAsync(keys, recording);
        await rig.AssertReadableAsync(keys, published);
        await using (var db = rig.NewDb())
        await using (var transaction = await db.Database.BeginTransactionAsync(Ct))
        {
            await keys.MoveAsync(db, [published.DataKeyId], subject, Ct);
            await transaction.CommitAsync(Ct);
        }
        await rig.AssertReadableAsync(rig.NewReplica(), published);
        await rig.ShredAsync(keys, recording);
        await rig.AssertReadableAsync(rig.NewReplica(), published);
        await rig.ShredAsync(keys, subject);
        foreach (var replica in (EnvelopeKeys[])[keys, rig.NewReplica()])
            await Assert.ThrowsAsync<KeyDestroyedException>(() => rig.ReadAsync(replica, published.DataKeyId));
    }

    [Fact]
    public async Task Secrets_open_in_their_own_row_only()
    {
        await using var rig = await KeyRig.StartAsync(cluster);
        var id = Guid.CreateVersion7();
        byte[] secret = [.. "{\"token\":\"t\"}"u8];
        var made = await rig.NewReplica().SealAsync("sources", id, secret, Ct);
        var keys = rig.NewReplica();
        Assert.Equal(secret, await keys.UnsealAsync("sources", id, made.MasterKeyId, made.Bytes, Ct));
        await Assert.ThrowsAsync<KeyTamperedException>(() => keys.UnsealAsync("sources", Guid.CreateVersion7(), made.MasterKeyId, made.Bytes, Ct));
        await Assert.ThrowsAsync<KeyTamperedException>(() => keys.UnsealAsync("key_ring", id, made.MasterKeyId, made.Bytes, Ct));
        await Assert.ThrowsAsync<KeyTamperedException>(() => keys.UnsealAsync("sources", id, Guid.CreateVersion7(), made.Bytes, Ct));
    }

    [Fact]
    public async Task A_ticket_key_signs_on_one_replica_and_verifies_on_another()
    {
        await using var rig = await KeyRig.StartAsync(cluster);
        using var signing = await rig.NewReplica().SigningKeyAsync(ServiceKeyPurpose.Ticket, Ct);
        var keys = rig.NewReplica();
        using var verifying = await keys.VerificationKeyAsync(signing.Id, Ct);
        Assert.Equal(32, signing.Key.Length);
        Assert.Equal(signing.Key.ToArray(), verifying!.Key.ToArray());
        Assert.Null(await keys.VerificationKeyAsync(Guid.CreateVersion7(), Ct));
        Assert.Equal(1, await rig.CountAsync("service_keys where purpose = 'ticket'"));
    }

    [Fact]
    public async Task A_checkpoint_verifies_without_the_KEK()
    {
        await using var rig = await KeyRig.StartAsync(cluster);
        using var signing = await rig.NewReplica().SigningKeyAsync(ServiceKeyPurpose.Checkpoint, Ct);
        using var pair = ECDsa.Create();
        pair.ImportPkcs8PrivateKey(signing.Key.Span, out _);
        var signature = pair.SignData("root"u8, HashAlgorithmName.SHA256);
        rig.Fault.Fault = KekFault.Forbidden;
        using var verifying = await rig.NewReplica().VerificationKeyAsync(signing.Id, Ct);
        Assert.Equal(0, verifying!.Key.Length);
        using var shown = ECDsa.Create();
        shown.ImportSubjectPublicKeyInfo(verifying.PublicKey, out _);
        Assert.Equal(ECCurve.NamedCurves.nistP256.Oid.Value, shown.ExportParameters(false).Curve.Oid.Value);
        Assert.True(shown.VerifyData("root"u8, signature, HashAlgorithmName.SHA256));
    }

    [Fact]
    public async Task A_retired_ticket_key_still_verifies_and_signs_no_more()
    {
        await using var rig = await KeyRig.StartAsync(cluster);
        var keys = rig.NewReplica();
        using var before = await keys.SigningKeyAsync(ServiceKeyPurpose.Ticket, Ct);
        await rig.ExecuteAsync("update service_keys set retired_at = app_now() where purpose = 'ticket'");
        using var after = await keys.SigningKeyAsync(ServiceKeyPurpose.Ticket, Ct);
        Assert.NotEqual(before.Id, after.Id);
        using var verifying = await keys.VerificationKeyAsync(before.Id, Ct);
        Assert.Equal(before.Key.ToArray(), verifying!.Key.ToArray());
    }

    [Fact]
    public async Task Nothing_that_is_logged_holds_a_key()
    {
        await using var rig = await KeyRig.StartAsync(cluster);
        var keys = rig.NewReplica();
        var published = await rig.PublishAsync(keys, KeyRig.Subject());
        using var ticket = await keys.SigningKeyAsync(ServiceKeyPurpose.Ticket, Ct);
        rig.Fault.Fault = KekFault.Forbidden;
        await keys.ProbeAsync(Ct);
        await Assert.ThrowsAsync<KekDeniedException>(() => rig.ReadAsync(keys, published.DataKeyId));
        rig.Fault.Fault = KekFault.None;
        await keys.ProbeAsync(Ct);
        await rig.ExecuteAsync("update owner_keys set wrapped = set_byte(wrapped, 20, (get_byte(wrapped, 20) + 1) % 256)");
        var tampered = await Assert.ThrowsAsync<KeyTamperedException>(() => rig.ReadAsync(keys, published.DataKeyId));
        var said = string.Join('\n', rig.Log.Lines.Select(line => line.Text).Append(tampered.ToString()));
        Assert.Contains("denied", said, StringComparison.Ordinal);
        foreach (var key in (byte[][])[published.Key, ticket.Key.ToArray()])
        {
            Assert.DoesNotContain(Convert.ToHexString(key)[..16], said, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain(Convert.ToBase64String(key)[..12], said, StringComparison.Ordinal);
        }
    }
}
