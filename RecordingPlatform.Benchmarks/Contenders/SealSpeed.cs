using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using RecordingPlatform.Core.Sealing;

namespace RecordingPlatform.Benchmarks.Contenders;

/// <summary>Seals and opens segments from and into the same memory, as <c>openssl speed</c> does, and prints both speeds in MB/s.</summary>
internal static unsafe class SealSpeed
{
    static readonly TimeSpan Length = TimeSpan.FromSeconds(1);

    public static Task RunAsync(string[] _)
    {
        // As malloc aligns what openssl speed works on; an array may begin between two words of the cipher, which costs 1 %.
        var plaintext = (byte*)NativeMemory.AlignedAlloc(SealedLayout.SegmentPlaintext, 16);
        var segment = (byte*)NativeMemory.AlignedAlloc(SealedLayout.SegmentLength, 16);
        RandomNumberGenerator.Fill(Plaintext());
        Span<byte> header = stackalloc byte[FloeParameters.HeaderLength];
        using var cipher = new FloeSegmentCipher(FloeMessageKey.Begin(
            SealedLayout.Floe, RandomNumberGenerator.GetBytes(FloeParameters.KeyLength), [], RandomNumberGenerator.GetBytes(FloeParameters.IvLength), header));
        long position = 0;
        var ivs = new byte[SealedObjectWriter.NoncesAtOnce * FloeParameters.SegmentIvLength]; // as many at once as the writer draws
        var sealing = Speed(() =>
        {
            var turn = (int)(position % SealedObjectWriter.NoncesAtOnce);
            if (turn == 0)
                RandomNumberGenerator.Fill(ivs);
            cipher.Seal(position++, last: false, ivs.AsSpan(turn * FloeParameters.SegmentIvLength, FloeParameters.SegmentIvLength), Plaintext(), Segment());
        });
        position--;
        var opening = Speed(() =>
        {
            if (!cipher.TryOpen(position, last: false, Segment(), Plaintext()))
                throw new CryptographicException("The segment that was just sealed does not open.");
        });
        NativeMemory.AlignedFree(plaintext);
        NativeMemory.AlignedFree(segment);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{sealing:0.0} {opening:0.0}"));
        return Task.CompletedTask;

        Span<byte> Plaintext() => new(plaintext, SealedLayout.SegmentPlaintext);
        Span<byte> Segment() => new(segment, SealedLayout.SegmentLength);
    }

    static double Speed(Action segment)
    {
        // On one core: while it is new, the runtime compiles it once more beside it.
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < Length)
            segment();
        watch.Restart();
        long done = 0;
        while (watch.Elapsed < Length)
        {
            for (var i = 0; i < 64; i++)
                segment();
            done += 64;
        }
        return done * SealedLayout.SegmentPlaintext / watch.Elapsed.TotalSeconds / 1e6;
    }
}
