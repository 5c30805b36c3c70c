using System.Buffers;
using System.IO.Pipelines;

namespace RecordingPlatform.Api.Http;

/// <summary>
/// A forward-only stream into a response. What is written synchronously (headers of an archive, a few bytes) waits in the
/// pipe's memory for the next asynchronous write: no thread ever waits for a client.
/// </summary>
internal sealed class ForwardStream(PipeWriter destination) : Stream
{
    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Write(byte[] buffer, int offset, int count) => destination.Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer) => destination.Write(buffer);

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        destination.Write(buffer.Span);
        await FlushAsync(cancellationToken);
    }

    public override void Flush()
    {
        // The next asynchronous write, or the end of the response, sends it.
    }

    public override async Task FlushAsync(CancellationToken cancellationToken)
    {
        // A client that left reads no more: going on would open recordings for nobody.
        if ((await destination.FlushAsync(cancellationToken)).IsCompleted)
            throw new OperationCanceledException("The client closed the connection.");
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
