using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using RecordingPlatform.Core.Sealing;

namespace RecordingPlatform.Benchmarks.Contenders;

/// <summary>Seals and opens segments from and into the same memory, as <c>openssl speed</c> does, and prints both speeds in MB/s.</summary>
internal static class SealSpeed
{
    static readonly TimeSpan Length = TimeSpan.FromSeconds(1);

    public static Task RunAsync(string[] _)
    {
        var plaintext = RandomNumberGenerator.GetBytes(SealedLayout.SegmentPlaintext);
        var segment = new byte[SealedLayout.SegmentLength];
        Span<byte> header = stackalloc byte[FloeParameters.HeaderLength];
        using var cipher = new FloeSegmentCipher(FloeMessageKey.Begin(
            SealedLayout.Floe, RandomNumberGenerator.GetBytes(FloeParameters.KeyLength), [], RandomNumberGenerator.GetBytes(FloeParameters.IvLength), header));
        long position = 0;
        var ivs = new byte[15 * FloeParameters.SegmentIvLength]; // of a batch at once, as the writer takes them
        var sealing = Speed(() =>
        {
            var turn = (int)(position % 15);
            if (turn == 0)
                RandomNumberGenerator.Fill(ivs);
            cipher.Seal(position++, last: false, ivs.AsSpan(turn * FloeParameters.SegmentIvLength, FloeParameters.SegmentIvLength), plaintext, segment);
        });
        position--;
        var opening = Speed(() =>
        {
            if (!cipher.TryOpen(position, last: false, segment, plaintext))
                throw new CryptographicException("The segment that was just sealed does not open.");
        });
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{sealing:0.0} {opening:0.0}"));
        return Task.CompletedTask;
    }

    static double Speed(Action segment)
    {
        for (var i = 0; i < 2000; i++)
            segment(); // compiled in its last form by then
        var watch = Stopwatch.StartNew();
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
