using System.Runtime.Versioning;

namespace RecordingPlatform.Core.Storage;

[SupportedOSPlatform("linux")]
internal sealed class DiskUpload(string name, string path, DiskWriter writer) : ObjectUpload
{
    readonly IncomingFile file = writer.NewFile();
    bool committed;

    public override string Name => name;

    public override Stream Content => file;

    public override Task<PutOutcome> CommitAsync(CancellationToken ct)
    {
        if (committed || file.Discarded)
            throw new InvalidOperationException($"The upload of '{name}' was committed or given up before, or a write to it failed.");

        committed = true;
        // fsync has no asynchronous form and takes as long as the disk does.
        return Task.Run(() => Commit(ct), CancellationToken.None);
    }

    public override ValueTask DisposeAsync()
    {
        file.Discard();
        return ValueTask.CompletedTask;
    }

    PutOutcome Commit(CancellationToken ct)
    {
        try
        {
            ct.ThrowIfCancellationRequested();
            file.Finish();
            ct.ThrowIfCancellationRequested();
            return writer.Publish(file, path);
        }
        finally
        {
            file.Discard();
        }
    }
}
