using System.Buffers;
using System.Runtime.Versioning;

namespace RecordingPlatform.Core.Storage;

/// <summary>
/// A new file, 0600, that nobody reads before it is finished. Small writes are gathered, large ones go straight to the file.
/// A write that fails or is cancelled removes the file at once, so that a full disk gets its space back.
/// </summary>
/// <exception cref="ObjectStoreFullException">From creating, writing and finishing.</exception>
[SupportedOSPlatform("linux")]
internal sealed class IncomingFile : Stream
{
    // A sealed segment is a little longer, so media is not copied here.
    const int GatheredBytes = 64 * 1024;

    readonly string container;
    readonly FileStream file;
    byte[]? gathered = ArrayPool<byte>.Shared.Rent(GatheredBytes);
    int gatheredCount;
    bool closed;
    bool discarded;

    public IncomingFile(string path, string container)
    {
        Path = path;
        this.container = container;
        file = DiskFailure.Guard(container, () => new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            BufferSize = 0,
            Options = FileOptions.Asynchronous,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }));
    }

    public string Path { get; }

    /// <summary>A write failed, or the file was finished or discarded: there is nothing to publish.</summary>
    public bool Discarded => discarded;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => !closed && !discarded;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Brings every byte to the disk and closes the file, which then only waits for its name. Blocks.</summary>
    public void Finish()
    {
        ObjectDisposedException.ThrowIf(discarded, this);
        closed = true;
        Guard(() =>
        {
            WriteGathered();
            file.Flush(flushToDisk: true);
            file.Dispose();
        });
    }

    /// <summary>Removes the file. Safe twice.</summary>
    public void Discard()
    {
        if (discarded)
            return;
        discarded = true;
        if (gathered is not null)
            ArrayPool<byte>.Shared.Return(gathered);
        gathered = null;
        file.Dispose();
        Posix.Unlink(Path);
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(!CanWrite, this);
        await GuardAsync(async () =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (Gather(buffer.Span))
                return;
            await WriteGatheredAsync(cancellationToken);
            if (!Gather(buffer.Span))
                await file.WriteAsync(buffer, cancellationToken);
        });
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Write(byte[] buffer, int offset, int count)
    {
        ObjectDisposedException.ThrowIf(!CanWrite, this);
        Guard(() =>
        {
            var bytes = buffer.AsSpan(offset, count);
            if (Gather(bytes))
                return;
            WriteGathered();
            if (!Gather(bytes))
                file.Write(bytes);
        });
    }

    public override async Task FlushAsync(CancellationToken cancellationToken)
    {
        if (CanWrite)
            await GuardAsync(() => WriteGatheredAsync(cancellationToken));
    }

    public override void Flush()
    {
        if (CanWrite)
            Guard(WriteGathered);
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    // Closing the content says only that no more comes: the upload decides what becomes of the file.
    protected override void Dispose(bool disposing)
    {
        closed = true;
        base.Dispose(disposing);
    }

    bool Gather(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length >= GatheredBytes || bytes.Length > GatheredBytes - gatheredCount)
            return false;
        bytes.CopyTo(gathered.AsSpan(gatheredCount));
        gatheredCount += bytes.Length;
        return true;
    }

    void WriteGathered()
    {
        if (gatheredCount > 0)
            file.Write(gathered.AsSpan(0, gatheredCount));
        gatheredCount = 0;
    }

    async Task WriteGatheredAsync(CancellationToken ct)
    {
        if (gatheredCount > 0)
            await file.WriteAsync(gathered.AsMemory(0, gatheredCount), ct);
        gatheredCount = 0;
    }

    void Guard(Action write)
    {
        var succeeded = false;
        try
        {
            DiskFailure.Guard(container, write);
            succeeded = true;
        }
        finally
        {
            if (!succeeded)
                Discard();
        }
    }

    async Task GuardAsync(Func<Task> write)
    {
        var succeeded = false;
        try
        {
            await DiskFailure.GuardAsync(container, write);
            succeeded = true;
        }
        finally
        {
            if (!succeeded)
                Discard();
        }
    }
}
