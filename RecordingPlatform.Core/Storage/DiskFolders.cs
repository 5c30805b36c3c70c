using System.Runtime.Versioning;

namespace RecordingPlatform.Core.Storage;

/// <summary>Folders only their owner can enter.</summary>
[SupportedOSPlatform("linux")]
internal static class DiskFolders
{
    const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Makes a folder and those above it. What exists keeps its mode.</summary>
    public static void Create(string folder)
    {
        if (Directory.Exists(folder))
            return;
        // One by one: given a path, Directory.CreateDirectory sets the mode of its last folder only.
        if (Path.GetDirectoryName(folder) is { Length: > 0 } above)
            Create(above);
        Directory.CreateDirectory(folder, OwnerOnly);
    }

    /// <summary>Makes the names in a folder durable, and the folders above it up to and including <paramref name="top"/>.</summary>
    public static void SyncUpTo(string top, string folder)
    {
        // Each time, not only for folders this process made: who made one may not have come to its sync.
        for (var current = folder; current.Length >= top.Length; current = Path.GetDirectoryName(current)!)
        {
            Posix.SyncFolder(current);
            if (current.Length == top.Length)
                return;
        }
    }

    /// <summary>Removes a folder and those above it that became empty, below <paramref name="top"/>.</summary>
    public static void Prune(string top, string folder)
    {
        for (var current = folder; current.Length > top.Length; current = Path.GetDirectoryName(current)!)
        {
            if (!Posix.RemoveEmptyFolder(current))
                return;
        }
    }
}
