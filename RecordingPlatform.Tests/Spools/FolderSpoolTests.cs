using RecordingPlatform.Tests.Fixtures;
using RecordingPlatform.Worker.Spools;

namespace RecordingPlatform.Tests.Spools;

public sealed class FolderSpoolTests : IDisposable
{
    readonly string _home = Directory.CreateTempSubdirectory("rp-spool-").FullName;

    string Root => Path.Combine(_home, "spool");

    FolderSpool Spool => new(Root);

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    public FolderSpoolTests() => Directory.CreateDirectory(Path.Combine(Root, "2026/11/25"));

    [Fact]
    public async Task A_folder_is_listed_with_what_its_entries_are_and_one_that_is_not_there_is_empty()
    {
        await File.WriteAllBytesAsync(Path.Combine(Root, "2026/11/25/a.wav"), new byte[123], Ct);
        File.CreateSymbolicLink(Path.Combine(Root, "2026/11/25/b.wav"), "/etc/passwd");
        Directory.CreateDirectory(Path.Combine(Root, "2026/11/25/c.wav"));
        var entries = (await Spool.ListAsync("2026/11/25", Ct)).OrderBy(e => e.Name, StringComparer.Ordinal).ToList();
        Assert.Equal([("a.wav", SpoolKind.File), ("b.wav", SpoolKind.Link), ("c.wav", SpoolKind.Other)], entries.Select(e => (e.Name!, e.Kind)));
        Assert.Equal(123, entries[0].SizeBytes);
        Assert.Equal((await Spool.StatAsync("2026/11/25/a.wav", Ct))!.Value.ModifiedAt, entries[0].ModifiedAt);
        Assert.Empty(await Spool.ListAsync("2026/11/26", Ct));
        Assert.Null(await Spool.StatAsync("2026/11/26/a.wav", Ct));
    }

    [Fact]
    public async Task A_part_of_a_file_is_read_to_its_end()
    {
        var content = new byte[300_000];
        new Random(1).NextBytes(content);
        await File.WriteAllBytesAsync(Path.Combine(Root, "2026/11/25/a.wav"), content, Ct);
        var read = new MemoryStream();
        var stat = await Spool.ReadAsync("2026/11/25/a.wav", 1000, 299_000, (bytes, ct) => read.WriteAsync(bytes, ct), Ct);
        Assert.Equal(content[1000..299_000], read.ToArray());
        Assert.Equal(content.Length, stat.SizeBytes);
    }

    [Theory]
    [InlineData("2026/11/25/link.wav")]
    [InlineData("2026/11/25/outside/passwd")]
    [InlineData("2026/11/25/inside/a.wav")]
    [InlineData("2026/11/25/../../../secret")]
    [InlineData("2026/11/25/.")]
    [InlineData("2026/11//25")]
    [InlineData("2026/11/25/pipe.wav")]
    [InlineData("2026/11/25/folder.wav")]
    public async Task What_lies_behind_a_link_or_is_no_file_is_refused(string path)
    {
        await File.WriteAllTextAsync(Path.Combine(_home, "secret"), "secret", Ct);
        File.CreateSymbolicLink(Path.Combine(Root, "2026/11/25/link.wav"), Path.Combine(_home, "secret"));
        Directory.CreateSymbolicLink(Path.Combine(Root, "2026/11/25/outside"), "/etc");
        Directory.CreateDirectory(Path.Combine(Root, "real"));
        await File.WriteAllTextAsync(Path.Combine(Root, "real/a.wav"), "inside", Ct);
        Directory.CreateSymbolicLink(Path.Combine(Root, "2026/11/25/inside"), Path.Combine(Root, "real"));
        Directory.CreateDirectory(Path.Combine(Root, "2026/11/25/folder.wav"));
        await Run.ToEndAsync("mkfifo", Path.Combine(Root, "2026/11/25/pipe.wav"));
        var read = new MemoryStream();
        var refused = await Assert.ThrowsAsync<SpoolException>(() => Spool.ReadAsync(path, 0, 100, (bytes, ct) => read.WriteAsync(bytes, ct), Ct));
        Assert.Equal(SpoolFault.NotAFile, refused.Fault);
        Assert.Equal(0, read.Length);
        Assert.DoesNotContain(_home, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_day_that_is_a_link_is_not_listed()
    {
        Directory.CreateSymbolicLink(Path.Combine(Root, "2026/11/26"), "/etc");
        Assert.Equal(SpoolFault.NotAFile, (await Assert.ThrowsAsync<SpoolException>(() => Spool.ListAsync("2026/11/26", Ct))).Fault);
    }

    [Fact]
    public async Task A_spool_that_is_not_mounted_is_told_from_a_day_without_recordings()
    {
        var refused = await Assert.ThrowsAsync<SpoolException>(() => new FolderSpool(Path.Combine(_home, "nowhere")).ListAsync("2026/11/25", Ct));
        Assert.Equal(SpoolFault.Settings, refused.Fault);
        Assert.Contains("media location", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_root_itself_may_be_a_link()
    {
        File.WriteAllBytes(Path.Combine(Root, "2026/11/25/a.wav"), [1]);
        Directory.CreateSymbolicLink(Path.Combine(_home, "mounted"), Root);
        Assert.Single(await new FolderSpool(Path.Combine(_home, "mounted")).ListAsync("2026/11/25", Ct));
    }

    public void Dispose() => Directory.Delete(_home, recursive: true);
}
