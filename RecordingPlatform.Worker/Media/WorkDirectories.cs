#pragma warning disable RS0030 // a work directory is where plaintext files are allowed to be

using System.Security.Cryptography;
using Microsoft.Extensions.Options;

namespace RecordingPlatform.Worker.Media;

/// <summary>
/// Hands out work directories, in memory while they fit. Each worker has a directory of its own below each root; a lock on
/// a file beside it is held while the worker lives, and the kernel lets go of it however the worker ends. So the leftovers
/// of a dead worker are told from those of a live one without trusting process ids, which repeat after a restart and in
/// every container that shares the folder.
/// </summary>
sealed partial class WorkDirectories : IDisposable
{
    internal const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    const string Prefix = "recordingplatform-work-";
    const string LockSuffix = ".lock";

    readonly WorkdirOptions _options;
    readonly Root _folder;
    readonly Root? _memory;
    long _reserved;

    public WorkDirectories(IOptions<WorkdirOptions> options, ILogger<WorkDirectories> logger)
    {
        _options = options.Value;
        foreach (var root in new[] { _options.Memory, _options.Folder }.Where(Directory.Exists).Distinct(StringComparer.Ordinal))
        {
            if (WipeLeftovers(root) is > 0 and var wiped)
                Log.LeftoversWiped(logger, wiped, root);
        }
        _folder = Root.Claim(_options.Folder);
        _memory = IsMemory(_options.Memory) ? Root.Claim(_options.Memory) : null;
        if (_memory is null)
            Log.NoMemory(logger, _options.Memory);
    }

    /// <summary>
    /// A new, empty directory.
    /// </summary>
    /// <param name="expectedBytes">What the job will have in it at most, the input included. An estimate: nothing enforces it.</param>
    /// <param name="onDisk">A job that ran out of room in memory asks for the disk the next time.</param>
    public WorkDirectory Create(long expectedBytes, bool onDisk = false)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(expectedBytes);
        var name = Guid.CreateVersion7().ToString("N");
        if (_memory is { } memory && !onDisk && TryReserve(expectedBytes))
            return new WorkDirectory(Path.Combine(memory.Directory, name), inMemory: true, () => Interlocked.Add(ref _reserved, -expectedBytes));
        return new WorkDirectory(Path.Combine(_folder.Directory, name), inMemory: false, () => { });
    }

    public void Dispose()
    {
        _folder.Dispose();
        _memory?.Dispose();
    }

    /// <summary>Other workers use the same memory, so half of what is free there stays free.</summary>
    bool TryReserve(long bytes)
    {
        var reserved = Interlocked.Add(ref _reserved, bytes);
        if (reserved <= _options.MemoryBytes && bytes <= new DriveInfo(_options.Memory).AvailableFreeSpace / 2)
            return true;
        Interlocked.Add(ref _reserved, -bytes);
        return false;
    }

    static bool IsMemory(string path) => Directory.Exists(path) && new DriveInfo(path).DriveFormat is "tmpfs" or "ramfs";

    /// <summary>Removes the directories of workers that are no more; returns how many.</summary>
    static int WipeLeftovers(string root)
    {
        var wiped = 0;
        foreach (var directory in Directory.EnumerateDirectories(root, Prefix + "*"))
        {
            using var held = Root.TryLock(directory + LockSuffix);
            if (held is null)
                continue; // its worker lives, or another worker is at it
            if (Directory.Exists(directory)) // a link in its place is removed, not followed
            {
                Directory.Delete(directory, recursive: true);
                wiped++;
            }
            File.Delete(directory + LockSuffix);
        }
        return wiped;
    }

    /// <summary>This worker's directory below one root. Its name cannot be guessed, so nobody can be there first.</summary>
    sealed class Root : IDisposable
    {
        readonly FileStream _lock;

        Root(string directory, FileStream held)
        {
            Directory = directory;
            _lock = held;
        }

        public string Directory { get; }

        public static Root Claim(string root)
        {
            System.IO.Directory.CreateDirectory(root);
            var directory = Path.Combine(root, Prefix + RandomNumberGenerator.GetHexString(32, lowercase: true));
            // Lock first: a directory without one is a leftover to every other worker.
            var held = TryLock(directory + LockSuffix) ?? throw new IOException($"The new lock '{directory}{LockSuffix}' is held by someone else.");
            System.IO.Directory.CreateDirectory(directory, OwnerOnly);
            return new Root(directory, held);
        }

        /// <summary>FileShare.None is flock(2) here. Null when a live process holds it.</summary>
        public static FileStream? TryLock(string path)
        {
            try
            {
                return new FileStream(path, new FileStreamOptions
                {
                    Mode = FileMode.OpenOrCreate,
                    Access = FileAccess.ReadWrite,
                    Share = FileShare.None,
                    UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
                });
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return null;
            }
        }

        public void Dispose()
        {
            if (System.IO.Directory.Exists(Directory))
                System.IO.Directory.Delete(Directory, recursive: true);
            File.Delete(_lock.Name);
            _lock.Dispose();
        }
    }

    static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Wiped the work directories of {Count} workers that died, below {Root}")]
        public static partial void LeftoversWiped(ILogger logger, int count, string root);

        [LoggerMessage(2, LogLevel.Warning, "{Path} is not a memory file system: work directories are on the disk")]
        public static partial void NoMemory(ILogger logger, string path);
    }
}
