using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Core.Keys;
using RecordingPlatform.Core.Objects;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Keys;

public sealed class KeyShredTests(PostgresCluster cluster)
{
    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_shred_ends_every_generation_and_every_data_key_of_its_owner_and_of_no_other()
    {
        await using var rig = await KeyRig.StartAsync(cluster);
        var keys = rig.NewReplica();
        var (owner, other) = (KeyRig.Subject(), KeyRig.Subject());
        var first = await rig.PublishAsync(keys, owner);
        rig.Fault.Fault = KekFault.Unavailable;
        var second = await rig.PublishAsync(rig.NewReplica(), owner);
        rig.Fault.Fault = KekFault.None;
        rig.Clock.Advance(TimeSpan.FromMinutes(1));
        var kept = await rig.PublishAsync(keys, other);
        await rig.AssertReadableAsync(keys, first, second, kept);
        Assert.NotEqual(first.OwnerKeyId, second.OwnerKeyId);

        var destroyed = await rig.ShredAsync(keys, owner);

        Assert.Equal(new[] { first.OwnerKeyId, second.OwnerKeyId }.Order(), destroyed.OwnerKeyIds.Order());
        Assert.Equal(new[] { first.DataKeyId, second.DataKeyId }.Order(), destroyed.DataKeyIds.Order());
        foreach (var replica in (EnvelopeKeys[])[keys, rig.NewReplica()])
        {
            foreach (var gone in (Published[])[first, second])
                await Assert.ThrowsAsync<KeyDestroyedException>(() => rig.ReadAsync(replica, gone.DataKeyId));
            await rig.AssertReadableAsync(replica, kept);
        }
        Assert.Equal(0, await rig.CountAsync($"owner_keys where owner_id = '{owner.Id}' and (wrapped is not null or destroyed_at is null)"));
        Assert.Equal(2, await rig.CountAsync("data_keys where wrapped is null and destroyed_at is not null"));
    }

    [Fact]
    public async Task A_shred_that_is_rolled_back_destroys_nothing()
    {
        await using var rig = await KeyRig.StartAsync(cluster);
        var keys = rig.NewReplica();
        var owner = KeyRig.Subject();
        var published = await rig.PublishAsync(keys, owner);
        await using (var db = rig.NewDb())
        await using (await db.Database.BeginTransactionAsync(Ct))
            await keys.DestroyOwnerKeysAsync(db, owner, Ct);
        await rig.AssertReadableAsync(keys, published);
    }

    [Fact]
    public async Task A_shred_takes_place_in_its_callers_transaction_or_not_at_all()
    {
        await using var rig = await KeyRig.StartAsync(cluster);
        await using var db = rig.NewDb();
        await Assert.ThrowsAsync<InvalidOperationException>(() => rig.NewReplica().DestroyOwnerKeysAsync(db, KeyRig.Subject(), Ct));
    }

    [Fact]
    public async Task A_second_shred_finds_nothing_and_leaves_the_date()
    {
        await using var rig = await KeyRig.StartAsync(cluster);
        var keys = rig.NewReplica();
        var owner = KeyRig.Subject();
        await rig.PublishAsync(keys, owner);
        await rig.ShredAsync(keys, owner);
        var date = await rig.ScalarAsync<DateTime>("select destroyed_at from owner_keys");
        await rig.ExecuteAsync("update clock set clock_offset = '1 day'");
        var again = await rig.ShredAsync(keys, owner);
        Assert.Empty(again.OwnerKeyIds);
        Assert.Empty(again.DataKeyIds);
        Assert.Equal(date, await rig.ScalarAsync<DateTime>("select destroyed_at from owner_keys"));
    }

    [Fact]
    public async Task A_destroyed_key_read_before_the_commit_is_not_readable_after_it()
    {
        await using var rig = await KeyRig.StartAsync(cluster);
        var keys = rig.NewReplica();
        var owner = KeyRig.Subject();
        var published = await rig.PublishAsync(keys, owner);
        await using var db = rig.NewDb();
        await using (var transaction = await db.Database.BeginTransactionAsync(Ct))
        {
            await keys.DestroyOwnerKeysAsync(db, owner, Ct);
            // The other connection still sees the wrap.
            await rig.AssertReadableAsync(keys, published);
            await transaction.CommitAsync(Ct);
        }
        await Assert.ThrowsAsync<KeyDestroyedException>(() => rig.ReadAsync(keys, published.DataKeyId));
    }

