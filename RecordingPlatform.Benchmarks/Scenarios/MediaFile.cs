using System.Security.Cryptography;
using RecordingPlatform.Tests.Fixtures;

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
        await file.WriteAsync(WaveHeader.Of(bytes - WaveHeader.Length, rate: 8000));
    }
}
