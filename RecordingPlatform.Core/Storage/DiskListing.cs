#pragma warning disable RS0030 // The disk provider's objects are files.
using System.IO.Enumeration;
using System.Runtime.Versioning;

namespace RecordingPlatform.Core.Storage;

/// <summary>
/// Walks a container without ever holding a folder's names in memory. Objects and folders that come or go meanwhile are met or
/// not; the rest exactly once, as POSIX promises for reading a folder.
/// </summary>
[SupportedOSPlatform("linux")]
internal static class DiskListing
{
    static readonly IEnumerable<(string Name, bool IsFolder)> Nothing = [];

    static readonly EnumerationOptions Everything = new() { AttributesToSkip = FileAttributes.None, IgnoreInaccessible = false };

    public static IEnumerable<StoredObject> Walk(string root, string prefix, TimeProvider clock)
    {
        var inFolder = prefix[..(prefix.LastIndexOf('/') + 1)];
        return Walk(Path.Combine(root, inFolder), inFolder, prefix[inFolder.Length..], clock);
    }

    static IEnumerable<StoredObject> Walk(string folder, string folderName, string beginning, TimeProvider clock)
    {
        foreach (var (entry, isFolder) in Entries(folder) ?? Nothing)
        {
            if (!entry.StartsWith(beginning, StringComparison.Ordinal) || entry.StartsWith('.'))
                continue;

            var path = Path.Combine(folder, entry);
            if (isFolder)
            {
                foreach (var stored in Walk(path, $"{folderName}{entry}/", "", clock))
                    yield return stored;
            }
            else if (entry.EndsWith(DiskObjectStore.ObjectSuffix))
            {
                var file = new FileInfo(path);
                if (file.Exists)
                    yield return new StoredObject($"{folderName}{entry[..^1]}", file.Length, new DateTimeOffset(file.LastWriteTimeUtc), TierRecord.Read(path, clock.GetUtcNow()).Tier);
            }
        }
    }

    static FileSystemEnumerable<(string Name, bool IsFolder)>? Entries(string folder)
    {
        try
        {
            // Opens the folder here, where its absence can be caught.
            return new FileSystemEnumerable<(string Name, bool IsFolder)>(folder, (ref entry) => (entry.FileName.ToString(), entry.IsDirectory), Everything);
        }
        catch (DirectoryNotFoundException)
        {
            return null;
        }
    }
}
