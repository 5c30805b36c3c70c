using System.Buffers;
using System.IO.Pipelines;
using System.Security.Cryptography;

namespace RecordingPlatform.Core.Sealing;

/// <summary>
/// Opens one sealed object and serves ranges of its plaintext, each from one ranged get of just the segments it needs. No
/// byte of a segment leaves before its tag is checked. Used by one caller at a time; memory does not depend on the
/// object's size. A <see cref="SealedObjectException"/> or a failure of the source in the middle of a copy means that the
/// answer must be aborted.
/// </summary>
public sealed class SealedObjectReader : IDisposable
{
    /// <summary>To a stream: as many segments as make a system call of 1 MiB.</summary>
    const int SegmentsPerWrite = (1 << 20) / SealedLayout.SegmentLength;

    /// <summary>To a pipe, whose receiver may be slow: 256 KiB under way.</summary>
    const int SegmentsPerFlush = 4;

    readonly SealedRangeSource _source;
    readonly OpenedHeader _header;
    readonly SegmentOpener _opener;
    bool _ownsHeader;
    (long First, long End, Stream Stream)? _ahead;

    SealedObjectReader(SealedRangeSource source, OpenedHeader header, bool ownsHeader)
    {
        _source = source;
        _header = header;
        _ownsHeader = ownsHeader;
        _opener = new(source, header);
    }

    /// <summary>Bytes of plaintext, as the row says it.</summary>
    public long PlaintextLength => _header.PlaintextLength;

    /// <summary>See <see cref="OpenedHeader.Bytes"/>.</summary>
    public ReadOnlyMemory<byte> HeaderBytes => _header.Bytes;

    internal FloeMessageKey MessageKey => _opener.MessageKey;

    /// <summary>Checks the header: one ranged get of 106 bytes. Parameters and failures as in <see cref="OpenedHeader.ReadAsync(SealedRangeSource, SealedObjectIdentity, ReadOnlyMemory{byte}, long, CancellationToken)"/>.</summary>
    public static async Task<SealedObjectReader> OpenAsync(
        SealedRangeSource source, SealedObjectIdentity identity, ReadOnlyMemory<byte> dek, long plaintextLength, CancellationToken ct) =>
        new(source, await OpenedHeader.ReadAsync(source, identity, dek, plaintextLength, ct), ownsHeader: true);

    /// <summary>
    /// As <see cref="OpenAsync"/>, but the segments of the range that will be copied first are on their way already: in the
    /// header's own get when the range begins in segment 0, else in a second one beside it.
    /// </summary>
    public static async Task<SealedObjectReader> OpenForRangeAsync(
        SealedRangeSource source, SealedObjectIdentity identity, ReadOnlyMemory<byte> dek, long plaintextLength,
        long offset, long length, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(source);
        RequireRange(offset, length, plaintextLength);
        if (length == 0)
            return await OpenAsync(source, identity, dek, plaintextLength, ct);

        var (first, end) = SegmentsOf(offset, length);
        var start = first == 0 ? 0 : SealedLayout.SegmentOffset(first);
        var ahead = source(start, SealedLayout.SegmentOffset(first) - start + SealedSegmentRun.LengthOf(first, end, plaintextLength), ct);
        SealedObjectReader? reader = null;
        var opened = false;
        try
        {
            var header = first == 0
                ? await OpenedHeader.ReadAsync(await ahead, identity, dek, plaintextLength, ct)
                : await OpenedHeader.ReadAsync(source, identity, dek, plaintextLength, ct);
            reader = new(source, header, ownsHeader: true);
            reader._ahead = (first, end, await ahead);
            opened = true;
            return reader;
        }
        finally
        {
            if (!opened)
            {
                reader?.Dispose();
                await DropAsync(ahead);
            }
        }
    }

