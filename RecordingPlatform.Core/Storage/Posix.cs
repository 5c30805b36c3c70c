using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace RecordingPlatform.Core.Storage;

/// <summary>
/// The system calls .NET does not offer, or offers without the answer that is needed here: whether a link was made, whether a
/// file was there to unlink, and fsync of a folder. Failures are <see cref="IOException"/> with the errno as HResult.
/// </summary>
[SupportedOSPlatform("linux")]
internal static partial class Posix
{
    // Linux, asm-generic/errno-base.h and errno.h: the same on x64 and arm64.
    const int NotFound = 2;
    const int WouldBlock = 11;
    const int Exists = 17;
    const int InvalidArgument = 22;
    const int NoSpace = 28;
    const int NotEmpty = 39;
    const int QuotaExceeded = 122;

    const int OpenReadOnly = 0;
    const int OpenCloseOnExec = 0x80000;

    public enum LinkAnswer
    {
        Linked,
        NameTaken,
        FolderMissing,
    }

    public static bool IsFull(IOException failure) => failure.HResult is NoSpace or QuotaExceeded;

    /// <summary>Whether opening failed because another handle, here or in another process, has the file locked.</summary>
    public static bool IsHeldByAnother(IOException failure) => failure.HResult == WouldBlock;

    /// <summary>What went wrong in the system's words, without the path that .NET's own message shows.</summary>
    public static string Describe(IOException failure) => failure.HResult is > 0 and < 4096
        ? Marshal.GetPInvokeErrorMessage(failure.HResult)
        : failure.GetType().Name;

    /// <summary>Gives a file a second name in one atomic step that never replaces what is there.</summary>
    public static LinkAnswer Link(string file, string name)
    {
        if (link(file, name) == 0)
            return LinkAnswer.Linked;
        return Marshal.GetLastPInvokeError() switch
        {
            Exists => LinkAnswer.NameTaken,
            NotFound => LinkAnswer.FolderMissing,
            var errno => throw Failure("link", errno),
        };
    }

    /// <returns>False when there was no such file.</returns>
    public static bool Unlink(string file)
    {
        if (unlink(file) == 0)
            return true;
        var errno = Marshal.GetLastPInvokeError();
        return errno == NotFound ? false : throw Failure("unlink", errno);
    }

    /// <returns>True when the folder is gone; false when something is in it.</returns>
    public static bool RemoveEmptyFolder(string folder)
    {
        if (rmdir(folder) == 0)
            return true;
        return Marshal.GetLastPInvokeError() switch
        {
            NotFound => true,
            Exists or NotEmpty => false,
            var errno => throw Failure("rmdir", errno),
        };
    }

    /// <summary>Makes the names in a folder durable.</summary>
    /// <returns>False when there is no such folder.</returns>
    public static bool SyncFolder(string folder)
    {
        var descriptor = open(folder, OpenReadOnly | OpenCloseOnExec);
        if (descriptor < 0)
        {
            var errno = Marshal.GetLastPInvokeError();
            return errno == NotFound ? false : throw Failure("open", errno);
        }

        try
        {
            // Some network file systems refuse to sync a folder because they always do.
            if (fsync(descriptor) != 0 && Marshal.GetLastPInvokeError() is not InvalidArgument and var errno)
                throw Failure("fsync", errno);
            return true;
        }
        finally
        {
            _ = close(descriptor);
        }
    }

    static IOException Failure(string call, int errno) => new($"{call}: {Marshal.GetPInvokeErrorMessage(errno)}", errno);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int link(string oldPath, string newPath);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int unlink(string path);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int rmdir(string path);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(int descriptor);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int close(int descriptor);
}
