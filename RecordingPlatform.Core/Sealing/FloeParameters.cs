using System.Buffers.Binary;

namespace RecordingPlatform.Core.Sealing;

/// <summary>
/// The parameters of one FLOE ciphertext and the sizes that follow from them (https://c2sp.org/FLOE, AES-256-GCM with
/// HKDF-Expand-SHA-384). Sealed objects fix them in <see cref="SealedLayout"/>; the known-answer vectors use others.
/// </summary>
/// <param name="SegmentLength">Bytes of a sealed segment, marker, IV and tag included.</param>
/// <param name="KeyRotationBits">One segment key serves 2^bits segments. 20 is FLOE's value for AES-GCM.</param>
internal sealed record FloeParameters(int SegmentLength, int KeyRotationBits = 20)
{
    public const int EncodedLength = 10;
    public const int IvLength = 32;
    public const int HeaderTagLength = 32;
    public const int HeaderLength = EncodedLength + IvLength + HeaderTagLength;

    public const int KeyLength = 32;
    public const int MessageKeyLength = 48;

    public const int MarkerLength = 4;
    public const int SegmentIvLength = 12;
    public const int SegmentTagLength = 16;
    public const int SegmentOverhead = MarkerLength + SegmentIvLength + SegmentTagLength;

    /// <summary>What the marker says in every segment but the last.</summary>
    public const uint NotLast = 0xFFFF_FFFF;

    /// <summary>FLOE's AEAD_MAX_SEGMENTS for AES-GCM.</summary>
    public const long MaxSegments = 1L << 40;

    public int SegmentPlaintext => SegmentLength - SegmentOverhead;

    /// <summary>The first position of the run of segments that shares a key with <paramref name="position"/>.</summary>
    public long KeyWindow(long position) => position & ~((1L << KeyRotationBits) - 1);

    public void Encode(Span<byte> destination)
    {
        destination[0] = 0; // AEAD_ID: AES-256-GCM
        destination[1] = 0; // KDF_ID: HKDF-Expand-SHA-384
        BinaryPrimitives.WriteInt32BigEndian(destination[2..], SegmentLength);
        BinaryPrimitives.WriteInt32BigEndian(destination[6..], IvLength);
    }
}
