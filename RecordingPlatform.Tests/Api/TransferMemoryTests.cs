using RecordingPlatform.Api.Http;

namespace RecordingPlatform.Tests.Api;

public sealed class TransferMemoryTests
{
    [Fact]
    public void Every_block_is_large_whatever_is_asked_for()
    {
        using var pool = new TransferMemory().Create();
        Assert.Equal(TransferMemory.BlockBytes, pool.MaxBufferSize);
        foreach (var asked in (int[])[-1, 0, 1, 4096, TransferMemory.BlockBytes])
        {
            using var block = pool.Rent(asked);
            Assert.Equal(TransferMemory.BlockBytes, block.Memory.Length);
        }
        Assert.Throws<ArgumentOutOfRangeException>(() => pool.Rent(TransferMemory.BlockBytes + 1));
    }

    [Fact]
    public void A_block_in_use_is_nobody_elses_and_one_given_back_is_the_next_ones()
    {
        using var pool = new TransferMemory().Create();
        var first = pool.Rent();
        using var second = pool.Rent();
        first.Memory.Span[0] = 1;
        second.Memory.Span[0] = 2;
        Assert.Equal(1, first.Memory.Span[0]);
        first.Dispose();
        using var third = pool.Rent();
        Assert.Same(first, third);
    }

    [Fact]
    public void After_a_busy_hour_only_so_many_blocks_are_kept()
    {
        using var pool = (TransferMemory.Pool)new TransferMemory().Create();
        var busy = Enumerable.Range(0, TransferMemory.KeptBlocks + 10).Select(_ => pool.Rent()).ToList();
        busy.ForEach(block => block.Dispose());
        Assert.Equal(TransferMemory.KeptBlocks, pool.Kept);
        using var again = pool.Rent();
        Assert.Equal(TransferMemory.KeptBlocks - 1, pool.Kept);
    }
}
