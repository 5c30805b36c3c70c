namespace RecordingPlatform.Core.Sealing;

/// <summary>
/// Ranged get of one sealed object. The stream holds the bytes from <paramref name="offset"/>, at most
/// <paramref name="length"/>, and is disposed by the reader. It ends early, or is empty, only where the object ends: the
/// reader asks for one byte behind the end to see that there is none.
/// </summary>
public delegate Task<Stream> SealedRangeSource(long offset, long length, CancellationToken ct);

/// <summary>
/// A header that was checked against its row, and the message key that came of it. May be kept (at most the 60 seconds a
/// DEK may stay opened) so that a later seek costs one ranged get; every reader works on its own copy of the key, so this
/// may be disposed at any time. Thread-safe.
/// </summary>
public sealed class OpenedHeader : IDisposable
{
    readonly FloeMessageKey _messageKey;
    FloeSegmentCipher? _spare;
    volatile bool _disposed;
    volatile bool _lastSegmentVerified;

    OpenedHeader(ReadOnlyMemory<byte> bytes, SealedObjectIdentity identity, long plaintextLength, FloeMessageKey messageKey)
    {
        Bytes = bytes;
        Identity = identity;
        PlaintextLength = plaintextLength;
        _messageKey = messageKey;
    }

    public SealedObjectIdentity Identity { get; }

    /// <summary>The 106 bytes as the store has them: no key, no plaintext, and the same as long as the object exists.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>As the row says it; proven once <see cref="LastSegmentVerified"/>.</summary>
    public long PlaintextLength { get; }

    /// <summary>Whether a reader of this header has seen the last segment where the row's length puts it, and nothing after it.</summary>
    public bool LastSegmentVerified => _lastSegmentVerified;

    internal FloeMessageKey MessageKey => _messageKey;

    /// <summary>A cipher for one reader alone, on a key of its own: the one that the last reader gave back, or a new one. A seek spends a tenth of its time on a new one.</summary>
    internal FloeSegmentCipher RentCipher() => Interlocked.Exchange(ref _spare, null) ?? new(_messageKey.Copy());

    /// <summary>Keeps a cipher for the next reader, or zeroes its key when one is kept already or this is disposed.</summary>
    internal void ReturnCipher(FloeSegmentCipher cipher)
    {
        if (Interlocked.CompareExchange(ref _spare, cipher, null) is not null)
            cipher.Dispose();
        // Looked at after it lies there: whoever disposed this meanwhile either found it or is found here.
        if (_disposed)
            DropSpare();
    }

    /// <summary>Fetches and checks the first 106 bytes.</summary>
    /// <param name="source">The object.</param>
    /// <param name="identity">The ids of the row.</param>
    /// <param name="dek">32 bytes. Not kept.</param>
    /// <param name="plaintextLength">As the row says it.</param>
    /// <param name="ct">Ends the get.</param>
    /// <exception cref="SealedObjectException">The header is not one of version 1, or not this row's.</exception>
    public static async Task<OpenedHeader> ReadAsync(
        SealedRangeSource source, SealedObjectIdentity identity, ReadOnlyMemory<byte> dek, long plaintextLength, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(source);
        await using var stream = await source(0, SealedLayout.HeaderLength, ct);
        return await ReadAsync(stream, identity, dek, plaintextLength, ct);
    }

    internal static async Task<OpenedHeader> ReadAsync(
        Stream stream, SealedObjectIdentity identity, ReadOnlyMemory<byte> dek, long plaintextLength, CancellationToken ct)
    {
        SealedLayout.Segments(plaintextLength); // refuses a length no object can have
        var header = new byte[SealedLayout.HeaderLength];
        var read = await stream.ReadAtLeastAsync(header, header.Length, throwOnEndOfStream: false, ct);
        if (read < header.Length)
            throw new SealedObjectException(SealedObjectFault.Truncated, identity, $"Of {header.Length} header bytes the store has {read}.");
        return Open(header, identity, dek, plaintextLength);
    }

    /// <summary>Checks 106 bytes that come from elsewhere than the store, exactly as if they came from it.</summary>
    /// <exception cref="SealedObjectException">They are not the header of this row's object.</exception>
    public static OpenedHeader Open(ReadOnlyMemory<byte> bytes, SealedObjectIdentity identity, ReadOnlyMemory<byte> dek, long plaintextLength)
    {
        SealedLayout.Segments(plaintextLength); // refuses a length no object can have
        return bytes.Length == SealedLayout.HeaderLength
            ? OpenChecked(bytes, identity, dek.Span, plaintextLength)
            : throw new SealedObjectException(SealedObjectFault.Truncated, identity, $"A header has {SealedLayout.HeaderLength} bytes, this one {bytes.Length}.");
    }

    public void Dispose()
    {
        _disposed = true;
        _messageKey.Dispose();
        DropSpare();
    }

    internal void MarkLastSegmentVerified() => _lastSegmentVerified = true;

    void DropSpare() => Interlocked.Exchange(ref _spare, null)?.Dispose();

    static OpenedHeader OpenChecked(ReadOnlyMemory<byte> bytes, SealedObjectIdentity identity, ReadOnlySpan<byte> dek, long plaintextLength)
    {
        var header = bytes.Span;
        SealedObjectPrefix.Check(header, identity);
        Span<byte> aad = stackalloc byte[SealedObjectPrefix.AadLength];
        SealedObjectPrefix.WriteAad(aad, header, identity);
        var key = FloeMessageKey.Open(SealedLayout.Floe, dek, aad, header[SealedLayout.PrefixLength..]);
        return key is null ? throw Refuse(identity, dek) : new OpenedHeader(bytes, identity, plaintextLength, key);
    }

    static SealedObjectException Refuse(SealedObjectIdentity identity, ReadOnlySpan<byte> dek) => identity.KeyCheck switch
    {
        null => new(SealedObjectFault.HeaderTag, identity,
            $"Either the key is not DEK {identity.DekId}, or it was not sealed for owner {identity.OwnerId}, or its header was altered."),
        { } check when check != SealedObjectIdentity.ComputeKeyCheck(dek, identity.DekId) =>
            new(SealedObjectFault.WrongKey, identity, $"The key given is not DEK {identity.DekId}."),
        _ => new(SealedObjectFault.ForeignRow, identity,
            $"It was not sealed for owner {identity.OwnerId} and this object id, or its header was altered."),
    };
}
