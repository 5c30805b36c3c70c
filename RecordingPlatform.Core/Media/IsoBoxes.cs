using System.Buffers.Binary;

namespace RecordingPlatform.Core.Media;

/// <summary>
/// The boxes at the start of MP4, M4A, 3GP and QuickTime files (ISO/IEC 14496-12). Old QuickTime has no <c>ftyp</c>: there
/// the atoms themselves must chain up to the movie or its data.
/// </summary>
static class IsoBoxes
{
    public static MediaType? Recognise(ReadOnlySpan<byte> b)
    {
        if (!TryReadBox(b, out var size, out var type))
            return null;
        return type.SequenceEqual("ftyp"u8) ? ByBrand(b, size) : IsOldQuickTime(b) ? MediaType.QuickTime : null;
    }

    static MediaType? ByBrand(ReadOnlySpan<byte> b, long size)
    {
        if (size is < 16 or > 4096 || b.Length < 16)
            return null;
        var brand = b[8..12];
        if (IsPicture(brand))
            return null;
        if (brand.SequenceEqual("qt  "u8))
            return MediaType.QuickTime;
        if (brand.StartsWith("M4A"u8) || brand.StartsWith("M4B"u8))
            return MediaType.M4a;
        return brand.StartsWith("3g"u8) ? MediaType.ThreeGp : MediaType.Mp4;
    }

    /// <summary>HEIF, AVIF, JPEG 2000 and camera raw files share the container but hold no recording.</summary>
    static bool IsPicture(ReadOnlySpan<byte> brand) =>
        brand.StartsWith("hei"u8) || brand.StartsWith("hev"u8) || brand.StartsWith("avi"u8) || brand.StartsWith("mif"u8)
        || brand.StartsWith("msf"u8) || brand.StartsWith("jp"u8) || brand.StartsWith("crx"u8);

    static bool IsOldQuickTime(ReadOnlySpan<byte> b)
    {
        while (TryReadBox(b, out var size, out var type))
        {
            // A text with such a word at its fifth character would otherwise pass: its size is four printable characters.
            if (b[..4].IndexOfAnyExceptInRange((byte)' ', (byte)'~') < 0)
                return false;
            if (type.SequenceEqual("moov"u8))
                return b.Length >= 16 && b[12..16].SequenceEqual("mvhd"u8);
            if (type.SequenceEqual("mdat"u8))
                return size is 0 or > 8;
            if (!type.SequenceEqual("wide"u8) && !type.SequenceEqual("free"u8) && !type.SequenceEqual("skip"u8) && !type.SequenceEqual("pnot"u8))
                return false;
            if (size < 8 || size > b.Length)
                return false;
            b = b[(int)size..];
        }
        return false;
    }

    /// <summary>A size of 0 means up to the end of the file, and 1 that 64 bits of size follow the type.</summary>
    static bool TryReadBox(ReadOnlySpan<byte> b, out long size, out ReadOnlySpan<byte> type)
    {
        size = 0;
        type = default;
        if (b.Length < 8)
            return false;
        type = b[4..8];
        size = BinaryPrimitives.ReadUInt32BigEndian(b);
        if (size != 1)
            return true;
        if (b.Length < 16)
            return false;
        size = BinaryPrimitives.ReadInt64BigEndian(b[8..]);
        return size >= 16;
    }
}
