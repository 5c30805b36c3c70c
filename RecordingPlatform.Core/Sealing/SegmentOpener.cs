using System.Buffers;
using System.Security.Cryptography;

namespace RecordingPlatform.Core.Sealing;

/// <summary>
/// Opens the segments that a run has in hand and names what is wrong with those that do not open. Works on a key of its
/// own. Not thread-safe.
/// </summary>
internal sealed class SegmentOpener(SealedRangeSource source, OpenedHeader header) : IDisposable
{
    readonly FloeSegmentCipher _cipher = header.RentCipher();
    bool _returned;

    internal FloeMessageKey MessageKey => _cipher.MessageKey;

    /// <summary>Opens one segment into the front of <paramref name="plaintext"/>. False when it is not to be trusted.</summary>
    public bool TryOpen(SealedSegmentRun run, int index, Span<byte> plaintext)
    {
        var position = run.Position + index;
        var segment = run.Segment(index);
        return _cipher.TryOpen(position, run.IsLast(position), segment, plaintext[..(segment.Length - FloeParameters.SegmentOverhead)]);
    }

    /// <summary>Checks every segment in hand without handing out a byte.</summary>
    /// <exception cref="SealedObjectException">One does not open, or bytes follow the last.</exception>
    public async ValueTask CheckAsync(SealedSegmentRun run, CancellationToken ct)
    {
        if (FirstThatFails(run) is { } position)
            throw await ExplainAsync(position, ct);
        if (run.Overlong)
            throw new SealedObjectException(
                SealedObjectFault.Appended, header.Identity,
                $"Bytes follow the {SealedLayout.SealedLength(header.PlaintextLength)} that {header.PlaintextLength} of plaintext make.");
        MarkIfLast(run);
    }

    /// <summary>
    /// Refuses a run with bytes behind the object's end, before any of it is opened for good. They may be a segment pushed
    /// out of its place, which has a name of its own.
    /// </summary>
    public ValueTask RefuseOverlongAsync(SealedSegmentRun run, CancellationToken ct) =>
        run.Overlong ? CheckAsync(run, ct) : ValueTask.CompletedTask;

    /// <summary>All segments in hand have opened: with the last among them, the row's length is proven.</summary>
    public void MarkIfLast(SealedSegmentRun run)
    {
        if (run.HoldsLast)
            header.MarkLastSegmentVerified();
    }

    public Task<SealedObjectException> ExplainAsync(long position, CancellationToken ct) =>
        SegmentExamination.ExplainAsync(source, _cipher, header, position, ct);

    public void Dispose()
    {
        // Once: given back twice, it would serve two readers at a time.
        if (!Interlocked.Exchange(ref _returned, true))
            header.ReturnCipher(_cipher);
    }

    long? FirstThatFails(SealedSegmentRun run)
    {
        var plaintext = ArrayPool<byte>.Shared.Rent(SealedLayout.SegmentPlaintext);
        try
        {
            for (var i = 0; i < run.Count; i++)
            {
                if (!TryOpen(run, i, plaintext))
                    return run.Position + i;
            }

            return null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plaintext);
            ArrayPool<byte>.Shared.Return(plaintext);
        }
    }
}
