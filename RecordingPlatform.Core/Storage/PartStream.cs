namespace RecordingPlatform.Core.Storage;

/// <summary>
/// Takes an object's bytes in order and hands on each full part when more bytes follow it, so that an object which fits in one
/// part is never split. Holds at most one part in memory, and for a small object not much more than the object.
/// </summary>
internal sealed class PartStream(string name, int partBytes, Func<ReadOnlyMemory<byte>, CancellationToken, Task> send) : Stream
{
    const int FirstBytes = 64 * 1024;

    // Never from a pool: a request that was cancelled may still be reading it.
    byte[] buffer = [];
    int filled;
    bool closed;

    /// <summary>A write has thrown: bytes are missing.</summary>
    public bool Spoilt { get; private set; }

    /// <summary>What has not been handed on.</summary>
    public ReadOnlyMemory<byte> Rest => buffer.AsMemory(0, filled);

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => !closed;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(closed, this);
        if (Spoilt)
            throw new IOException($"A write to the upload of '{name}' failed before.");

        // True until the last byte is in: whatever throws meanwhile leaves it so.
        Spoilt = true;
        cancellationToken.ThrowIfCancellationRequested();
        while (!source.IsEmpty)
        {
            if (filled == partBytes)
            {
                await send(buffer, cancellationToken);
                filled = 0;
            }

            var taken = Math.Min(source.Length, partBytes - filled);
            Reserve(filled + taken);
            source[..taken].CopyTo(buffer.AsMemory(filled));
            filled += taken;
            source = source[taken..];
        }

        Spoilt = false;
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Write(byte[] buffer, int offset, int count) =>
        WriteAsync(buffer, offset, count, CancellationToken.None).GetAwaiter().GetResult();

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        closed = true;
        base.Dispose(disposing);
    }

    void Reserve(int bytes)
    {
        if (bytes > buffer.Length)
            Array.Resize(ref buffer, Math.Min(partBytes, Math.Max(bytes, Math.Max(FirstBytes, 2 * buffer.Length))));
    }
}
