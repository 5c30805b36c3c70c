using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;

namespace RecordingPlatform.Api.Http;

/// <summary>
/// What connections receive into and send from: blocks of 64 KiB instead of the server's 4, because each block is a system
/// call, and a whole opened segment fits one. A connection that waits for a request holds none.
/// </summary>
internal sealed class TransferMemory : IMemoryPoolFactory<byte>
{
    internal const int BlockBytes = 64 * 1024;

    /// <summary>Kept for the next transfer, 16 MiB; what a busy hour needed beyond that goes back to the collector.</summary>
    internal const int KeptBlocks = 256;

    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new Pool();

    internal sealed class Pool : MemoryPool<byte>
    {
        readonly ConcurrentQueue<Block> _free = new();
        int _kept;

        public override int MaxBufferSize => BlockBytes;

        /// <summary>Blocks at hand.</summary>
        internal int Kept => Volatile.Read(ref _kept);

        public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockBytes);
            if (!_free.TryDequeue(out var block))
                return new Block(this);
            Interlocked.Decrement(ref _kept);
            return block;
        }

        protected override void Dispose(bool disposing) => _free.Clear();

        void Take(Block block)
        {
            if (Interlocked.Increment(ref _kept) <= KeptBlocks)
                _free.Enqueue(block);
            else
                Interlocked.Decrement(ref _kept);
        }

        sealed class Block(Pool pool) : IMemoryOwner<byte>
        {
            // Pinned for good: a socket needs no handle to each block that it is given.
            public Memory<byte> Memory { get; } =
                MemoryMarshal.CreateFromPinnedArray(GC.AllocateUninitializedArray<byte>(BlockBytes, pinned: true), 0, BlockBytes);

            public void Dispose() => pool.Take(this);
        }
    }
}
