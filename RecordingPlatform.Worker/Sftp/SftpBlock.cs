using System.Collections.Concurrent;

namespace RecordingPlatform.Worker.Sftp;

/// <summary>Memory that packets are read into and handed out of: given back when the last one who holds a part lets go.</summary>
sealed class SftpBlock(ConcurrentBag<SftpBlock> free)
{
    /// <summary>Two of the largest packets, so that one that lies across an end fits after it was moved to the front.</summary>
    public const int Size = 2 * SftpWire.LargestPacket;

    int _holders;

    public byte[] Bytes { get; } = GC.AllocateUninitializedArray<byte>(Size);

    /// <summary>Nobody but the one who asks.</summary>
    public bool IsMineAlone => Volatile.Read(ref _holders) == 1;

    public SftpBlock Hold()
    {
        Interlocked.Increment(ref _holders);
        return this;
    }

    public void LetGo()
    {
        if (Interlocked.Decrement(ref _holders) == 0)
            free.Add(this);
    }
}
