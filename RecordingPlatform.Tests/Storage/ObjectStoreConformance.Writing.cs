using RecordingPlatform.Core.Storage;

namespace RecordingPlatform.Tests.Storage;

public abstract partial class ObjectStoreConformance
{
    [Fact]
    public async Task What_is_put_is_what_is_read_by_every_replica()
    {
        var content = Bytes(100_000);

        Assert.Equal(PutOutcome.Created, await PutAsync(Name(), content));

        Assert.Equal(content, await GetAsync(Name()));
        Assert.Equal(content, await GetAsync(Name(), store: OtherReplica));
    }

    [Fact]
    public async Task A_second_put_is_told_that_the_name_is_taken_and_changes_nothing()
    {
        var first = Bytes(1_000);
        await PutAsync(Name(), first);

        Assert.Equal(PutOutcome.AlreadyExists, await PutAsync(Name(), Bytes(2_000)));
        Assert.Equal(PutOutcome.AlreadyExists, await PutAsync(Name(), Bytes(10), OtherReplica));

        Assert.Equal(first, await GetAsync(Name()));
    }

    [Fact]
    public async Task Of_many_writers_racing_a_name_exactly_one_creates_it()
    {
        const int Rounds = 12;
        const int Writers = 12;
        for (var round = 0; round < Rounds; round++)
        {
            var name = Name($"race-{round}/object");
            var contents = Enumerable.Range(0, Writers).Select(writer => Bytes(1_000 + writer)).ToArray();
            var uploads = new ObjectUpload[Writers];
            for (var writer = 0; writer < Writers; writer++)
            {
                uploads[writer] = await (writer % 2 == 0 ? Store : OtherReplica).CreateAsync(name, Ct);
                await uploads[writer].Content.WriteAsync(contents[writer], Ct);
            }

            using var start = new Barrier(Writers);
            var outcomes = await Task.WhenAll(uploads.Select(upload => Task.Factory.StartNew(
                () =>
                {
                    start.SignalAndWait(Ct);
                    return upload.CommitAsync(Ct);
                },
                Ct, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap()));

            var winner = Assert.Single(Enumerable.Range(0, Writers), writer => outcomes[writer] == PutOutcome.Created);
            Assert.Equal(contents[winner], await GetAsync(name));
            foreach (var upload in uploads)
                await upload.DisposeAsync();
            Assert.Equal(contents[winner], await GetAsync(name));
        }
    }

    [Fact]
    public async Task Nothing_is_visible_before_the_commit()
    {
        await using var upload = await Store.CreateAsync(Name(), Ct);
        await upload.Content.WriteAsync(Bytes(300_000), Ct);
        await upload.Content.FlushAsync(Ct);

        await AssertAbsentAsync(Name());
        Assert.Null(await Store.GetTierAsync(Name(), Ct));
        Assert.False(await Store.DeleteAsync(Name(), Ct));

        Assert.Equal(PutOutcome.Created, await upload.CommitAsync(Ct));
        Assert.Single(await ListAsync(Name()));
    }

    [Fact]
    public async Task A_put_given_up_in_the_middle_leaves_nothing_and_the_name_free()
    {
        await using (var upload = await Store.CreateAsync(Name(), Ct))
            await upload.Content.WriteAsync(Bytes(3_000_000), Ct);

        await AssertAbsentAsync(Name());
        Assert.Equal(PutOutcome.Created, await PutAsync(Name(), Bytes(10)));
    }

    [Fact]
    public async Task A_put_cancelled_in_the_middle_cannot_be_committed()
    {
        using var cancelled = new CancellationTokenSource();
        await using var upload = await Store.CreateAsync(Name(), Ct);
        await upload.Content.WriteAsync(Bytes(200_000), cancelled.Token);
        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => upload.Content.WriteAsync(Bytes(200_000), cancelled.Token).AsTask());

        await Assert.ThrowsAsync<InvalidOperationException>(() => upload.CommitAsync(Ct));
        await AssertAbsentAsync(Name());
    }

    [Fact]
    public async Task A_commit_cancelled_before_it_begins_leaves_nothing()
    {
        await using (var upload = await Store.CreateAsync(Name(), Ct))
        {
            await upload.Content.WriteAsync(Bytes(10), Ct);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => upload.CommitAsync(new CancellationToken(canceled: true)));
            await Assert.ThrowsAsync<InvalidOperationException>(() => upload.CommitAsync(Ct));
        }

