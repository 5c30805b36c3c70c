using RecordingPlatform.Core.Storage;

namespace RecordingPlatform.Tests.Storage;

public abstract partial class ObjectStoreConformance
{
    [Fact]
    public async Task A_new_object_is_hot()
    {
        await PutAsync(Name(), Bytes(10));

        Assert.Equal(new TierState(StorageTier.Hot), await Store.GetTierAsync(Name(), Ct));
    }

    [Theory]
    [InlineData(StorageTier.Cool)]
    [InlineData(StorageTier.Cold)]
    public async Task A_cooler_object_reads_at_once_and_comes_back_at_once(StorageTier tier)
    {
        var content = Bytes(1_000);
        await PutAsync(Name(), content);

        Assert.Equal(new TierState(tier), await Store.SetTierAsync(Name(), tier, Ct));
        Assert.Equal(new TierState(tier), await OtherReplica.GetTierAsync(Name(), Ct));
        Assert.Equal(content, await GetAsync(Name()));

        Assert.Equal(new TierState(StorageTier.Hot), await Store.SetTierAsync(Name(), StorageTier.Hot, Ct));
        Assert.Equal(new TierState(StorageTier.Hot), await OtherReplica.GetTierAsync(Name(), Ct));
    }

    [Fact]
    public async Task An_archived_object_is_listed_and_deletable_but_not_readable()
    {
        await PutAsync(Name(), Bytes(1_000));

        Assert.Equal(new TierState(StorageTier.Archive), await Store.SetTierAsync(Name(), StorageTier.Archive, Ct));

        await using (var read = await OtherReplica.ReadAsync(Name(), 0, 10, Ct))
            Assert.Equal(new TierState(StorageTier.Archive), Assert.IsType<ObjectRead.Archived>(read).State);
        var listed = Assert.Single(await ListAsync(Name()));
        Assert.Equal((1_000, StorageTier.Archive), (listed.Length, listed.Tier));
        Assert.Equal(PutOutcome.AlreadyExists, await PutAsync(Name(), Bytes(10)));

        Assert.True(await Store.DeleteAsync(Name(), Ct));
        await AssertAbsentAsync(Name());
    }

    [Theory]
    [InlineData(StorageTier.Hot)]
    [InlineData(StorageTier.Cool)]
    public async Task An_archived_object_is_restoring_until_the_store_has_finished(StorageTier target)
    {
        var content = Bytes(1_000);
        await PutAsync(Name(), content);
        await Store.SetTierAsync(Name(), StorageTier.Archive, Ct);
        var restoring = new TierState(StorageTier.Archive, target);

        Assert.Equal(restoring, await Store.SetTierAsync(Name(), target, Ct));

        Assert.True(restoring.Restoring);
        Assert.Equal(restoring, await OtherReplica.GetTierAsync(Name(), Ct));
        await using (var read = await Store.ReadAsync(Name(), 0, 10, Ct))
            Assert.Equal(restoring, Assert.IsType<ObjectRead.Archived>(read).State);
        Assert.Equal(StorageTier.Archive, Assert.Single(await ListAsync(Name())).Tier);

        if (!await FinishRestoresAsync())
            return;
        Assert.Equal(new TierState(target), await OtherReplica.GetTierAsync(Name(), Ct));
        Assert.Equal(target, Assert.Single(await ListAsync(Name())).Tier);
        Assert.Equal(content, await GetAsync(Name()));
    }

    [Fact]
    public async Task A_running_restore_is_neither_redirected_nor_cancelled()
    {
        await PutAsync(Name(), Bytes(10));
        await Store.SetTierAsync(Name(), StorageTier.Archive, Ct);
        await Store.SetTierAsync(Name(), StorageTier.Cool, Ct);
        var running = new TierState(StorageTier.Archive, StorageTier.Cool);

        Assert.Equal(running, await OtherReplica.SetTierAsync(Name(), StorageTier.Hot, Ct));
        Assert.Equal(running, await OtherReplica.SetTierAsync(Name(), StorageTier.Archive, Ct));
        Assert.Equal(running, await Store.GetTierAsync(Name(), Ct));
    }

    [Fact]
    public async Task A_restored_object_can_be_archived_again()
    {
        await PutAsync(Name(), Bytes(10));
        await Store.SetTierAsync(Name(), StorageTier.Archive, Ct);
        await Store.SetTierAsync(Name(), StorageTier.Hot, Ct);
        Assert.SkipUnless(await FinishRestoresAsync(), "a restore takes this provider hours");

        Assert.Equal(new TierState(StorageTier.Archive), await Store.SetTierAsync(Name(), StorageTier.Archive, Ct));

        await using var read = await Store.ReadAsync(Name(), 0, 10, Ct);
        Assert.IsType<ObjectRead.Archived>(read);
    }

    [Fact]
    public async Task What_is_not_there_has_no_tier()
    {
        Assert.Null(await Store.GetTierAsync(Name(), Ct));
        Assert.Null(await Store.SetTierAsync(Name(), StorageTier.Cool, Ct));
        Assert.Null(await Store.SetTierAsync(Name("no/such/folder"), StorageTier.Archive, Ct));
        await AssertAbsentAsync(Name());
    }

    [Fact]
    public async Task A_tier_that_does_not_exist_is_refused()
    {
        await PutAsync(Name(), Bytes(10));

        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Store.SetTierAsync(Name(), (StorageTier)17, Ct));
    }
}
