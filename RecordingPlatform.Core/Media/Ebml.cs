using System.Numerics;

namespace RecordingPlatform.Core.Media;

/// <summary>The EBML header of Matroska and WebM (RFC 8794), read as far as its document type.</summary>
static class Ebml
{
    const uint DocType = 0x4282;

    public static ReadOnlySpan<byte> Magic => [0x1A, 0x45, 0xDF, 0xA3];

    public static MediaType? Recognise(ReadOnlySpan<byte> b)
    {
        var rest = b[Magic.Length..];
        if (!TryReadNumber(ref rest, keepMarker: false, out var size))
            return null;
        if (size < (ulong)rest.Length)
            rest = rest[..(int)size];

        while (TryReadNumber(ref rest, keepMarker: true, out var id) && TryReadNumber(ref rest, keepMarker: false, out var length))
        {
            if (length > (ulong)rest.Length)
                return null;
            var value = rest[..(int)length];
            if (id == DocType)
                return value.TrimEnd((byte)0) switch
                {
                    var type when type.SequenceEqual("webm"u8) => MediaType.WebM,
                    var type when type.SequenceEqual("matroska"u8) => MediaType.Matroska,
                    _ => null,
                };
            rest = rest[(int)length..];
        }
        return null;
    }

    /// <summary>A variable-size integer: the leading zero bits of the first byte count the bytes that follow it.</summary>
    static bool TryReadNumber(ref ReadOnlySpan<byte> rest, bool keepMarker, out ulong number)
    {
        number = 0;
        if (rest.IsEmpty || rest[0] == 0)
            return false;
        var length = BitOperations.LeadingZeroCount(rest[0]) - 24 + 1;
        if (rest.Length < length)
            return false;
        number = keepMarker ? rest[0] : (uint)(rest[0] & ((1 << (8 - length)) - 1));
        foreach (var next in rest[1..length])
            number = (number << 8) | next;
        rest = rest[length..];
        return true;
    }
}