        await AssertAbsentAsync(Name());
    }

    [Fact]
    public async Task An_upload_commits_once()
    {
        await using var upload = await Store.CreateAsync(Name(), Ct);
        await upload.Content.WriteAsync(Bytes(10), Ct);
        Assert.Equal(PutOutcome.Created, await upload.CommitAsync(Ct));

        await Assert.ThrowsAsync<InvalidOperationException>(() => upload.CommitAsync(Ct));
        await Assert.ThrowsAnyAsync<ObjectDisposedException>(() => upload.Content.WriteAsync(Bytes(10), Ct).AsTask());
    }

    [Fact]
    public async Task Closing_the_content_neither_commits_nor_aborts()
    {
        var content = Bytes(70_000);
        await using var upload = await Store.CreateAsync(Name(), Ct);
        await using (var stream = upload.Content)
            await stream.WriteAsync(content, Ct);
        await AssertAbsentAsync(Name());

        Assert.Equal(PutOutcome.Created, await upload.CommitAsync(Ct));
        Assert.Equal(content, await GetAsync(Name()));
    }

    [Fact]
    public async Task Writes_of_every_size_arrive_in_order()
    {
        int[] sizes = [1, 0, 65_535, 1, 65_536, 65_537, 7, 65_568, 200_000, 3];
        var content = Bytes(sizes.Sum());
        await using var upload = await Store.CreateAsync(Name(), Ct);
        var at = 0;
        foreach (var (index, size) in sizes.Index())
        {
            if (index % 2 == 0)
                await upload.Content.WriteAsync(content.AsMemory(at, size), Ct);
            else
                upload.Content.Write(content, at, size);
            at += size;
        }

        await upload.CommitAsync(Ct);

        Assert.Equal(content, await GetAsync(Name()));
    }

    [Fact]
    public async Task An_object_may_be_empty()
    {
        Assert.Equal(PutOutcome.Created, await PutAsync(Name(), Array.Empty<byte>()));
        Assert.Equal(PutOutcome.AlreadyExists, await PutAsync(Name(), Bytes(1)));

        Assert.Empty(await GetAsync(Name()));
        Assert.Equal(0, Assert.Single(await ListAsync(Name())).Length);
    }

    [Fact]
    public async Task An_object_deleted_once_is_gone_and_deleting_it_again_says_so()
    {
        await PutAsync(Name(), Bytes(10));

        Assert.True(await Store.DeleteAsync(Name(), Ct));
        await AssertAbsentAsync(Name());
        Assert.False(await Store.DeleteAsync(Name(), Ct));
        Assert.False(await OtherReplica.DeleteAsync(Name("never-there/at/all"), Ct));
    }

    [Fact]
    public async Task Of_many_deletes_racing_exactly_one_removed_it()
    {
        await PutAsync(Name(), Bytes(10));

        var removed = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => (i % 2 == 0 ? Store : OtherReplica).DeleteAsync(Name(), Ct)));

        Assert.Single(removed, wasThere => wasThere);
    }

    [Fact]
    public async Task A_deleted_name_can_be_created_again_and_starts_afresh()
    {
        await PutAsync(Name(), Bytes(10));
        await Store.SetTierAsync(Name(), StorageTier.Archive, Ct);
        await Store.DeleteAsync(Name(), Ct);
        var second = Bytes(20);

        Assert.Equal(PutOutcome.Created, await PutAsync(Name(), second));

        Assert.Equal(second, await GetAsync(Name()));
        Assert.Equal(new TierState(StorageTier.Hot), await Store.GetTierAsync(Name(), Ct));
    }

    [Fact]
    public async Task Creating_beside_objects_being_deleted_never_fails()
    {
        // Both sides use the same folder, which is empty again and again: a provider with folders must not trip over them.
        var writing = Task.Run(async () =>
        {
            for (var i = 0; i < 150; i++)
                Assert.Equal(PutOutcome.Created, await PutAsync(Name($"deep/er/{i}"), Bytes(1)));
        }, Ct);
        var deleted = 0;
        while (deleted < 150)
        {
            Ct.ThrowIfCancellationRequested();
            Assert.False(writing.IsFaulted, writing.Exception?.ToString());
            for (var i = 0; i < 150; i++)
                deleted += await OtherReplica.DeleteAsync(Name($"deep/er/{i}"), Ct) ? 1 : 0;
        }

        await writing;
        Assert.Empty(await ListAsync(Prefix));
    }

    [Fact]
    public async Task A_healthy_store_says_that_it_is_writable_and_shows_no_trace_of_the_probe()
    {
        Assert.Equal(StoreProbe.Healthy, await Store.ProbeAsync(Ct));
        Assert.Empty(await ListAsync(Prefix));
        Assert.DoesNotContain(await ListedNamesAsync(""), name => name.Contains("probe", StringComparison.Ordinal));
    }
}
