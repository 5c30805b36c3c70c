using RecordingPlatform.Core.Storage;

namespace RecordingPlatform.Tests.Storage;

public abstract partial class ObjectStoreConformance
{
    [Fact]
    public async Task A_listing_tells_name_length_time_and_tier()
    {
        var before = TimeProvider.System.GetUtcNow();
        await PutAsync(Name("hot"), Bytes(11));
        await PutAsync(Name("cold"), Bytes(22));
        await Store.SetTierAsync(Name("cold"), StorageTier.Cold, Ct);

        var listed = (await ListAsync(Prefix)).ToDictionary(stored => stored.Name);

        Assert.Equal([Name("cold"), Name("hot")], listed.Keys.Order(StringComparer.Ordinal));
        Assert.Equal((11, StorageTier.Hot), (listed[Name("hot")].Length, listed[Name("hot")].Tier));
        Assert.Equal((22, StorageTier.Cold), (listed[Name("cold")].Length, listed[Name("cold")].Tier));
        // A store's clock is its own, and its seconds may be whole.
        Assert.All(listed.Values, stored => Assert.InRange(stored.ModifiedAt, before.AddMinutes(-1), before.AddMinutes(2)));
    }

    [Fact]
    public async Task A_prefix_is_characters_and_not_a_folder()
    {
        string[] names = [Name("ab"), Name("ab/c"), Name("ab/d/e"), Name("abc"), Name("b"), Name("b.b/c")];
        foreach (var name in names)
            await PutAsync(name, Bytes(1));

        Assert.Equal(names.Order(StringComparer.Ordinal), await ListedNamesAsync(Prefix));
        Assert.Equal(names.Order(StringComparer.Ordinal), await ListedNamesAsync(Prefix[..^3]));
        Assert.Equal([Name("ab"), Name("ab/c"), Name("ab/d/e"), Name("abc")], await ListedNamesAsync(Name("a")));
        Assert.Equal([Name("ab/c"), Name("ab/d/e")], await ListedNamesAsync(Name("ab/")));
        Assert.Equal([Name("ab/d/e")], await ListedNamesAsync(Name("ab/d")));
        Assert.Equal([Name("b.b/c")], await ListedNamesAsync(Name("b.")));
        Assert.Empty(await ListAsync(Name("c")));
        Assert.Empty(await ListAsync(Name("ab/c/")));
        Assert.Empty(await ListAsync(Name("none/here")));
        Assert.Superset(names.ToHashSet(), (await ListedNamesAsync("")).ToHashSet());
    }

    [Fact]
    public async Task A_name_and_its_continuation_are_two_objects()
    {
        await PutAsync(Name("a"), new byte[] { 1 });
        await PutAsync(Name("a/b"), new byte[] { 2 });
        await PutAsync(Name("a/b/c"), new byte[] { 3 });

        Assert.True(await Store.DeleteAsync(Name("a/b"), Ct));

        Assert.Equal([1], await GetAsync(Name("a")));
        Assert.Equal([3], await GetAsync(Name("a/b/c")));
        Assert.Equal([Name("a"), Name("a/b/c")], await ListedNamesAsync(Prefix));
    }

    [Fact]
    public async Task A_listing_during_deletes_gives_what_stays_exactly_once()
    {
        const int Count = 400;
        await PutManyAsync(Count, i => Name($"{i % 7}/{i:000}"));

        List<string> listed = [];
        await foreach (var stored in Store.ListAsync(Prefix, Ct))
        {
            listed.Add(stored.Name);
            // Every second object, the ones not yet listed first; in the end whole folders are gone.
            var victim = Count - 2 * listed.Count;
            if (victim >= 0)
                await OtherReplica.DeleteAsync(Name($"{victim % 7}/{victim:000}"), Ct);
        }

        Assert.Equal(listed.Distinct(StringComparer.Ordinal).Count(), listed.Count);
        Assert.Superset(Enumerable.Range(0, Count).Where(i => i % 2 == 1).Select(i => Name($"{i % 7}/{i:000}")).ToHashSet(), listed.ToHashSet());
    }

    [Fact]
    public async Task A_listing_during_creates_gives_what_was_there_exactly_once()
    {
        const int Count = 300;
        await PutManyAsync(Count, i => Name($"{i % 3}/old-{i:000}"));

        List<string> listed = [];
        await foreach (var stored in Store.ListAsync(Prefix, Ct))
        {
            listed.Add(stored.Name);
            if (listed.Count <= 50)
                await PutAsync(Name($"{listed.Count % 5}/new-{listed.Count:000}"), Bytes(1), OtherReplica);
        }

        Assert.Equal(listed.Distinct(StringComparer.Ordinal).Count(), listed.Count);
        Assert.Superset(Enumerable.Range(0, Count).Select(i => Name($"{i % 3}/old-{i:000}")).ToHashSet(), listed.ToHashSet());
    }

    [Fact]
    public async Task An_upload_in_progress_is_not_listed()
    {
        await using var upload = await Store.CreateAsync(Name(), Ct);
        await upload.Content.WriteAsync(Bytes(500_000), Ct);
        await upload.Content.FlushAsync(Ct);

        Assert.DoesNotContain(await ListAsync(""), stored => stored.Length >= 500_000 && !stored.Name.StartsWith("conformance/", StringComparison.Ordinal));
        Assert.Empty(await ListAsync(Prefix));
    }

    [Fact]
    public async Task A_listing_can_be_left_early_and_cancelled()
    {
        for (var i = 0; i < 10; i++)
            await PutAsync(Name($"{i}"), Bytes(1));

        await foreach (var stored in Store.ListAsync(Prefix, Ct))
        {
            Assert.StartsWith(Prefix, stored.Name, StringComparison.Ordinal);
            break;
        }

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var stored in Store.ListAsync(Prefix, new CancellationToken(canceled: true)))
                Assert.Fail($"{stored.Name} was listed after the cancel");
        });
    }

    Task PutManyAsync(int count, Func<int, string> name) => Parallel.ForEachAsync(
        Enumerable.Range(0, count),
        new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = Ct },
        async (i, _) => await PutAsync(name(i), Bytes(1)));
}
