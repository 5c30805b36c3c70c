using RecordingPlatform.Core.Storage;

namespace RecordingPlatform.Tests.Storage;

/// <summary>Objects that no provider sends in one request.</summary>
public abstract partial class ObjectStoreConformance
{
    const int LargeBytes = 18 * 1024 * 1024;

    [Fact]
    public async Task A_large_object_is_invisible_until_its_commit_and_then_whole()
    {
        var content = Bytes(LargeBytes);
        await using var upload = await Store.CreateAsync(Name(), Ct);
        await upload.Content.WriteAsync(content, Ct);
        await AssertAbsentAsync(Name());
        Assert.Null(await Store.GetTierAsync(Name(), Ct));
        Assert.False(await OtherReplica.DeleteAsync(Name(), Ct));

        Assert.Equal(PutOutcome.Created, await upload.CommitAsync(Ct));

        Assert.Equal(content, await GetAsync(Name()));
        Assert.Equal(content[9_000_000..9_000_100], await GetAsync(Name(), 9_000_000, 100, OtherReplica));
    }

    [Fact]
    public async Task A_large_put_given_up_leaves_nothing_and_the_name_free()
    {
        await using (var upload = await Store.CreateAsync(Name(), Ct))
            await upload.Content.WriteAsync(Bytes(LargeBytes), Ct);
        await AssertAbsentAsync(Name());

        Assert.Equal(PutOutcome.Created, await PutAsync(Name(), Bytes(10)));
    }

    [Fact]
    public async Task A_large_put_onto_a_taken_name_changes_nothing()
    {
        var first = Bytes(10);
        await PutAsync(Name(), first);

        Assert.Equal(PutOutcome.AlreadyExists, await PutAsync(Name(), Bytes(LargeBytes)));

        Assert.Equal(first, await GetAsync(Name()));
    }

    [Fact]
    public async Task A_large_put_onto_an_archived_name_changes_nothing()
    {
        await PutAsync(Name(), Bytes(10));
        await Store.SetTierAsync(Name(), StorageTier.Archive, Ct);

        Assert.Equal(PutOutcome.AlreadyExists, await PutAsync(Name(), Bytes(LargeBytes)));

        Assert.Equal(10, Assert.Single(await ListAsync(Name())).Length);
    }

    [Fact]
    public async Task Of_large_writers_racing_a_name_exactly_one_creates_it()
    {
        var contents = Enumerable.Range(0, 3).Select(writer => Bytes(LargeBytes + writer)).ToArray();
        var uploads = await Task.WhenAll(contents.Select(async (content, writer) =>
        {
            var upload = await (writer % 2 == 0 ? Store : OtherReplica).CreateAsync(Name(), Ct);
            await upload.Content.WriteAsync(content, Ct);
            return upload;
        }));

        var outcomes = await Task.WhenAll(uploads.Select(upload => upload.CommitAsync(Ct)));

        var winner = Assert.Single(Enumerable.Range(0, uploads.Length), writer => outcomes[writer] == PutOutcome.Created);
        foreach (var upload in uploads)
            await upload.DisposeAsync();
        Assert.Equal(contents[winner], await GetAsync(Name()));
    }
}
