using System.Buffers.Binary;

namespace RecordingPlatform.Tests.Story;

internal static class SampleMedia
{
    const int HeaderBytes = 44;
    const int BytesPerSecond = 32_000;

    /// <summary>11 s of speech, 16 kHz mono PCM.</summary>
    public static byte[] Speech { get; } = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Media", "Samples", "jfk.wav"));

    /// <summary>A sound header with nothing decodable behind it.</summary>
    public static byte[] Damaged { get; } = [.. Speech[..HeaderBytes], .. new byte[20]];

    /// <summary>The speech over and over, at least this long.</summary>
    public static byte[] LongSpeech(TimeSpan length)
    {
        var sound = Speech[HeaderBytes..];
        var times = (int)Math.Ceiling(length.TotalSeconds * BytesPerSecond / sound.Length);
        return Wave([.. Enumerable.Repeat(sound, times).SelectMany(bytes => bytes)]);
    }

    /// <summary>A WAV file of these samples: 16 kHz, mono, 16 bits.</summary>
    public static byte[] Wave(byte[] samples)
    {
        var wave = new byte[HeaderBytes + samples.Length];
        "RIFF"u8.CopyTo(wave);
        BinaryPrimitives.WriteInt32LittleEndian(wave.AsSpan(4), wave.Length - 8);
        "WAVEfmt "u8.CopyTo(wave.AsSpan(8));
        BinaryPrimitives.WriteInt32LittleEndian(wave.AsSpan(16), 16);
        BinaryPrimitives.WriteInt16LittleEndian(wave.AsSpan(20), 1);
        BinaryPrimitives.WriteInt16LittleEndian(wave.AsSpan(22), 1);
        BinaryPrimitives.WriteInt32LittleEndian(wave.AsSpan(24), BytesPerSecond / 2);
        BinaryPrimitives.WriteInt32LittleEndian(wave.AsSpan(28), BytesPerSecond);
        BinaryPrimitives.WriteInt16LittleEndian(wave.AsSpan(32), 2);
        BinaryPrimitives.WriteInt16LittleEndian(wave.AsSpan(34), 16);
        "data"u8.CopyTo(wave.AsSpan(36));
        BinaryPrimitives.WriteInt32LittleEndian(wave.AsSpan(40), samples.Length);
        samples.CopyTo(wave.AsSpan(HeaderBytes));
        return wave;
    }
}
