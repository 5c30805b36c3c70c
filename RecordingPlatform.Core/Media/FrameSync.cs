namespace RecordingPlatform.Core.Media;

/// <summary>
/// Recognises what has no magic number but a repeating pattern: MP3, ADTS AAC, MPEG transport and program streams. A
/// single sync word proves nothing, so each needs a run of frames that agree with one another.
/// </summary>
static class FrameSync
{
    /// <summary>Where a stream that was cut out of a broadcast may have its first whole frame.</summary>
    const int StrayBytes = 4096;

    delegate int FrameLength(ReadOnlySpan<byte> frame, out int signature);

    public static MediaType? Recognise(ReadOnlySpan<byte> b)
    {
        if (IsTransportStream(b, 0, 188) || IsTransportStream(b, 4, 192))
            return MediaType.MpegTs;
        if (IsProgramStream(b))
            return MediaType.MpegPs;

        var tagged = false;
        while (TryReadId3(b, out var tag))
        {
            tagged = true;
            if (tag >= b.Length) // a cover picture larger than the window: what follows such a tag is MP3 in practice
                return MediaType.Mp3;
            b = b[tag..];
        }
        if (tagged)
        {
            if (b.StartsWith("fLaC"u8))
                return MediaType.Flac;
            if (b.IndexOfAnyExcept((byte)0) is > 0 and var padding)
                b = b[padding..];
        }

        if (HasRun(b, Adts, 3))
            return MediaType.Adts;
        if (HasRun(b, Mpeg, 3))
            return MediaType.Mp3;
        for (var start = 1; start < Math.Min(StrayBytes, b.Length - 4); start++)
        {
            if (b[start] == 0xFF && HasRun(b[start..], Mpeg, 4, mayEndEarly: false))
                return MediaType.Mp3;
        }
        return null;
    }

    /// <summary>
    /// <paramref name="wanted"/> frames of one signature, or all that there are, two at least, when the bytes end inside the last.
    /// </summary>
    static bool HasRun(ReadOnlySpan<byte> b, FrameLength read, int wanted, bool mayEndEarly = true)
    {
        var first = 0;
        for (var found = 0; ; found++)
        {
            if (found == wanted)
                return true;
            if (b.Length < 7)
                return mayEndEarly && found >= 2;
            var length = read(b, out var signature);
            if (length == 0 || (found > 0 && signature != first))
                return false;
            first = signature;
            if (length > b.Length)
                return mayEndEarly && found >= 1; // this header was the second
            b = b[length..];
        }
    }

    /// <summary>MPEG-1/2/2.5 audio, layers I to III (ISO/IEC 11172-3 section 2.4.2.3).</summary>
    static int Mpeg(ReadOnlySpan<byte> f, out int signature)
    {
        signature = (f[1] << 8) | (f[2] & 0x0C); // version, layer and sample rate stay; bit rate and padding may vary
        var version = (f[1] >> 3) & 3;
        var layer = 4 - ((f[1] >> 1) & 3);
        var rateIndex = f[2] >> 4;
        var sampleIndex = (f[2] >> 2) & 3;
        if (f[0] != 0xFF || (f[1] & 0xE0) != 0xE0 || version == 1 || layer == 4 || rateIndex is 0 or 15 || sampleIndex == 3)
            return 0;

        var old = version == 3;
        var kilobits = (old, layer) switch
        {
            (true, 1) => 32 * rateIndex,
            (true, 2) => BitRates1Layer2[rateIndex],
            (true, _) => BitRates1Layer3[rateIndex],
            (false, 1) => BitRates2Layer1[rateIndex],
            (false, _) => BitRates2Layer23[rateIndex],
        };
        var sampleRate = SampleRates[sampleIndex] >> (version switch { 3 => 0, 2 => 1, _ => 2 });
        var padding = (f[2] >> 1) & 1;
        return layer switch
        {
            1 => ((12_000 * kilobits / sampleRate) + padding) * 4,
            3 when !old => (72_000 * kilobits / sampleRate) + padding,
            _ => (144_000 * kilobits / sampleRate) + padding,
        };
    }

    static ReadOnlySpan<int> SampleRates => [44_100, 48_000, 32_000];
    static ReadOnlySpan<int> BitRates1Layer2 => [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384];
    static ReadOnlySpan<int> BitRates1Layer3 => [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
    static ReadOnlySpan<int> BitRates2Layer1 => [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256];
    static ReadOnlySpan<int> BitRates2Layer23 => [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];

    /// <summary>ISO/IEC 13818-7 section 6.2: sync, layer 0, then 13 bits of frame length that include the header.</summary>
    static int Adts(ReadOnlySpan<byte> f, out int signature)
    {
        signature = (f[1] << 16) | ((f[2] & 0xFD) << 8) | (f[3] & 0xC0);
        var length = ((f[3] & 3) << 11) | (f[4] << 3) | (f[5] >> 5);
        return f[0] == 0xFF && (f[1] & 0xF6) == 0xF0 && ((f[2] >> 2) & 15) < 13 && length > 7 ? length : 0;
    }

    /// <summary>Five packets in step: a single 0x47 is the letter G. M2TS puts four bytes of time before each packet.</summary>
    static bool IsTransportStream(ReadOnlySpan<byte> b, int first, int step)
    {
        for (var packet = 0; packet < 5; packet++)
        {
            var at = first + (packet * step);
            if (at >= b.Length || b[at] != 0x47)
                return false;
        }
        return true;
    }

    /// <summary>A pack header (ISO/IEC 13818-1 section 2.5.3.3) with the marker bits of MPEG-2 or of MPEG-1.</summary>
    static bool IsProgramStream(ReadOnlySpan<byte> b) =>
        b.Length >= 12 && b.StartsWith((ReadOnlySpan<byte>)[0, 0, 1, 0xBA]) && ((b[4] & 0xC4) == 0x44 || (b[4] & 0xF1) == 0x21);

    /// <summary>ID3v2: the size is four bytes of seven bits, without the ten of the header; a footer adds ten.</summary>
    static bool TryReadId3(ReadOnlySpan<byte> b, out int length)
    {
        length = 0;
        if (b.Length < 10 || !b.StartsWith("ID3"u8) || b[3] is < 2 or > 4 || b[4] == 0xFF || ((b[6] | b[7] | b[8] | b[9]) & 0x80) != 0)
            return false;
        length = 10 + (b[6] << 21 | b[7] << 14 | b[8] << 7 | b[9]) + ((b[5] & 0x10) != 0 ? 10 : 0);
        return true;
    }
}
