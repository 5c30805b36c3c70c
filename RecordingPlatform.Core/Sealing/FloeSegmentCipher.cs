using System.Buffers.Binary;
using System.Security.Cryptography;

namespace RecordingPlatform.Core.Sealing;

/// <summary>
/// Seals and opens single segments at any position. Keeps one <see cref="AesGcm"/> for as long as the positions share a
/// key, because making one costs a quarter of sealing a segment. Not thread-safe. Owns and disposes its message key.
/// </summary>
internal sealed class FloeSegmentCipher(FloeMessageKey messageKey) : IDisposable
{
    readonly FloeParameters _parameters = messageKey.Parameters;
    AesGcm? _cipher;
    long _window;

    /// <summary>The key in use, for the tests that see it zeroed.</summary>
    internal FloeMessageKey MessageKey => messageKey;

    /// <summary>Writes one segment and returns its length, plaintext + 32.</summary>
    /// <param name="position">Number of the segment, from 0. Never sealed twice.</param>
    /// <param name="last">Whether no segment follows. Every other segment is full.</param>
    /// <param name="iv">12 random bytes.</param>
    /// <param name="plaintext">At most <see cref="FloeParameters.SegmentPlaintext"/> bytes; does not overlap the destination.</param>
    /// <param name="destination">At least as long as the segment.</param>
    public int Seal(long position, bool last, ReadOnlySpan<byte> iv, ReadOnlySpan<byte> plaintext, Span<byte> destination)
    {
        if (last ? plaintext.Length > _parameters.SegmentPlaintext : plaintext.Length != _parameters.SegmentPlaintext)
            throw new ArgumentException($"Segment {position} (last: {last}) cannot hold {plaintext.Length} bytes.", nameof(plaintext));

        var length = plaintext.Length + FloeParameters.SegmentOverhead;
        BinaryPrimitives.WriteUInt32BigEndian(destination, last ? (uint)length : FloeParameters.NotLast);
        iv.CopyTo(destination.Slice(FloeParameters.MarkerLength, FloeParameters.SegmentIvLength));
        const int Body = FloeParameters.MarkerLength + FloeParameters.SegmentIvLength;

        Span<byte> aad = stackalloc byte[AadLength];
        WriteAad(aad, position, last);
        CipherAt(position).Encrypt(
            iv, plaintext, destination.Slice(Body, plaintext.Length),
            destination.Slice(Body + plaintext.Length, FloeParameters.SegmentTagLength), aad);
        return length;
    }

    /// <summary>Opens one whole segment into <paramref name="plaintext"/>, which is exactly 32 bytes shorter.</summary>
    /// <returns>False when marker or tag do not fit this position; <paramref name="plaintext"/> then holds nothing of the segment.</returns>
    public bool TryOpen(long position, bool last, ReadOnlySpan<byte> segment, Span<byte> plaintext)
    {
        if (plaintext.Length != segment.Length - FloeParameters.SegmentOverhead)
            throw new ArgumentException($"A segment of {segment.Length} bytes does not open into {plaintext.Length}.", nameof(plaintext));

        var marker = BinaryPrimitives.ReadUInt32BigEndian(segment);
        var framed = last
            ? marker == segment.Length && segment.Length <= _parameters.SegmentLength
            : marker == FloeParameters.NotLast && segment.Length == _parameters.SegmentLength;
        if (!framed)
            return false;

        var iv = segment.Slice(FloeParameters.MarkerLength, FloeParameters.SegmentIvLength);
        var body = segment[(FloeParameters.MarkerLength + FloeParameters.SegmentIvLength)..];
        Span<byte> aad = stackalloc byte[AadLength];
        WriteAad(aad, position, last);
        try
        {
            CipherAt(position).Decrypt(iv, body[..plaintext.Length], body[plaintext.Length..], plaintext, aad);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            return false; // and AesGcm has cleared what it had opened
        }
    }

    public void Dispose()
    {
        _cipher?.Dispose();
        messageKey.Dispose();
    }

    const int AadLength = sizeof(long) + 1;

    static void WriteAad(Span<byte> aad, long position, bool last)
    {
        BinaryPrimitives.WriteInt64BigEndian(aad, position);
        aad[^1] = last ? (byte)1 : (byte)0;
    }

    AesGcm CipherAt(long position)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(position, FloeParameters.MaxSegments);
        var window = _parameters.KeyWindow(position);
        if (_cipher is not null && window == _window)
            return _cipher;

        _cipher?.Dispose();
        _cipher = messageKey.CreateCipher(window);
        _window = window;
        return _cipher;
    }
}
