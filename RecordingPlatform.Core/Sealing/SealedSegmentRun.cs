using System.Buffers;

namespace RecordingPlatform.Core.Sealing;

/// <summary>
/// Reads consecutive sealed segments from one ranged get, several per system call. Checks lengths only; what it yields is
/// still sealed. Owns its stream.
/// </summary>
internal sealed class SealedSegmentRun : IAsyncDisposable
{
    readonly Stream _stream;
    readonly SealedObjectIdentity _identity;
    readonly long _plaintextLength;
    readonly long _end;
    readonly int _perRead;
    readonly byte[] _buffer;

    /// <param name="stream">Stands at the start of segment <paramref name="first"/>.</param>
    /// <param name="identity">Names the object in failures.</param>
    /// <param name="plaintextLength">As the row says it.</param>
    /// <param name="first">First segment to read.</param>
    /// <param name="end">The segment after the last one to read.</param>
    /// <param name="perRead">Segments to read at once, at most.</param>
    public SealedSegmentRun(Stream stream, SealedObjectIdentity identity, long plaintextLength, long first, long end, int perRead)
    {
        _stream = stream;
        _identity = identity;
        _plaintextLength = plaintextLength;
        _end = end;
        _perRead = (int)Math.Min(perRead, end - first);
        _buffer = ArrayPool<byte>.Shared.Rent(_perRead * SealedLayout.SegmentLength + 1);
        Position = first;
    }

    /// <summary>Number of the first segment in hand.</summary>
    public long Position { get; private set; }

    /// <summary>How many segments are in hand.</summary>
    public int Count { get; private set; }

    /// <summary>Whether the object's last segment is in hand.</summary>
    public bool HoldsLast => IsLast(Position + Count - 1);

    /// <summary>Whether the store has bytes behind the last segment. Known once the run <see cref="HoldsLast"/>.</summary>
    public bool Overlong { get; private set; }

    /// <summary>Plaintext of all segments in hand.</summary>
    public int PlaintextLength =>
        (Count - 1) * SealedLayout.SegmentPlaintext + SealedLayout.PlaintextOf(Position + Count - 1, _plaintextLength);

    /// <summary>The bytes to ask the store for, one more than there should be when the run ends where the object does.</summary>
    public static long LengthOf(long first, long end, long plaintextLength) =>
        EndOffset(end, plaintextLength) - SealedLayout.SegmentOffset(first) + (end == SealedLayout.Segments(plaintextLength) ? 1 : 0);

    public bool IsLast(long position) => position == SealedLayout.Segments(_plaintextLength) - 1;

    /// <summary>One segment in hand, marker and tag included.</summary>
    public ReadOnlySpan<byte> Segment(int index) => _buffer.AsSpan(
        index * SealedLayout.SegmentLength,
        SealedLayout.PlaintextOf(Position + index, _plaintextLength) + FloeParameters.SegmentOverhead);

    /// <summary>Takes the next segments in hand. False when there are no more.</summary>
    /// <exception cref="SealedObjectException">The store ended before they did.</exception>
    public async ValueTask<bool> ReadAsync(CancellationToken ct)
    {
        Position += Count;
        Count = (int)Math.Min(_perRead, _end - Position);
        if (Count == 0)
            return false;

        var length = (int)(EndOffset(Position + Count, _plaintextLength) - SealedLayout.SegmentOffset(Position));
        var wanted = HoldsLast ? length + 1 : length;
        var read = await _stream.ReadAtLeastAsync(_buffer.AsMemory(0, wanted), wanted, throwOnEndOfStream: false, ct);
        if (read < length)
        {
            var at = Position + read / SealedLayout.SegmentLength;
            throw new SealedObjectException(
                SealedObjectFault.Truncated, _identity, $"Of {length} bytes from segment {Position} on the store has {read}.", at);
        }

        Overlong = read > length;
        return true;
    }

    public async ValueTask DisposeAsync()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        await _stream.DisposeAsync();
    }

    static long EndOffset(long end, long plaintextLength) =>
        Math.Min(SealedLayout.SegmentOffset(end), SealedLayout.SealedLength(plaintextLength));
}