    [Fact]
    public async Task A_subject_that_returns_after_a_shred_gets_the_next_generation()
    {
        await using var rig = await KeyRig.StartAsync(cluster);
        var keys = rig.NewReplica();
        var owner = KeyRig.Subject();
        var before = await rig.PublishAsync(keys, owner);
        await rig.ShredAsync(keys, owner);
        var after = await rig.PublishAsync(keys, owner);
        await rig.AssertReadableAsync(keys, after);
        await Assert.ThrowsAsync<KeyDestroyedException>(() => rig.ReadAsync(keys, before.DataKeyId));
        Assert.Equal(2, await rig.ScalarAsync<int>("select max(generation) from owner_keys"));
    }

    [Theory]
    [InlineData(OwnerKind.Recording)]
    [InlineData(OwnerKind.SessionFile)]
    [InlineData(OwnerKind.Export)]
    [InlineData(OwnerKind.RawEvent)]
    public async Task A_late_publish_for_a_shredded_recording_is_refused(OwnerKind kind)
    {
        await using var rig = await KeyRig.StartAsync(cluster);
        var keys = rig.NewReplica();
        var owner = new KeyOwner(kind, Guid.CreateVersion7());
        await rig.PublishAsync(keys, owner);
        await rig.ShredAsync(keys, owner);
        await Assert.ThrowsAsync<KeyDestroyedException>(() => rig.PublishAsync(keys, owner));
    }

    [Fact]
    public async Task A_shred_waits_for_a_publish_in_its_transaction_and_takes_its_key_too()
    {
        await using var rig = await KeyRig.StartAsync(cluster);
        var keys = rig.NewReplica();
        var owner = KeyRig.Subject();
        await keys.PrepareAsync(owner, Ct);
        await using var db = rig.NewDb();
        await using var transaction = await db.Database.BeginTransactionAsync(Ct);
        var row = await keys.WrapAsync(db, owner, Guid.CreateVersion7(), Guid.CreateVersion7(), new byte[32], Ct);
        await db.SaveChangesAsync(Ct);
        var shred = rig.ShredAsync(keys, owner);
        await rig.LockWaitAsync();
        await transaction.CommitAsync(Ct);
        Assert.Equal([row.Id], (await shred).DataKeyIds);
    }

    [Fact]
    public async Task A_publish_that_meets_a_shred_gets_a_key_that_lives()
    {
        await using var rig = await KeyRig.StartAsync(cluster);
        var keys = rig.NewReplica();
        var owner = KeyRig.Subject();
        await keys.PrepareAsync(owner, Ct);
        await using var shredding = rig.NewDb();
        await using var shred = await shredding.Database.BeginTransactionAsync(Ct);
        await keys.DestroyOwnerKeysAsync(shredding, owner, Ct);
        await using var db = rig.NewDb();
        await using var transaction = await db.Database.BeginTransactionAsync(Ct);
        var wrapping = keys.WrapAsync(db, owner, Guid.CreateVersion7(), Guid.CreateVersion7(), new byte[32], Ct);
        await rig.LockWaitAsync();
        await shred.CommitAsync(Ct);
        var row = await wrapping;
        await db.SaveChangesAsync(Ct);
        await transaction.CommitAsync(Ct);
        Assert.Equal(new byte[32], await rig.ReadAsync(keys, row.Id));
    }

    [Fact]
    public async Task A_single_data_key_ends_before_its_owner_does()
    {
        await using var rig = await KeyRig.StartAsync(cluster);
        var keys = rig.NewReplica();
        var owner = KeyRig.Subject();
        var gone = await rig.PublishAsync(keys, owner);
        var kept = await rig.PublishAsync(keys, owner);
        await rig.AssertReadableAsync(keys, gone, kept);
        await using (var db = rig.NewDb())
        await using (var transaction = await db.Database.BeginTransactionAsync(Ct))
        {
            Assert.Equal([gone.DataKeyId], (await keys.DestroyDataKeysAsync(db, [gone.DataKeyId], Ct)).DataKeyIds);
            await transaction.CommitAsync(Ct);
        }
        await Assert.ThrowsAsync<KeyDestroyedException>(() => rig.ReadAsync(keys, gone.DataKeyId));
        await rig.AssertReadableAsync(keys, kept);
    }
}
