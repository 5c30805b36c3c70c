namespace RecordingPlatform.Core.Sealing;

/// <summary>
/// Where everything lies in a sealed object (FORMAT.md), computed from the plaintext length alone. All lengths and
/// offsets are bytes.
/// </summary>
public static class SealedLayout
{
    /// <summary>Plaintext in every segment but the last: the constant that decides every other size.</summary>
    public const int SegmentPlaintext = 65_536;

    public const int SegmentLength = SegmentPlaintext + FloeParameters.SegmentOverhead;
    public const int PrefixLength = 32;

    /// <summary>Prefix and FLOE header, all that precedes the first segment.</summary>
    public const int HeaderLength = PrefixLength + FloeParameters.HeaderLength;

    public const long MaxPlaintextLength = FloeParameters.MaxSegments * SegmentPlaintext;

    internal static FloeParameters Floe { get; } = new(SegmentLength);

    /// <summary>Number of segments. An empty object has one, empty; no other object has an empty segment.</summary>
    public static long Segments(long plaintextLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(plaintextLength);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(plaintextLength, MaxPlaintextLength);
        return plaintextLength == 0 ? 1 : (plaintextLength - 1) / SegmentPlaintext + 1;
    }

    /// <summary>Length of the whole sealed object.</summary>
    public static long SealedLength(long plaintextLength) =>
        HeaderLength + plaintextLength + Segments(plaintextLength) * FloeParameters.SegmentOverhead;

    /// <summary>Number of the segment that holds the plaintext byte at <paramref name="plaintextOffset"/>.</summary>
    public static long SegmentOf(long plaintextOffset) => plaintextOffset / SegmentPlaintext;

    /// <summary>Offset in the sealed object at which a segment begins.</summary>
    public static long SegmentOffset(long segment) => HeaderLength + segment * SegmentLength;

    /// <summary>Plaintext in one segment of an object of the given length.</summary>
    public static int PlaintextOf(long segment, long plaintextLength) =>
        (int)Math.Min(SegmentPlaintext, plaintextLength - segment * SegmentPlaintext);
}
