using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;

namespace RecordingPlatform.Core.Sealing;

/// <summary>
/// Finds out why a segment did not open, by trying its bytes at other positions. Only names the failure: what a trial
/// opens is thrown away.
/// </summary>
internal static class SegmentExamination
{
    /// <summary>Trials to each side: about 20 ms in all, which nobody waits for twice.</summary>
    const int Reach = 256;

    public static async Task<SealedObjectException> ExplainAsync(
        SealedRangeSource source, FloeSegmentCipher cipher, OpenedHeader header, long position, CancellationToken ct)
    {
        var segments = SealedLayout.Segments(header.PlaintextLength);
        var found = ArrayPool<byte>.Shared.Rent(SealedLayout.SegmentLength);
        var thrownAway = ArrayPool<byte>.Shared.Rent(SealedLayout.SegmentPlaintext);
        try
        {
            var read = await FetchAsync(source, position, found.AsMemory(0, SealedLayout.SegmentLength), ct);
            var (length, last) = WholeSegment(found.AsSpan(0, read));
            if (length == 0)
                return Refuse(SealedObjectFault.SegmentAltered, "Its marker fits no segment.");
            if (Opens(position))
            {
                var plaintext = length - FloeParameters.SegmentOverhead;
                return Refuse(SealedObjectFault.WrongEnd, $"It has {plaintext} bytes and is last: {last}. The row's length says otherwise.");
            }

            foreach (var place in last ? [segments - 1] : Neighbours(position, segments))
            {
                if (!Opens(place))
                    continue;
                var there = new byte[FloeParameters.MarkerLength + FloeParameters.SegmentIvLength];
                var got = await FetchAsync(source, place, there, ct);
                return there.AsSpan(0, got).SequenceEqual(found.AsSpan(0, there.Length))
                    ? Refuse(SealedObjectFault.Duplicated, $"It repeats segment {place}.")
                    : Refuse(SealedObjectFault.Reordered, $"It belongs at {place}.");
            }

            return Refuse(SealedObjectFault.SegmentAltered, "Its tag fails.");

            bool Opens(long place) =>
                cipher.TryOpen(place, last, found.AsSpan(0, length), thrownAway.AsSpan(0, length - FloeParameters.SegmentOverhead));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(thrownAway);
            ArrayPool<byte>.Shared.Return(thrownAway);
            ArrayPool<byte>.Shared.Return(found);
        }

        SealedObjectException Refuse(SealedObjectFault fault, string detail) =>
            new(fault, header.Identity, $"Segment {position} of {segments}: {detail}", position);
    }

    /// <summary>The segment that the marker announces, whatever the row expected there; length 0 when it announces none.</summary>
    static (int Length, bool Last) WholeSegment(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < FloeParameters.SegmentOverhead)
            return (0, false);
        var marker = BinaryPrimitives.ReadUInt32BigEndian(bytes);
        if (marker == FloeParameters.NotLast)
            return (bytes.Length == SealedLayout.SegmentLength ? bytes.Length : 0, false);
        return (marker >= FloeParameters.SegmentOverhead && marker <= bytes.Length ? (int)marker : 0, true);
    }

    /// <summary>The nearest first: a swap of neighbours is what a store's fault looks like.</summary>
    static IEnumerable<long> Neighbours(long position, long segments)
    {
        for (var distance = 1; distance <= Reach; distance++)
        {
            if (position - distance >= 0)
                yield return position - distance;
            if (position + distance < segments)
                yield return position + distance;
        }
    }

    static async ValueTask<int> FetchAsync(SealedRangeSource source, long segment, Memory<byte> destination, CancellationToken ct)
    {
        await using var stream = await source(SealedLayout.SegmentOffset(segment), destination.Length, ct);
        return await stream.ReadAtLeastAsync(destination, destination.Length, throwOnEndOfStream: false, ct);
    }
}
