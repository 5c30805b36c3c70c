using System.Security.Cryptography;
using RecordingPlatform.Core.Sealing;

namespace RecordingPlatform.Tests.Sealing;

/// <summary>Counts the whole process's allocations.</summary>
[Collection(nameof(Alone))]
public sealed class SealingMemoryTests
{
    const int MiB = 1 << 20;

    /// <summary>240 MiB more are 3,840 segments and 549 writes: a byte array for each segment would be 240 MiB.</summary>
    const long AllowedGrowth = 256 * 1024;

    static readonly byte[] Dek = RandomNumberGenerator.GetBytes(32);
    static readonly SealedObjectIdentity Identity = SealingSamples.NewIdentity();

    [Fact]
    public async Task Sealing_allocates_no_more_for_256_MiB_than_for_16()
    {
        await AllocatedBySealingAsync(16);
        var small = await AllocatedBySealingAsync(16);
        var large = await AllocatedBySealingAsync(256);
        Assert.True(large - small <= AllowedGrowth, $"{small} bytes for 16 MiB, {large} for 256 MiB.");
    }

    [Fact]
    public async Task Opening_allocates_no_more_for_256_MiB_than_for_16()
    {
        var small = await SealedAsync(16);
        var large = await SealedAsync(256);
        await AllocatedByOpeningAsync(small, 16);
        var forSmall = await AllocatedByOpeningAsync(small, 16);
        var forLarge = await AllocatedByOpeningAsync(large, 256);
        Assert.True(forLarge - forSmall <= AllowedGrowth, $"{forSmall} bytes for 16 MiB, {forLarge} for 256 MiB.");
    }

    static async Task<long> AllocatedBySealingAsync(int mebibytes)
    {
        var piece = new byte[MiB];
        var before = GC.GetTotalAllocatedBytes(precise: true);
        await using (var writer = SealedObjectWriter.Create(Stream.Null, Identity, Dek))
        {
            for (var i = 0; i < mebibytes; i++)
                await writer.WriteAsync(piece, CancellationToken.None);
            await writer.CompleteAsync(CancellationToken.None);
        }

        return GC.GetTotalAllocatedBytes(precise: true) - before;
    }

    static async Task<byte[]> SealedAsync(int mebibytes)
    {
        var bytes = new byte[SealedLayout.SealedLength((long)mebibytes * MiB)];
        using var destination = new MemoryStream(bytes);
        await using var writer = SealedObjectWriter.Create(destination, Identity, Dek);
        var piece = new byte[MiB];
        for (var i = 0; i < mebibytes; i++)
            await writer.WriteAsync(piece, CancellationToken.None);
        await writer.CompleteAsync(CancellationToken.None);
        return bytes;
    }

    static async Task<long> AllocatedByOpeningAsync(byte[] bytes, int mebibytes)
    {
        var length = (long)mebibytes * MiB;
        var before = GC.GetTotalAllocatedBytes(precise: true);
        using (var reader = await SealedObjectReader.OpenAsync(
            (offset, count, _) => Task.FromResult<Stream>(
                new MemoryStream(bytes, (int)offset, (int)Math.Min(count, bytes.Length - offset), writable: false)),
            Identity, Dek, length, CancellationToken.None))
        {
            await reader.CopyRangeAsync(0, length, Stream.Null, CancellationToken.None);
        }

        return GC.GetTotalAllocatedBytes(precise: true) - before;
    }
}
