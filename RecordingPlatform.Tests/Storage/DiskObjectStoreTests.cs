using System.Runtime.Versioning;
using RecordingPlatform.Core.Storage;

namespace RecordingPlatform.Tests.Storage;

/// <summary>What only the disk provider promises.</summary>
[SupportedOSPlatform("linux")]
public sealed class DiskObjectStoreTests : IDisposable
{
    static CancellationToken Ct => TestContext.Current.CancellationToken;

    readonly DiskContainer container = new();

    public void Dispose() => container.Dispose();

    [Fact]
    public async Task Only_the_owner_can_enter_its_folders_and_read_its_files()
    {
        var store = container.Open();
        await PutAsync(store, "a/b/c", 10);
        await store.SetTierAsync("a/b/c", StorageTier.Archive, Ct);
        await using var upload = await store.CreateAsync("a/b/d", Ct);
        await upload.Content.WriteAsync(new byte[100_000], Ct);

        string[] files = Directory.GetFiles(container.Options.Path, "*", SearchOption.AllDirectories);
        string[] folders = [container.Options.Path, .. Directory.GetDirectories(container.Options.Path, "*", SearchOption.AllDirectories)];

        Assert.Equal(4, files.Length); // object, tier, upload, lock
        Assert.All(files, file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file)));
        Assert.Equal(6, folders.Length);
        Assert.All(folders, folder => Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, new DirectoryInfo(folder).UnixFileMode));
    }

    [Fact]
    public async Task Opening_and_reading_make_no_folder()
    {
        var store = container.Open();
        await using var read = await store.ReadAsync("a/b", 0, 1, Ct);
        Assert.IsType<ObjectRead.NotFound>(read);
        Assert.False(await store.DeleteAsync("a/b", Ct));
        await foreach (var stored in store.ListAsync("", Ct))
            Assert.Fail(stored.Name);

        Assert.False(Directory.Exists(container.Options.Path));
    }

    [Fact]
    public async Task The_last_object_takes_its_empty_folders_with_it()
    {
        var store = container.Open();
        await PutAsync(store, "a/b/c/one", 1);
        await PutAsync(store, "a/two", 1);

        await store.DeleteAsync("a/b/c/one", Ct);
        Assert.False(Directory.Exists(Path.Combine(container.Root, "a", "b")));
        Assert.True(Directory.Exists(Path.Combine(container.Root, "a")));

        await store.DeleteAsync("a/two", Ct);
        Assert.Equal([container.Incoming], Directory.GetFileSystemEntries(container.Root));
    }

    [Fact]
    public async Task What_is_no_object_is_not_listed()
    {
        var store = container.Open();
        await PutAsync(store, "a", 1);
        await store.SetTierAsync("a", StorageTier.Cool, Ct);
        // Network file systems keep copies of every file in hidden folders.
        var snapshot = Directory.CreateDirectory(Path.Combine(container.Root, ".snapshot"));
        File.Copy(Path.Combine(container.Root, "a@"), Path.Combine(snapshot.FullName, "a@"));
        await File.WriteAllTextAsync(Path.Combine(container.Root, "notes.txt"), "by hand", Ct);

        Assert.Equal(["a"], await DiskContainer.ListAsync(store));
    }

    [Fact]
    public async Task A_store_that_closes_leaves_no_trace_of_itself()
    {
        var store = container.Open();
        await PutAsync(store, "a", 1);
        Assert.Single(Directory.GetDirectories(container.Incoming));

        store.Dispose();

        Assert.Empty(Directory.GetFileSystemEntries(container.Incoming));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => store.CreateAsync("b", Ct));
    }

    [Fact]
    public async Task Uploads_that_ended_in_any_way_leave_no_file_behind()
    {
        var store = container.Open();
        await PutAsync(store, "a", 100_000);
        await PutAsync(store, "a", 100_000);
        await (await store.CreateAsync("b", Ct)).DisposeAsync();
        await using (var cancelled = await store.CreateAsync("c", Ct))
        {
            await cancelled.Content.WriteAsync(new byte[100_000], Ct);
            Assert.Single(container.UploadsUnderWay());
            await Assert.ThrowsAnyAsync<OperationCanceledException>(
                () => cancelled.Content.WriteAsync(new byte[1], new CancellationToken(canceled: true)).AsTask());
            Assert.Empty(container.UploadsUnderWay());
        }

        Assert.Empty(container.UploadsUnderWay());
    }

    [Fact]
    public async Task A_disposed_read_closes_its_file()
    {
        var store = container.Open();
        await PutAsync(store, "a", 100_000);
        var file = Path.Combine(container.Root, "a@");

        await using (var read = await store.ReadAsync("a", 0, long.MaxValue, Ct))
        {
            Assert.Contains(file, OpenFiles());
            await Assert.IsType<ObjectRead.Found>(read).Content.ReadExactlyAsync(new byte[10], Ct);
        }

        Assert.DoesNotContain(file, OpenFiles());
        await store.SetTierAsync("a", StorageTier.Archive, Ct);
        await using var archived = await store.ReadAsync("a", 0, 1, Ct);
        Assert.DoesNotContain(file, OpenFiles());
    }

    [Fact]
    public async Task A_file_cut_short_behind_our_back_fails_the_read_instead_of_ending_it()
    {
        var store = container.Open();
        await PutAsync(store, "a", 100_000);
        await using var read = await store.ReadAsync("a", 0, long.MaxValue, Ct);
        var content = Assert.IsType<ObjectRead.Found>(read).Content;

        await using (var file = new FileStream(Path.Combine(container.Root, "a@"), FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            file.SetLength(60_000);

        await content.ReadExactlyAsync(new byte[60_000], Ct);
        var failure = await Assert.ThrowsAsync<IOException>(() => content.ReadAsync(new byte[1], Ct).AsTask());
        Assert.Contains("'a' ends after 60000 bytes", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_tier_record_is_an_error_and_not_a_tier()
    {
        var store = container.Open();
        await PutAsync(store, "a", 10);
        foreach (var damaged in (string[])["", "warm", "archive hot", "archive hot soon", "cool hot 2026-01-31T12:00:00.0000000Z", "cold\n"])
        {
            await File.WriteAllTextAsync(Path.Combine(container.Root, "a@tier"), damaged, Ct);
            await Assert.ThrowsAsync<IOException>(() => store.GetTierAsync("a", Ct));
            await Assert.ThrowsAsync<IOException>(() => store.ReadAsync("a", 0, 1, Ct));
        }
    }

    [Fact]
    public async Task The_tier_record_is_the_documented_line()
    {
        var store = container.Open();
        await PutAsync(store, "a", 10);
        var record = Path.Combine(container.Root, "a@tier");
        await store.SetTierAsync("a", StorageTier.Cool, Ct);
        Assert.Equal("cool", await File.ReadAllTextAsync(record, Ct));

        await File.WriteAllTextAsync(record, "archive cold 2999-01-31T12:00:00.0000000Z", Ct);
        Assert.Equal(new TierState(StorageTier.Archive, StorageTier.Cold), await store.GetTierAsync("a", Ct));
        await File.WriteAllTextAsync(record, "archive cold 1999-01-31T12:00:00.0000000Z", Ct);
        Assert.Equal(new TierState(StorageTier.Cold), await store.GetTierAsync("a", Ct));

        await store.SetTierAsync("a", StorageTier.Hot, Ct);
        Assert.False(File.Exists(record));
    }

    [Fact]
    public async Task Without_a_delay_a_restore_is_immediate()
    {
        container.Options.RestoreDelay = TimeSpan.Zero;
        var store = container.Open();
        await PutAsync(store, "a", 10);
        await store.SetTierAsync("a", StorageTier.Archive, Ct);

        Assert.Equal(new TierState(StorageTier.Hot), await store.SetTierAsync("a", StorageTier.Hot, Ct));
    }

    [Fact]
    public async Task A_probe_says_why_a_store_is_not_writable_without_showing_its_path()
    {
        await File.WriteAllTextAsync(container.Options.Path, "a file where the folder should be", Ct);
        try
        {
            var probe = await container.Open().ProbeAsync(Ct);

            Assert.False(probe.Writable);
            Assert.False(string.IsNullOrWhiteSpace(probe.Reason));
            Assert.DoesNotContain("/", probe.Reason, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(container.Options.Path);
        }
    }

    [Fact]
    public async Task A_probe_notices_that_the_folder_went_away()
    {
        var store = container.Open();
        Assert.Equal(StoreProbe.Healthy, await store.ProbeAsync(Ct));
        Directory.Delete(container.Root, recursive: true);

        var probe = await store.ProbeAsync(Ct);

        Assert.False(probe.Writable);
        Assert.DoesNotContain("/", probe.Reason, StringComparison.Ordinal);
        await Assert.ThrowsAnyAsync<IOException>(() => store.CreateAsync("a", Ct));
    }

    static async Task PutAsync(DiskObjectStore store, string name, int length)
    {
        await using var upload = await store.CreateAsync(name, Ct);
        await upload.Content.WriteAsync(new byte[length], Ct);
        await upload.CommitAsync(Ct);
    }

    static string?[] OpenFiles() =>
        [.. Directory.GetFiles("/proc/self/fd").Select(descriptor => new FileInfo(descriptor).LinkTarget)];
}
