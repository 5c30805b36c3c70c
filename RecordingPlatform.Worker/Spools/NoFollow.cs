using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace RecordingPlatform.Worker.Spools;

/// <summary>Opens folders and files of Linux one name at a time, refusing links: openat(2) with O_NOFOLLOW.</summary>
static partial class NoFollow
{
    /// <summary>What openat(2) answers: ENOENT, EACCES, ENOTDIR, ELOOP.</summary>
    public const int Missing = 2, Denied = 13, NotAFolder = 20, IsLink = 40;

    const int NonBlocking = 0x800, CloseOnExec = 0x80000, AtCurrent = -100, EmptyPath = 0x1000;

    // asm-generic/fcntl.h, which x86 does not and Arm does redefine.
    static readonly int s_folder = IsArm ? 0x4000 : 0x10000;
    static readonly int s_noFollow = IsArm ? 0x8000 : 0x20000;

    static bool IsArm => RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm;

    public static (SafeFileHandle Handle, int Error) OpenRoot(string path) => Result(OpenAt(AtCurrent, path, s_folder | CloseOnExec));

    public static (SafeFileHandle Handle, int Error) OpenFolder(SafeFileHandle parent, string name) => Result(OpenAt(parent, name, s_folder | s_noFollow | CloseOnExec));

    /// <summary>Does not wait for a pipe's other end; <see cref="Stat"/> says what it is.</summary>
    public static (SafeFileHandle Handle, int Error) OpenFile(SafeFileHandle parent, string name) => Result(OpenAt(parent, name, s_noFollow | NonBlocking | CloseOnExec));

    /// <summary>Of an open file.</summary>
    public static (bool IsFile, SpoolStat Stat) Stat(SafeFileHandle file)
    {
        // struct statx is the same on every machine: mode at 28, size at 40, time of change at 112.
        Span<byte> about = stackalloc byte[256];
        if (StatX(file, "", EmptyPath, 0x7ff, about) != 0)
            throw new SpoolException(SpoolFault.Unreachable, $"The mounted folder does not answer (error {Marshal.GetLastPInvokeError()}). Look at the mount.");
        var at = DateTimeOffset.FromUnixTimeSeconds(BinaryPrimitives.ReadInt64LittleEndian(about[112..]))
            .AddTicks(BinaryPrimitives.ReadUInt32LittleEndian(about[120..]) / TimeSpan.NanosecondsPerTick);
        const int Format = 0xF000, Regular = 0x8000;
        return ((BinaryPrimitives.ReadUInt16LittleEndian(about[28..]) & Format) == Regular,
            new SpoolStat(BinaryPrimitives.ReadInt64LittleEndian(about[40..]), SpoolStat.Rounded(at)));
    }

    static (SafeFileHandle, int) Result(SafeFileHandle handle) => (handle, handle.IsInvalid ? Marshal.GetLastPInvokeError() : 0);

    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle OpenAt(int parent, string name, int flags);

    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle OpenAt(SafeFileHandle parent, string name, int flags);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatX(SafeFileHandle folder, string name, int flags, uint mask, Span<byte> about);
}
