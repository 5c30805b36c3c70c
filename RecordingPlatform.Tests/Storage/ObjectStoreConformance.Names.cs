using RecordingPlatform.Core.Storage;

namespace RecordingPlatform.Tests.Storage;

public abstract partial class ObjectStoreConformance
{
    public static TheoryData<string> HostileNames { get; } =
    [
        "", "/", "/etc/passwd", "a/", "a//b", ".", "..", "../a", "a/..", "a/../b", "a/./b", ".hidden", "a/.hidden", ".incoming/a",
        "a..b", "a.", "a./b", "-a", "_a", "A", "a/B", "a b", "a\\b", "a\0b", "a\nb", "a\n", "a:b", "a@", "a@tier", "a%2fb", "a?b", "a#b",
        "a*", "~", "é", "a\u202eb", "a\ud83d\ude00",
        new string('a', ObjectName.MaxSegmentLength + 1),
        string.Concat(Enumerable.Repeat("a/", ObjectName.MaxLength / 2)) + "a",
    ];

    [Theory]
    [MemberData(nameof(HostileNames))]
    public async Task A_hostile_name_is_refused_by_every_call(string name)
    {
        await AssertRefusedAsync(() => Store.CreateAsync(name, Ct));
        await AssertRefusedAsync(() => Store.ReadAsync(name, 0, 1, Ct));
        await AssertRefusedAsync(() => Store.DeleteAsync(name, Ct));
        await AssertRefusedAsync(() => Store.SetTierAsync(name, StorageTier.Hot, Ct));
        await AssertRefusedAsync(() => Store.GetTierAsync(name, Ct));

        async Task AssertRefusedAsync(Func<Task> call)
        {
            var refused = await Assert.ThrowsAsync<ArgumentException>(call);
            var shown = name.TakeWhile(c => c is >= ' ' and <= '~').Take(80).ToArray();
            Assert.Contains(new string(shown), refused.Message, StringComparison.Ordinal);
            Assert.DoesNotContain(refused.Message, char.IsControl);
        }
    }

    [Theory]
    [InlineData("/")]
    [InlineData("../")]
    [InlineData("a//")]
    [InlineData("a/../b")]
    [InlineData(".incoming/")]
    [InlineData("A")]
    [InlineData("a\n")]
    public async Task A_hostile_prefix_is_refused(string prefix) =>
        await Assert.ThrowsAsync<ArgumentException>(() => ListAsync(prefix));

    [Fact]
    public async Task Every_name_the_rules_allow_is_stored_and_listed()
    {
        var room = ObjectName.MaxLength - Prefix.Length;
        string[] names =
        [
            Name("0"), Name("a.b-c_d"), Name("a-"), Name("a_"), Name("con"), Name("a/b/c/d/e/f/g"),
            Name(new string('z', ObjectName.MaxSegmentLength)),
            Name($"{new string('a', 200)}/{new string('b', 200)}/{new string('c', room - 402)}"),
            Name(string.Concat(Enumerable.Repeat("d/", (room - 1) / 2)) + "e"),
        ];

        foreach (var (index, name) in names.Index())
        {
            Assert.Equal(PutOutcome.Created, await PutAsync(name, Bytes(index)));
            Assert.Equal(index, (await GetAsync(name)).Length);
        }

        Assert.Equal(names.Order(StringComparer.Ordinal), await ListedNamesAsync(Prefix));
        foreach (var name in names)
            Assert.True(await Store.DeleteAsync(name, Ct), name);
        Assert.Empty(await ListAsync(Prefix));
    }
}
