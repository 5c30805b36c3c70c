using System.Buffers.Binary;
using System.Security.Cryptography;

namespace RecordingPlatform.Core.Sealing;

/// <summary>
/// The key of one FLOE ciphertext, bound to its header and associated data; segment keys come from it.
/// Zeroed when disposed. Safe to share between threads, disposal included: a use after it throws.
/// </summary>
internal sealed class FloeMessageKey : IDisposable
{
    const int HeaderInfoLength = FloeParameters.EncodedLength + FloeParameters.IvLength;

    readonly Lock _gate = new();
    readonly byte[] _headerInfo;
    readonly byte[] _aad;
    // Pinned: the collector leaves no copies behind that zeroing would miss.
    readonly byte[] _key = GC.AllocateUninitializedArray<byte>(FloeParameters.MessageKeyLength, pinned: true);
    bool _disposed;

    FloeMessageKey(FloeParameters parameters, ReadOnlySpan<byte> headerInfo, ReadOnlySpan<byte> aad)
    {
        Parameters = parameters;
        _headerInfo = headerInfo.ToArray();
        _aad = aad.ToArray();
    }

    public FloeParameters Parameters { get; }

    /// <summary>The key itself, for the test that sees it zeroed.</summary>
    internal ReadOnlySpan<byte> Material => _key;

    /// <summary>Begins a ciphertext: writes its header and returns its key. <paramref name="iv"/> is never used twice with one key.</summary>
    public static FloeMessageKey Begin(
        FloeParameters parameters, ReadOnlySpan<byte> key, ReadOnlySpan<byte> aad, ReadOnlySpan<byte> iv, Span<byte> header)
    {
        RequireLengths(key, header.Length);
        parameters.Encode(header);
        iv.CopyTo(header[FloeParameters.EncodedLength..HeaderInfoLength]);
        FloeKeyDerivation.Expand(key, header[..HeaderInfoLength], "HEADER_TAG:"u8, aad, header[HeaderInfoLength..]);
        return Derive(parameters, key, aad, header);
    }

    /// <summary>Opens a header whose parameters the caller has recognised.</summary>
    /// <returns>Null when the header's tag fails: another key, other associated data, or an altered header.</returns>
    public static FloeMessageKey? Open(
        FloeParameters parameters, ReadOnlySpan<byte> key, ReadOnlySpan<byte> aad, ReadOnlySpan<byte> header)
    {
        RequireLengths(key, header.Length);
        Span<byte> expected = stackalloc byte[FloeParameters.HeaderTagLength];
        FloeKeyDerivation.Expand(key, header[..HeaderInfoLength], "HEADER_TAG:"u8, aad, expected);
        return CryptographicOperations.FixedTimeEquals(expected, header[HeaderInfoLength..])
            ? Derive(parameters, key, aad, header)
            : null;
    }

    /// <summary>The cipher of all segments whose <see cref="FloeParameters.KeyWindow"/> is <paramref name="window"/>.</summary>
    public AesGcm CreateCipher(long window)
    {
        Span<byte> purpose = stackalloc byte[12];
        "DEK:"u8.CopyTo(purpose);
        BinaryPrimitives.WriteInt64BigEndian(purpose[4..], window);
        Span<byte> segmentKey = stackalloc byte[FloeParameters.KeyLength];
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            FloeKeyDerivation.Expand(_key, _headerInfo, purpose, _aad, segmentKey);
        }

        var cipher = new AesGcm(segmentKey, FloeParameters.SegmentTagLength);
        CryptographicOperations.ZeroMemory(segmentKey);
        return cipher;
    }

    /// <summary>A key of its own lifetime, so that the one who keeps this one may drop it at any time.</summary>
    public FloeMessageKey Copy()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            var copy = new FloeMessageKey(Parameters, _headerInfo, _aad);
            _key.CopyTo(copy._key, 0);
            return copy;
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            CryptographicOperations.ZeroMemory(_key);
        }
    }

    static FloeMessageKey Derive(FloeParameters parameters, ReadOnlySpan<byte> key, ReadOnlySpan<byte> aad, ReadOnlySpan<byte> header)
    {
        var message = new FloeMessageKey(parameters, header[..HeaderInfoLength], aad);
        FloeKeyDerivation.Expand(key, message._headerInfo, "MESSAGE_KEY:"u8, aad, message._key);
        return message;
    }

    static void RequireLengths(ReadOnlySpan<byte> key, int headerLength)
    {
        if (key.Length != FloeParameters.KeyLength)
            throw new ArgumentException($"A FLOE key has {FloeParameters.KeyLength} bytes, this one {key.Length}.", nameof(key));
        ArgumentOutOfRangeException.ThrowIfNotEqual(headerLength, FloeParameters.HeaderLength);
    }
}
