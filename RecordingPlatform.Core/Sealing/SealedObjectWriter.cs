using System.Buffers;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace RecordingPlatform.Core.Sealing;

/// <summary>
/// Seals one object: plaintext in, sealed bytes out to a stream, in memory that does not depend on the object's size
/// (at most four buffers of 512 KiB). A write goes on behind the call that began it, under that call's token, while the next
/// plaintext is taken; its failure surfaces in a later call, in <see cref="CompleteAsync"/> at the latest. Never resumed: a
/// call that failed or was cancelled leaves only disposal. Used by one caller at a time. Does not dispose the destination;
/// bytes that reached it before a failure are worthless.
/// </summary>
public sealed class SealedObjectWriter : IAsyncDisposable
{
    /// <summary>As many segments as fit 512 KiB with the header: of 1 MiB, half would have left the core's own cache before it is written.</summary>
    const int BatchSegments = (1 << 19) / SealedLayout.SegmentLength;
    const int BatchPlaintext = BatchSegments * SealedLayout.SegmentPlaintext;

    /// <summary>Nonces drawn at once, for eight batches: the generator's fixed cost is 1 % of sealing a batch.</summary>
    internal const int NoncesAtOnce = 8 * BatchSegments;

    /// <summary>A batch and the segment held back until it is known whether it is the last: exactly 512 KiB.</summary>
    const int FullCapacity = BatchPlaintext + SealedLayout.SegmentPlaintext;

    readonly Stream _destination;
    readonly FloeSegmentCipher _cipher;
    readonly NonceSource _nonces;
    readonly long _keyCheck;
    readonly byte[] _header;
    readonly PlaintextHash _hash = new();
    byte[] _plaintext = ArrayPool<byte>.Shared.Rent(SealedLayout.SegmentPlaintext);
    byte[]? _hashed;
    byte[] _drawn = []; // nonces, of which the first are used
    int _used;
    byte[] _sealed = [];
    byte[] _underWay = [];
    Task _written = Task.CompletedTask; // of what is under way
    int _capacity = SealedLayout.SegmentPlaintext; // grows once: most objects are small
    int _filled;
    long _position;
    long _plaintextLength;
    long _sealedLength;
    State _state = State.Ready;

    SealedObjectWriter(Stream destination, FloeSegmentCipher cipher, byte[] header, NonceSource nonces, long keyCheck)
    {
        _destination = destination;
        _cipher = cipher;
        _header = header;
        _nonces = nonces;
        _keyCheck = keyCheck;
    }

    /// <summary>Fills its argument with bytes that never repeat; random outside of tests.</summary>
    internal delegate void NonceSource(Span<byte> nonce);

    enum State
    {
        Ready,
        Busy, // stays so after a failure
        Completed,
        Disposed,
    }

    internal FloeMessageKey MessageKey => _cipher.MessageKey;

    /// <summary>Begins an object. Nothing is written before the first full batch or the end.</summary>
    /// <param name="destination">Receives the sealed bytes in order, about 512 KiB at a time.</param>
    /// <param name="identity">The ids of the row; its key check is not read.</param>
    /// <param name="dek">32 bytes, made for this object alone. Not kept.</param>
    public static SealedObjectWriter Create(Stream destination, SealedObjectIdentity identity, ReadOnlySpan<byte> dek) =>
        Create(destination, identity, dek, RandomNumberGenerator.Fill);

    internal static SealedObjectWriter Create(
        Stream destination, SealedObjectIdentity identity, ReadOnlySpan<byte> dek, NonceSource nonces)
    {
        ArgumentNullException.ThrowIfNull(destination);
        var header = new byte[SealedLayout.HeaderLength];
        SealedObjectPrefix.Write(header, identity.DekId);
        Span<byte> aad = stackalloc byte[SealedObjectPrefix.AadLength];
        SealedObjectPrefix.WriteAad(aad, header, identity);
        Span<byte> iv = stackalloc byte[FloeParameters.IvLength];
        nonces(iv);
        var key = FloeMessageKey.Begin(SealedLayout.Floe, dek, aad, iv, header.AsSpan(SealedLayout.PrefixLength));
        return new(destination, new(key), header, nonces, SealedObjectIdentity.ComputeKeyCheck(dek, identity.DekId));
    }

    /// <summary>Takes the next plaintext; it may be reused as soon as the call ends.</summary>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> plaintext, CancellationToken ct)
    {
        Require(State.Ready);
        if (plaintext.Length > _capacity - _filled)
            return WriteThroughAsync(plaintext, ct);
        Take(plaintext.Span);
        return ValueTask.CompletedTask;
    }

    /// <summary>Room for the next plaintext, at least one byte, to be filled from its start and then taken by <see cref="Advance"/>: saves a copy of each byte. Valid until the next call.</summary>
    public ValueTask<Memory<byte>> GetMemoryAsync(CancellationToken ct)
    {
        Require(State.Ready);
        return _filled < _capacity ? ValueTask.FromResult(Room) : MakeRoomFirstAsync(ct);
    }

