#pragma warning disable RS0030 // The disk provider's objects are files.
using System.Runtime.Versioning;
using Microsoft.Extensions.Logging;

namespace RecordingPlatform.Core.Storage;

/// <summary>
/// Where one writer's uploads grow: its own folder below <c>.incoming</c>, locked for as long as the writer lives. The kernel
/// drops the lock with the process, however it ends, so a folder whose lock is free belongs to nobody.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed partial class IncomingFolder : IDisposable
{
    public const string Name = ".incoming";

    const string LockName = ".lock";

    readonly string all;
    readonly string mine;
    readonly FileStream held;

    /// <summary>Makes and locks this writer's folder.</summary>
    public IncomingFolder(string root)
    {
        all = Path.Combine(root, Name);
        mine = Path.Combine(all, $"{Guid.CreateVersion7():n}");
        DiskFolders.Create(mine);
        held = Lock(Path.Combine(mine, LockName));
    }

    public string NewPath() => Path.Combine(mine, $"{Guid.CreateVersion7():n}");

    /// <summary>Removes the folders of dead writers which nothing has touched since <paramref name="before"/>.</summary>
    public void Sweep(DateTimeOffset before, ILogger logger)
    {
        foreach (var folder in Directory.EnumerateDirectories(all))
        {
            try
            {
                if (folder != mine && LastTouchedAt(folder) <= before)
                    RemoveUnlessHeld(folder, logger);
            }
            catch (DirectoryNotFoundException)
            {
                // Its writer or another sweep removed it first.
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                // What is left behind costs space, which is no reason to refuse the write that came along.
                Log.NotSwept(logger, Path.GetFileName(folder), failure);
            }
        }
    }

    /// <summary>An upload still open keeps the folder; another writer's sweep finds it later.</summary>
    public void Dispose()
    {
        if (!held.CanWrite)
            return;
        Posix.Unlink(Path.Combine(mine, LockName));
        Posix.RemoveEmptyFolder(mine);
        held.Dispose();
    }

    // FileShare.None is flock(LOCK_EX): between processes, and between handles of one.
    static FileStream Lock(string file) => new(file, new FileStreamOptions
    {
        Mode = FileMode.OpenOrCreate,
        Access = FileAccess.ReadWrite,
        Share = FileShare.None,
        BufferSize = 0,
        UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
    });

    static DateTimeOffset LastTouchedAt(string folder)
    {
        var last = Directory.GetLastWriteTimeUtc(folder);
        foreach (var file in new DirectoryInfo(folder).EnumerateFiles())
            last = file.LastWriteTimeUtc > last ? file.LastWriteTimeUtc : last;
        return new DateTimeOffset(last);
    }

    static void RemoveUnlessHeld(string folder, ILogger logger)
    {
        FileStream locked;
        try
        {
            locked = Lock(Path.Combine(folder, LockName));
        }
        catch (IOException failure) when (Posix.IsHeldByAnother(failure))
        {
            return;
        }

        using (locked)
        {
            var uploads = 0;
            var bytes = 0L;
            foreach (var file in new DirectoryInfo(folder).EnumerateFiles().Where(file => file.Name != LockName))
            {
                uploads++;
                bytes += file.Length;
                Posix.Unlink(file.FullName);
            }

            Posix.Unlink(Path.Combine(folder, LockName));
            Posix.RemoveEmptyFolder(folder);
            Log.Swept(logger, uploads, bytes);
        }
    }

    static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Removed what a dead writer had left: {Uploads} uploads, {Bytes} bytes")]
        public static partial void Swept(ILogger logger, int uploads, long bytes);

        [LoggerMessage(2, LogLevel.Warning, "Could not remove what the dead writer {Writer} had left")]
        public static partial void NotSwept(ILogger logger, string writer, Exception failure);
    }
}
