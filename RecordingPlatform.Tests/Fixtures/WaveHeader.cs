using System.Buffers.Binary;

namespace RecordingPlatform.Tests.Fixtures;

/// <summary>How a WAV file of PCM samples begins: RIFF, fmt and the head of data.</summary>
internal static class WaveHeader
{
    public const int Length = 44;

    /// <param name="soundBytes">What follows; a size that the format cannot say is said as its largest.</param>
    /// <param name="rate">Samples a second, of each channel.</param>
    /// <param name="channels">How many.</param>
    /// <param name="bits">Of one sample.</param>
    public static byte[] Of(long soundBytes, int rate, int channels = 1, int bits = 16)
    {
        var header = new byte[Length];
        "RIFF"u8.CopyTo(header);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(4), Size(soundBytes + Length - 8));
        "WAVEfmt "u8.CopyTo(header.AsSpan(8));
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(16), 16);
        BinaryPrimitives.WriteInt16LittleEndian(header.AsSpan(20), 1);
        BinaryPrimitives.WriteInt16LittleEndian(header.AsSpan(22), (short)channels);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(24), rate);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(28), rate * channels * bits / 8);
        BinaryPrimitives.WriteInt16LittleEndian(header.AsSpan(32), (short)(channels * bits / 8));
        BinaryPrimitives.WriteInt16LittleEndian(header.AsSpan(34), (short)bits);
        "data"u8.CopyTo(header.AsSpan(36));
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(40), Size(soundBytes));
        return header;
    }

    static uint Size(long bytes) => (uint)Math.Min(uint.MaxValue, bytes);
}
