using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using RecordingPlatform.Tests.Fixtures;
using RecordingPlatform.Worker.Media;

namespace RecordingPlatform.Tests.Media;

public sealed class WorkDirectoriesTests : IDisposable
{
    const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    readonly string _folder = Directory.CreateTempSubdirectory("rp-workdirs-").FullName;

    [Fact]
    public void A_directory_is_the_owners_alone_and_gone_afterwards()
    {
        using var directories = Open(_folder);
        string path;
        using (var directory = directories.Create(1000))
        {
            path = directory.Path;
            Assert.Equal(OwnerOnly, File.GetUnixFileMode(path));
            Assert.Equal(OwnerOnly, File.GetUnixFileMode(Path.GetDirectoryName(path)!));
            Directory.CreateDirectory(Path.Combine(path, "below"));
            File.WriteAllText(directory.File("original.wav"), "plaintext");
        }

        Assert.False(Directory.Exists(path));
    }

    [Theory]
    [InlineData("../escape")]
    [InlineData("/etc/passwd")]
    [InlineData("a/b")]
    [InlineData("..")]
    [InlineData("")]
    public void A_name_cannot_lead_out_of_it(string name)
    {
        using var directories = Open(_folder);
        using var directory = directories.Create(0);

        Assert.Throws<ArgumentException>(() => directory.File(name));
    }

    [Fact]
    public void What_fits_is_in_memory_and_the_rest_on_the_disk()
    {
        Assert.SkipUnless(new DriveInfo("/dev/shm").DriveFormat == "tmpfs", "This machine has no memory file system.");
        using var directories = Open("/dev/shm", memoryBytes: 1000);

        using (var first = directories.Create(600))
        using (var second = directories.Create(600))
        using (var third = directories.Create(400))
        using (var asked = directories.Create(0, onDisk: true))
        {
            Assert.Equal((true, false, true, false), (first.InMemory, second.InMemory, third.InMemory, asked.InMemory));
            Assert.StartsWith("/dev/shm/", first.Path, StringComparison.Ordinal);
            Assert.StartsWith(_folder, second.Path, StringComparison.Ordinal);
        }

        using var afterwards = directories.Create(1000);
        Assert.True(afterwards.InMemory);
        using var full = directories.Create(long.MaxValue / 2);
        Assert.False(full.InMemory);
    }

    [Fact]
    public void A_folder_on_a_disk_is_not_taken_for_memory()
    {
        Assert.SkipWhen(new DriveInfo(_folder).DriveFormat == "tmpfs", "The temporary folder is in memory here.");
        using var directories = Open(_folder);
        using var directory = directories.Create(0);

        Assert.False(directory.InMemory);
    }

    [Fact]
    public async Task A_dead_workers_leftovers_are_wiped_and_a_live_ones_are_not()
    {
        using var live = Open(_folder);
        using var inUse = live.Create(0);
        File.WriteAllText(inUse.File("original.wav"), "in use");
        var orphan = Directory.CreateDirectory(Path.Combine(_folder, "recordingplatform-work-0123456789abcdef", "job")).Parent!.FullName;
        File.WriteAllText(Path.Combine(orphan, "job", "original.wav"), "left behind");
        var foreign = Directory.CreateDirectory(Path.Combine(_folder, "somebody-elses")).FullName;

        // flock(1) stands for another worker's process, so that its end is one.
        var dying = Directory.CreateDirectory(Path.Combine(_folder, "recordingplatform-work-fedcba9876543210")).FullName;
        using var other = Run.Start("flock", dying + ".lock", "sleep", "600");
        await Until.TrueAsync(() => Task.FromResult(IsLocked(dying + ".lock")), TimeSpan.FromSeconds(10), "the lock is held");

        Open(_folder).Dispose();
        Assert.True(File.Exists(inUse.File("original.wav")));
        Assert.True(Directory.Exists(foreign));
        Assert.True(Directory.Exists(dying));
        Assert.False(Directory.Exists(orphan));

        other.Kill(entireProcessTree: true);
        await Until.TrueAsync(() => Task.FromResult(!IsLocked(dying + ".lock")), TimeSpan.FromSeconds(10), "the lock is free");
        Open(_folder).Dispose();
        Assert.False(Directory.Exists(dying));
        Assert.True(File.Exists(inUse.File("original.wav")));
    }

    [Fact]
    public void A_link_in_a_leftover_is_removed_and_not_followed()
    {
        var precious = Directory.CreateDirectory(Path.Combine(_folder, "precious")).FullName;
        File.WriteAllText(Path.Combine(precious, "keep"), "keep");
        var leftover = Directory.CreateDirectory(Path.Combine(_folder, "recordingplatform-work-00")).FullName;
        Directory.CreateSymbolicLink(Path.Combine(leftover, "link"), precious);
        Directory.CreateSymbolicLink(Path.Combine(_folder, "recordingplatform-work-01"), precious);

        Open(_folder).Dispose();

        Assert.True(File.Exists(Path.Combine(precious, "keep")));
        Assert.False(Directory.Exists(leftover));
    }

    [Fact]
    public void A_worker_that_ends_leaves_nothing()
    {
        var directories = Open(_folder);
        directories.Create(0);

        directories.Dispose();

        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder));
    }

    WorkDirectories Open(string memory, long memoryBytes = 1 << 20) =>
        new(Options.Create(new WorkdirOptions { Memory = memory, Folder = _folder, MemoryBytes = memoryBytes }), NullLogger<WorkDirectories>.Instance);

    static bool IsLocked(string path)
    {
        if (!File.Exists(path))
            return false;
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
