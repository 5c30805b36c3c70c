using System.Buffers.Binary;
using System.Security.Cryptography;

namespace RecordingPlatform.Benchmarks.Scenarios;

/// <summary>A file that begins like a WAV file and goes on with bytes that nothing compresses.</summary>
internal static class MediaFile
{
    public static async Task WriteAsync(string path, long bytes)
    {
        var block = RandomNumberGenerator.GetBytes(1 << 20);
        await using var file = File.Create(path);
        for (long written = 0; written < bytes; written += block.Length)
            await file.WriteAsync(block.AsMemory(0, (int)Math.Min(block.Length, bytes - written)));
        file.Position = 0;
        await file.WriteAsync(Header((uint)Math.Min(uint.MaxValue, bytes)));
    }

    // 8 kHz, mono, 16 bits: RIFF, fmt and data chunks, 44 bytes.
    static byte[] Header(uint fileBytes)
    {
        var header = new byte[44];
        "RIFF"u8.CopyTo(header);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(4), fileBytes - 8);
        "WAVEfmt "u8.CopyTo(header.AsSpan(8));
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(16), 16);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(20), 1);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(22), 1);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(24), 8000);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(28), 16000);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(32), 2);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(34), 16);
        "data"u8.CopyTo(header.AsSpan(36));
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(40), fileBytes - 44);
        return header;
    }
}
