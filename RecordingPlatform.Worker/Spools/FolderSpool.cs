using System.IO.Enumeration;
using Microsoft.Win32.SafeHandles;

namespace RecordingPlatform.Worker.Spools;

/// <summary>
/// A spool that is mounted here. Each part of a path is opened from the one before it and never through a link, so nothing
/// that anybody puts into the spool leads out of it. The root itself is the administrator's and may be a link.
/// </summary>
sealed class FolderSpool(string root) : ISpool
{
    const int BufferBytes = 128 * 1024;

    // The calls of a mount block: not on the caller's thread.
    public Task<IReadOnlyList<SpoolEntry>> ListAsync(string folder, CancellationToken ct) => Task.Run<IReadOnlyList<SpoolEntry>>(() =>
    {
        using var opened = OpenFolder(folder.Length == 0 ? [] : folder.Split('/'));
        if (opened is null)
            return [];
        var entries = new List<SpoolEntry>();
        // The open folder itself, wherever its name leads by now.
        var listing = new FileSystemEnumerable<SpoolEntry>($"/proc/self/fd/{opened.DangerousGetHandle()}", Read, new EnumerationOptions { AttributesToSkip = FileAttributes.None, IgnoreInaccessible = false });
        try
        {
            foreach (var entry in listing)
            {
                ct.ThrowIfCancellationRequested();
                entries.Add(entry);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SpoolException(e is UnauthorizedAccessException ? SpoolFault.Denied : SpoolFault.Unreachable, "The mounted folder could not be read to its end. Look at the mount and at the rights of the worker's user.", e);
        }
        return entries;
    }, ct);

    public async Task<SpoolStat> ReadAsync(string path, long offset, long end, SpoolSink sink, CancellationToken ct)
    {
        using var file = await Task.Run(() => OpenFile(path), ct) ?? throw Missing();
        var stat = NoFollow.Stat(file) is { IsFile: true } found ? found.Stat : throw NotAFile();
        var buffer = new byte[BufferBytes];
        while (offset < end)
        {
            var read = await RandomAccess.ReadAsync(file, buffer.AsMemory(0, (int)Math.Min(buffer.Length, end - offset)), offset, ct);
            if (read == 0)
                break;
            await sink(buffer.AsMemory(0, read), ct);
            offset += read;
        }
        return stat;
    }

    public Task<SpoolStat?> StatAsync(string path, CancellationToken ct) => Task.Run<SpoolStat?>(() =>
    {
        using var file = OpenFile(path);
        return file is null ? null : NoFollow.Stat(file) is { IsFile: true } found ? found.Stat : throw NotAFile();
    }, ct);

    SafeFileHandle? OpenFile(string path)
    {
        var parts = path.Split('/');
        using var folder = OpenFolder(parts[..^1]);
        return folder is null ? null : Opened(NoFollow.OpenFile(folder, Checked(parts[^1])));
    }

    SafeFileHandle? OpenFolder(string[] parts)
    {
        var folder = NoFollow.OpenRoot(root) switch
        {
            (var opened, 0) => opened,
            (_, NoFollow.Denied) => throw Denied(),
            (_, NoFollow.Missing or NoFollow.NotAFolder) => throw new SpoolException(SpoolFault.Settings, "The folder of the source's media location does not exist on this worker. Mount it, or correct the media location."),
            (_, var error) => throw Unreachable(error),
        };
        foreach (var part in parts)
        {
            SafeFileHandle? next;
            using (folder)
                next = Opened(NoFollow.OpenFolder(folder, Checked(part)));
            if (next is null)
                return null;
            folder = next;
        }
        return folder;
    }

    static SafeFileHandle? Opened((SafeFileHandle Handle, int Error) opened)
    {
        if (opened.Error == 0)
            return opened.Handle;
        opened.Handle.Dispose();
        return opened.Error switch
        {
            NoFollow.Missing => null,
            NoFollow.Denied => throw Denied(),
            NoFollow.IsLink or NoFollow.NotAFolder => throw NotAFile(),
            var error => throw Unreachable(error),
        };
    }

    static string Checked(string part) => part is "" or "." or ".." || part.Contains('\0', StringComparison.Ordinal) ? throw NotAFile() : part;

    static SpoolEntry Read(ref FileSystemEntry entry)
    {
        var name = entry.FileName.ToString();
        var kind = entry.Attributes.HasFlag(FileAttributes.ReparsePoint) ? SpoolKind.Link : entry.IsDirectory ? SpoolKind.Other : SpoolKind.File;
        // Bytes that are not UTF-8 became this mark: no path leads back to them.
        return new SpoolEntry(name.Contains('\uFFFD', StringComparison.Ordinal) ? null : name, kind, entry.Length, SpoolStat.Rounded(entry.LastWriteTimeUtc));
    }

    static SpoolException Missing() => new(SpoolFault.Missing, "The recording is no longer where it was seen.");

    static SpoolException NotAFile() => new(SpoolFault.NotAFile, "A name of a recording is a link, a folder or a device, or lies behind a link, and was not read. Look at the links in the recording folder.");

    static SpoolException Denied() => new(SpoolFault.Denied, "The worker's user may not read the mounted folder or a recording in it. Give it the right to (setfacl -m u:USER:rX, and -d for new files).");

    static SpoolException Unreachable(int error) => new(SpoolFault.Unreachable, $"The mounted folder does not answer (error {error}). Look at the mount.");
}
