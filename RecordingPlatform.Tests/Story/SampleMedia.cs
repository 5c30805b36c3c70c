using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Story;

internal static class SampleMedia
{
    const int BytesPerSecond = 32_000;

    /// <summary>11 s of speech, 16 kHz mono PCM.</summary>
    public static byte[] Speech { get; } = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Media", "Samples", "jfk.wav"));

    /// <summary>A sound header with nothing decodable behind it.</summary>
    public static byte[] Damaged { get; } = [.. Speech[..WaveHeader.Length], .. new byte[20]];

    /// <summary>The speech over and over, at least this long.</summary>
    public static byte[] LongSpeech(TimeSpan length)
    {
        var sound = Speech[WaveHeader.Length..];
        var times = (int)Math.Ceiling(length.TotalSeconds * BytesPerSecond / sound.Length);
        return Wave([.. Enumerable.Repeat(sound, times).SelectMany(bytes => bytes)]);
    }

    /// <summary>A WAV file of these samples: 16 kHz, mono, 16 bits.</summary>
    public static byte[] Wave(byte[] samples) => [.. WaveHeader.Of(samples.Length, BytesPerSecond / 2), .. samples];
}
