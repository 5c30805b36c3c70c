#pragma warning disable RS0030 // The disk provider's objects are files.
using System.Runtime.Versioning;
using System.Text;
using Microsoft.Extensions.Logging;

namespace RecordingPlatform.Core.Storage;

/// <summary>Everything that brings a file into a container: in its own folder first, then in one step under its name.</summary>
[SupportedOSPlatform("linux")]
internal sealed class DiskWriter(DiskStorageOptions options, string container, TimeProvider clock, ILogger logger) : IDisposable
{
    // A commit makes its folders again when a delete has just pruned them; losing this often in a row is something else.
    const int FolderAttempts = 100;

    readonly string top = Path.TrimEndingDirectorySeparator(options.Path);
    readonly string root = Path.Combine(options.Path, container);
    readonly Lock opening = new();
    IncomingFolder? incoming;
    DateTimeOffset sweptAt;
    bool disposed;

    /// <summary>Blocks. The first call makes the folders; the first and then one each sweep period clears up after dead writers.</summary>
    public IncomingFile NewFile()
    {
        lock (opening)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            incoming ??= DiskFailure.Guard(container, () => new IncomingFolder(root));

            var now = clock.GetUtcNow();
            if (now - sweptAt >= options.SweepAfter)
            {
                sweptAt = now;
                incoming.Sweep(now - options.SweepAfter, logger);
            }

            return new IncomingFile(incoming.NewPath(), container);
        }
    }

    /// <summary>Gives a finished file its name, unless that is taken. Durable when it returns. Blocks.</summary>
    public PutOutcome Publish(IncomingFile file, string path) => DiskFailure.Guard(container, () =>
    {
        var folder = Path.GetDirectoryName(path)!;
        for (var attempt = 0; attempt < FolderAttempts; attempt++)
        {
            switch (Posix.Link(file.Path, path))
            {
                case Posix.LinkAnswer.NameTaken:
                    return PutOutcome.AlreadyExists;
                case Posix.LinkAnswer.Linked:
                    DiskFolders.SyncUpTo(top, folder);
                    return PutOutcome.Created;
            }

            try
            {
                DiskFolders.Create(folder);
            }
            catch (DirectoryNotFoundException)
            {
                // Pruned between one folder and the next.
            }
        }

        throw new IOException($"The upload for '{Path.GetFileName(path)}' or its folder keeps vanishing before it can be given its name.");
    });

    /// <summary>Replaces a small file in one step, or removes it when there is no text. Blocks.</summary>
    /// <returns>False when its folder is not there.</returns>
    public bool ReplaceRecord(string path, string? text)
    {
        if (text is null)
        {
            Posix.Unlink(path);
            return Posix.SyncFolder(Path.GetDirectoryName(path)!);
        }

        using var file = NewFile();
        try
        {
            file.Write(Encoding.ASCII.GetBytes(text));
            file.Finish();
            File.Move(file.Path, path, overwrite: true);
            return Posix.SyncFolder(Path.GetDirectoryName(path)!);
        }
        catch (DirectoryNotFoundException)
        {
            return false;
        }
        finally
        {
            file.Discard();
        }
    }

    /// <summary>Does what a commit does, in the writer's own folder: a file system without hard links fails here, not at the first upload.</summary>
    public StoreProbe Probe()
    {
        IncomingFile? file = null;
        try
        {
            file = NewFile();
            file.WriteByte(0);
            file.Finish();
            var name = file.Path + ".probe";
            Posix.Link(file.Path, name);
            Posix.Unlink(name);
            return StoreProbe.Healthy;
        }
        catch (ObjectStoreFullException)
        {
            return new StoreProbe(Writable: false, "out of space");
        }
        catch (IOException failure)
        {
            return new StoreProbe(Writable: false, failure.InnerException is UnauthorizedAccessException ? "access denied" : Posix.Describe(failure));
        }
        finally
        {
            file?.Discard();
        }
    }

    public void Dispose()
    {
        lock (opening)
        {
            disposed = true;
            incoming?.Dispose();
        }
    }
}
