using System.Security.Cryptography;

namespace RecordingPlatform.Core.Keys;

/// <summary>
/// Key bytes that several threads read and one may release. Pinned, so that the collector leaves no copies; overwritten on release.
/// A reader never sees bytes that are being overwritten: it gets them whole or learns that they are gone.
/// </summary>
internal sealed class SecretBytes : IDisposable
{
    readonly Lock _lock = new();
    readonly byte[] _bytes;
    bool _released;

    /// <summary>Takes a copy; the caller keeps, and clears, its own.</summary>
    public SecretBytes(ReadOnlySpan<byte> bytes) => _bytes = Copy(bytes);

    public static byte[] Allocate(int length) => GC.AllocateUninitializedArray<byte>(length, pinned: true);

    /// <summary>Random bytes on the pinned heap; the caller clears them.</summary>
    public static byte[] Random(int length)
    {
        var bytes = Allocate(length);
        RandomNumberGenerator.Fill(bytes);
        return bytes;
    }

    /// <summary>What <paramref name="use"/> makes of the bytes, or null when they are released.</summary>
    public byte[]? TryUse(Func<ReadOnlySpan<byte>, byte[]> use)
    {
        lock (_lock)
            return _released ? null : use(_bytes);
    }

    /// <summary>A copy on the pinned heap that its taker clears, or null when released.</summary>
    public byte[]? TryCopy() => TryUse(Copy);

    public static byte[] Copy(ReadOnlySpan<byte> bytes)
    {
        var copy = Allocate(bytes.Length);
        bytes.CopyTo(copy);
        return copy;
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _released = true;
            CryptographicOperations.ZeroMemory(_bytes);
        }
    }
}
