using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace RecordingPlatform.Core.Storage;

/// <summary>
/// A range of an object's file, read straight into the caller's memory: one system call per read, no buffer of its own.
/// Gives the whole range or throws. An asynchronous read is one on the caller's thread: files have no other way here than a
/// thread that waits, and handing each read to another one costs a seek as much as the read does.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class DiskReadStream(SafeFileHandle file, string name, long offset, long length) : ReadOnlyStream
{
    // What Stream.CopyTo uses by itself, 80 KiB, costs a disk eight times the calls.
    const int CopyBytes = 1024 * 1024;

    long read;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<int>(cancellationToken);
        try
        {
            return ValueTask.FromResult(Read(buffer.Span));
        }
        catch (IOException e)
        {
            return ValueTask.FromException<int>(e);
        }
    }

    public override int Read(Span<byte> buffer)
    {
        var wanted = Wanted(buffer.Length);
        return wanted == 0 ? 0 : Took(RandomAccess.Read(file, buffer[..wanted], offset + read));
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken) =>
        base.CopyToAsync(destination, (int)Math.Clamp(length - read, 1, CopyBytes), cancellationToken);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            file.Dispose();
        base.Dispose(disposing);
    }

    int Wanted(int room) => (int)Math.Min(room, length - read);

    int Took(int count)
    {
        if (count == 0)
            throw new IOException($"Object '{name}' ends after {offset + read} bytes, {length - read} before the end it had when it was opened.");
        read += count;
        return count;
    }
}
