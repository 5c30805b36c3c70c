using System.Buffers.Binary;

namespace RecordingPlatform.Core.Media;

/// <summary>
/// Tells from a file's first bytes which media type it is. Only what carries the marks of a known container or a run of
/// consistent frames is media: text, playlists (HLS, ffconcat, DASH), SDP, HTML, pictures and archives are not, whatever
/// the file is called.
/// </summary>
public static class MediaRecognition
{
    /// <summary>
    /// Bytes that are enough for every type: four MP3 frames (at most 1,441 bytes each) after 4 KiB of stray bytes at the
    /// start of a cut stream, and two of the longest ADTS frames (8,191). Fewer are fine when the file has no more.
    /// </summary>
    public const int LeadingBytes = 16_384;

    /// <summary>The type whose marks <paramref name="leading"/> carries, or null: then the file is not media we know.</summary>
    public static MediaType? Recognise(ReadOnlySpan<byte> leading) =>
        ByMagic(leading) ?? IsoBoxes.Recognise(leading) ?? FrameSync.Recognise(leading);

    /// <summary>
    /// For PBX connectors: as <see cref="Recognise"/>, and when the content carries no magic number the headerless format
    /// that <paramref name="extension"/> (with or without its dot) declares. Null for text and for extensions that are none.
    /// </summary>
    public static MediaType? RecognisePbx(ReadOnlySpan<byte> leading, string extension)
    {
        ArgumentNullException.ThrowIfNull(extension);
        if ((ByMagic(leading) ?? IsoBoxes.Recognise(leading)) is { } marked)
            return marked;

        var name = extension.TrimStart('.').ToLowerInvariant() switch
        {
            "ul" or "pcm" or "mu" or "ulw" => "ulaw", // the other names by which Asterisk's format_pcm knows it
            "al" or "alw" => "alaw",
            "raw" => "sln",
            var other => other,
        };
        if (MediaType.Find(name) is not { IsHeaderless: true } declared)
            return Recognise(leading);
        return leading.IsEmpty || LooksLikeText(leading) ? null : declared;
    }

    static MediaType? ByMagic(ReadOnlySpan<byte> b)
    {
        if (b.Length < 12)
            return AmrOrNull(b);

        var form = b[8..12];
        if (b.StartsWith("RIFF"u8))
            return form.SequenceEqual("WAVE"u8) ? MediaType.Wav : form.SequenceEqual("AVI "u8) ? MediaType.Avi : null;
        if (b.StartsWith("RF64"u8) || b.StartsWith("BW64"u8))
            return form.SequenceEqual("WAVE"u8) ? MediaType.Wav : null;
        if (b.StartsWith("FORM"u8))
            return form.SequenceEqual("AIFF"u8) || form.SequenceEqual("AIFC"u8) ? MediaType.Aiff : null;
        if (b.StartsWith("OggS\0"u8)) // stream structure version 0, RFC 3533
            return MediaType.Ogg;
        if (b.StartsWith("fLaC"u8))
            return MediaType.Flac;
        if (b.StartsWith("caff\0\u0001"u8))
            return MediaType.Caf;
        if (b.StartsWith(".snd"u8))
            return IsAu(b) ? MediaType.Au : null;
        if (b.StartsWith("FLV\u0001"u8)) // flags: only sound (4) and picture (1); the header is 9 bytes
            return (b[4] & ~5) == 0 && BinaryPrimitives.ReadUInt32BigEndian(b[5..]) == 9 ? MediaType.Flv : null;
        if (b.StartsWith(Ebml.Magic))
            return Ebml.Recognise(b);
        if (b.Length >= 16 && b.StartsWith(AsfHeaderObject))
            return MediaType.Asf;
        return AmrOrNull(b);
    }

    /// <summary>GUID 75B22630-668E-11CF-A6D9-00AA0062CE6C as it lies in the file (ASF specification 10.1).</summary>
    static ReadOnlySpan<byte> AsfHeaderObject =>
        [0x30, 0x26, 0xB2, 0x75, 0x8E, 0x66, 0xCF, 0x11, 0xA6, 0xD9, 0x00, 0xAA, 0x00, 0x62, 0xCE, 0x6C];

    static bool IsAu(ReadOnlySpan<byte> b) =>
        b.Length >= 24
        && BinaryPrimitives.ReadUInt32BigEndian(b[4..]) is >= 24 and <= 1 << 20 // data offset
        && BinaryPrimitives.ReadUInt32BigEndian(b[12..]) is >= 1 and <= 27 // encoding, Sun's audio_filehdr
        && BinaryPrimitives.ReadUInt32BigEndian(b[20..]) is >= 1 and <= 64; // channels

    static MediaType? AmrOrNull(ReadOnlySpan<byte> b)
    {
        // RFC 4867 section 5: the magic, then frames whose first byte has its top and two lowest bits clear.
        var magic = b.StartsWith("#!AMR-WB\n"u8) ? 9 : b.StartsWith("#!AMR\n"u8) ? 6 : 0;
        return magic > 0 && b.Length > magic && (b[magic] & 0x83) == 0 ? MediaType.Amr : null;
    }

    /// <summary>
    /// Printable throughout and with a blank or a line break in it. Sound is not: µ-law and A-law spread over all bytes, and
    /// A-law silence (a run of 0x55, the letter U) has no blank.
    /// </summary>
    static bool LooksLikeText(ReadOnlySpan<byte> leading)
    {
        var head = leading[..Math.Min(leading.Length, 512)];
        if (head.StartsWith("\uFEFF"u8))
            head = head[3..];
        return head.IndexOfAny((byte)' ', (byte)'\n', (byte)'\r') >= 0
            && head.IndexOfAnyExcept(s_printable) < 0;
    }

    static readonly System.Buffers.SearchValues<byte> s_printable = System.Buffers.SearchValues.Create(
        [.. "\t\n\r"u8, .. Enumerable.Range(0x20, 0x5F).Select(code => (byte)code)]);
}