    /// <summary>Takes the first <paramref name="count"/> bytes of what <see cref="GetMemoryAsync"/> gave.</summary>
    public void Advance(int count)
    {
        Require(State.Ready);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _capacity - _filled);
        _filled += count;
    }

    /// <summary>Takes everything that a stream has left, reading straight into the writer's buffer.</summary>
    public async Task CopyFromAsync(Stream source, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(source);
        Enter();
        while (true)
        {
            if (_filled == _capacity)
                await MakeRoomAsync(ct);
            var read = await source.ReadAsync(Room, ct);
            if (read == 0)
                break;
            _filled += read;
        }

        _state = State.Ready;
    }

    /// <summary>Writes the last segment and flushes the destination. The key is gone afterwards.</summary>
    public async ValueTask<SealedObjectFacts> CompleteAsync(CancellationToken ct)
    {
        Enter();
        if (_filled > BatchPlaintext)
            await SealBatchAsync(last: false, ct);
        await SealBatchAsync(last: true, ct);
        await _written;
        await _destination.FlushAsync(ct);
        await _hash.SettleAsync();
        _cipher.Dispose();
        _state = State.Completed;
        return new(_plaintextLength, _position, _sealedLength, _hash.Finish(), _keyCheck);
    }

    /// <summary>Zeroes the keys and the plaintext buffers. No call is under way.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_state == State.Disposed)
            return;
        _state = State.Disposed;
        _cipher.Dispose();
        // Both still read their buffers. A write that fails now has lost nothing that anybody was promised.
        await _hash.SettleAsync();
        await _written.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _hash.Dispose();
        Release(_plaintext);
        if (_hashed is not null)
            Release(_hashed);
        Return(_sealed);
        Return(_underWay);
    }

    async ValueTask WriteThroughAsync(ReadOnlyMemory<byte> plaintext, CancellationToken ct)
    {
        _state = State.Busy;
        while (!plaintext.IsEmpty)
        {
            if (_filled == _capacity)
                await MakeRoomAsync(ct);
            var taken = Math.Min(plaintext.Length, _capacity - _filled);
            Take(plaintext.Span[..taken]);
            plaintext = plaintext[taken..];
        }

        _state = State.Ready;
    }

    Memory<byte> Room => _plaintext.AsMemory(_filled, _capacity - _filled);

    async ValueTask<Memory<byte>> MakeRoomFirstAsync(CancellationToken ct)
    {
        _state = State.Busy;
        await MakeRoomAsync(ct);
        _state = State.Ready;
        return Room;
    }

    void Take(ReadOnlySpan<byte> plaintext)
    {
        plaintext.CopyTo(_plaintext.AsSpan(_filled));
        _filled += plaintext.Length;
    }

    ValueTask MakeRoomAsync(CancellationToken ct)
    {
        if (_capacity == FullCapacity)
            return SealBatchAsync(last: false, ct);

        var full = ArrayPool<byte>.Shared.Rent(FullCapacity);
        _plaintext.AsSpan(0, _filled).CopyTo(full);
        Release(_plaintext);
        _plaintext = full;
        _capacity = FullCapacity;
        return ValueTask.CompletedTask;
    }

    /// <summary>Seals what is buffered and writes it; holds the youngest segment back unless it is the last.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))] // once per batch, awaited exactly once
    async ValueTask SealBatchAsync(bool last, CancellationToken ct)
    {
        await _hash.SettleAsync();
        var take = last ? _filled : (int)(SealedLayout.Segments(_filled) - 1) * SealedLayout.SegmentPlaintext;
        if (take > SealedLayout.SegmentPlaintext)
            _hash.Begin(_plaintext.AsMemory(0, take));
        else
            _hash.Append(_plaintext.AsSpan(0, take)); // not worth the way to another core
        var length = SealInto(take, last);

        if (!last)
        {
            _hashed ??= ArrayPool<byte>.Shared.Rent(FullCapacity);
            _plaintext.AsSpan(take, _filled - take).CopyTo(_hashed);
            (_plaintext, _hashed) = (_hashed, _plaintext);
        }

        _filled -= take;
        _plaintextLength += take;
        await _written;
        _written = _destination.WriteAsync(_sealed.AsMemory(0, length), ct).AsTask();
        (_sealed, _underWay) = (_underWay, _sealed);
        _sealedLength += length;
    }

    int SealInto(int take, bool last)
    {
        var segments = (int)SealedLayout.Segments(take);
        var room = SealedLayout.HeaderLength + take + segments * FloeParameters.SegmentOverhead;
        if (_sealed.Length < room)
        {
            Return(_sealed);
            _sealed = ArrayPool<byte>.Shared.Rent(room);
        }

        var length = 0;
        if (_position == 0)
        {
            _header.CopyTo(_sealed, 0);
            length = _header.Length;
        }

        for (var i = 0; i < segments; i++)
        {
            var plaintext = _plaintext.AsSpan(i * SealedLayout.SegmentPlaintext, SealedLayout.PlaintextOf(i, take));
            var iv = NextNonce(of: last ? segments - i : NoncesAtOnce);
            length += _cipher.Seal(_position++, last && i == segments - 1, iv, plaintext, _sealed.AsSpan(length));
        }

        return length;
    }

    /// <param name="of">How many more the object needs at most.</param>
    ReadOnlySpan<byte> NextNonce(int of)
    {
        if (_used == _drawn.Length)
        {
            _drawn = new byte[Math.Min(of, NoncesAtOnce) * FloeParameters.SegmentIvLength];
            _nonces(_drawn);
            _used = 0;
        }
        _used += FloeParameters.SegmentIvLength;
        return _drawn.AsSpan(_used - FloeParameters.SegmentIvLength, FloeParameters.SegmentIvLength);
    }

    void Enter()
    {
        Require(State.Ready);
        _state = State.Busy;
    }

    void Require(State state)
    {
        ObjectDisposedException.ThrowIf(_state == State.Disposed, this);
        if (_state != state)
            throw new InvalidOperationException(_state == State.Completed
                ? "The object is complete."
                : "A call is under way or has failed, and sealing is never resumed: begin a new object with a new DEK.");
    }

    static void Return(byte[] @sealed)
    {
        if (@sealed.Length > 0)
            ArrayPool<byte>.Shared.Return(@sealed);
    }

    static void Release(byte[] plaintext)
    {
        CryptographicOperations.ZeroMemory(plaintext);
        ArrayPool<byte>.Shared.Return(plaintext);
    }
}