    /// <summary>Opens without a get, by a header that comes from elsewhere. Failures as in <see cref="OpenedHeader.Open"/>.</summary>
    public static SealedObjectReader Open(SealedRangeSource source, ReadOnlyMemory<byte> header, SealedObjectIdentity identity, ReadOnlyMemory<byte> dek, long plaintextLength)
    {
        ArgumentNullException.ThrowIfNull(source);
        return new(source, OpenedHeader.Open(header, identity, dek, plaintextLength), ownsHeader: true);
    }

    /// <summary>Reads on with a header that was kept. The header stays its keeper's.</summary>
    public static SealedObjectReader Open(SealedRangeSource source, OpenedHeader header)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(header);
        return new(source, header, ownsHeader: false);
    }

    /// <summary>Hands the header to the caller, who keeps it and disposes it; this reader goes on undisturbed.</summary>
    public OpenedHeader KeepHeader()
    {
        if (!_ownsHeader)
            throw new InvalidOperationException("The header already has a keeper.");
        _ownsHeader = false;
        return _header;
    }

    /// <summary>Copies plaintext bytes [offset, offset + length). In an empty object, checks its one segment.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The range reaches over the end.</exception>
    /// <exception cref="SealedObjectException">The object is not what its row says.</exception>
    public async Task CopyRangeAsync(long offset, long length, Stream destination, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(destination);
        if (await StartAsync(offset, length, SegmentsPerWrite, ct) is not { } started)
            return;

        await using var run = started;
        byte[]? plaintext = null, spare = null;
        var written = Task.CompletedTask; // goes on while the next segments are read and opened
        try
        {
            while (await run.ReadAsync(ct))
            {
                plaintext ??= ArrayPool<byte>.Shared.Rent(run.PlaintextLength); // the first read is the largest
                await _opener.RefuseOverlongAsync(run, ct);
                for (var i = 0; i < run.Count; i++)
                {
                    if (!_opener.TryOpen(run, i, plaintext.AsSpan(i * SealedLayout.SegmentPlaintext)))
                        throw await _opener.ExplainAsync(run.Position + i, ct);
                }

                _opener.MarkIfLast(run);
                var (from, to) = Slice(run.Position, run.PlaintextLength, offset, length);
                await written;
                written = destination.WriteAsync(plaintext.AsMemory(from, to - from), ct).AsTask();
                (plaintext, spare) = (spare, plaintext);
            }

            await written;
        }
        finally
        {
            await written.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // it still reads its buffer
            Release(plaintext);
            Release(spare);
        }
    }

    /// <summary>As the stream's; opens straight into the pipe's own memory and flushes every few segments. Does not complete it.</summary>
    /// <exception cref="IOException">The pipe's reading side is gone.</exception>
    public async Task CopyRangeAsync(long offset, long length, PipeWriter destination, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(destination);
        if (await StartAsync(offset, length, SegmentsPerFlush, ct) is not { } started)
            return;

        await using var run = started;
        while (await run.ReadAsync(ct))
        {
            await _opener.RefuseOverlongAsync(run, ct);
            for (var i = 0; i < run.Count; i++)
            {
                if (!TryOpenInto(destination, run, i, offset, length))
                    throw await _opener.ExplainAsync(run.Position + i, ct);
            }

            _opener.MarkIfLast(run);
            var flushed = await destination.FlushAsync(ct);
            if (flushed.IsCanceled)
                throw new OperationCanceledException("The pending flush of the plaintext was cancelled.");
            if (flushed.IsCompleted && run.Position + run.Count < SegmentsOf(offset, length).End)
                throw new IOException("The reading side of the pipe is gone.");
        }
    }

    /// <summary>Copies the last <paramref name="length"/> bytes, after the last segment was verified.</summary>
    public async Task CopySuffixAsync(long length, Stream destination, CancellationToken ct)
    {
        await ProveEndAsync(length, ct);
        await CopyRangeAsync(PlaintextLength - length, length, destination, ct);
    }

    /// <summary>Copies the last <paramref name="length"/> bytes, after the last segment was verified.</summary>
    public async Task CopySuffixAsync(long length, PipeWriter destination, CancellationToken ct)
    {
        await ProveEndAsync(length, ct);
        await CopyRangeAsync(PlaintextLength - length, length, destination, ct);
    }

    /// <summary>
    /// Proves the row's length: the last segment is where it puts it, and nothing follows. Once per opened header; then it
    /// costs nothing.
    /// </summary>
    public async Task VerifyLastSegmentAsync(CancellationToken ct)
    {
        if (_header.LastSegmentVerified)
            return;

        var last = SealedLayout.Segments(PlaintextLength) - 1;
        await using var run = await StartRunAsync(last, last + 1, 1, ct);
        await run.ReadAsync(ct);
        await _opener.CheckAsync(run, ct);
    }

    public void Dispose()
    {
        _opener.Dispose();
        if (_ownsHeader)
            _header.Dispose();
        _ahead?.Stream.Dispose();
        _ahead = null;
    }

    static (long First, long End) SegmentsOf(long offset, long length) =>
        (SealedLayout.SegmentOf(offset), SealedLayout.SegmentOf(offset + length - 1) + 1);

    /// <summary>The part of some plaintext, which begins with a segment, that lies in the range.</summary>
    static (int From, int To) Slice(long segment, int plaintextLength, long offset, long length)
    {
        var start = segment * SealedLayout.SegmentPlaintext;
        return ((int)Math.Max(0, offset - start), (int)Math.Min(plaintextLength, offset + length - start));
    }

    static void Release(byte[]? plaintext)
    {
        if (plaintext is null)
            return;
        CryptographicOperations.ZeroMemory(plaintext);
        ArrayPool<byte>.Shared.Return(plaintext);
    }

    static void RequireRange(long offset, long length, long plaintextLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, plaintextLength - offset);
    }

    static async Task DropAsync(Task<Stream> ahead)
    {
        // Something else has failed already and is on its way to the caller.
        await ((Task)ahead).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (ahead.IsCompletedSuccessfully)
            await (await ahead).DisposeAsync();
    }

    /// <summary>Null when there is nothing to read.</summary>
    async ValueTask<SealedSegmentRun?> StartAsync(long offset, long length, int perRead, CancellationToken ct)
    {
        RequireRange(offset, length, PlaintextLength);
        if (length == 0)
        {
            if (PlaintextLength == 0)
                await VerifyLastSegmentAsync(ct);
            return null;
        }

        var (first, end) = SegmentsOf(offset, length);
        return await StartRunAsync(first, end, perRead, ct);
    }

    async ValueTask<SealedSegmentRun> StartRunAsync(long first, long end, int perRead, CancellationToken ct)
    {
        var stream = _ahead is { } ahead && ahead.First == first && ahead.End == end ? ahead.Stream : null;
        if (stream is null)
        {
            if (_ahead is { } unused)
                await unused.Stream.DisposeAsync();
            stream = await _source(SealedLayout.SegmentOffset(first), SealedSegmentRun.LengthOf(first, end, PlaintextLength), ct);
        }

        _ahead = null;
        return new(stream, _header.Identity, PlaintextLength, first, end, perRead);
    }

    async ValueTask ProveEndAsync(long length, CancellationToken ct)
    {
        RequireRange(PlaintextLength - length, length, PlaintextLength);
        // A suffix within the last segment is proven by its own read, before it leaves.
        if (length > SealedLayout.PlaintextOf(SealedLayout.Segments(PlaintextLength) - 1, PlaintextLength))
            await VerifyLastSegmentAsync(ct);
    }

    bool TryOpenInto(PipeWriter destination, SealedSegmentRun run, int index, long offset, long length)
    {
        var whole = run.Segment(index).Length - FloeParameters.SegmentOverhead;
        var plaintext = destination.GetSpan(whole)[..whole];
        if (!_opener.TryOpen(run, index, plaintext))
            return false;

        var (from, to) = Slice(run.Position + index, whole, offset, length);
        plaintext[from..to].CopyTo(plaintext);
        plaintext[(to - from)..].Clear(); // the pipe's memory is pooled, and nobody asked for these bytes
        destination.Advance(to - from);
        return true;
    }
}
