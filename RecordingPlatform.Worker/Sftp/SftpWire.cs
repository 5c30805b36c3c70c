using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Diagnostics;

namespace RecordingPlatform.Worker.Sftp;

/// <summary>
/// One conversation in SFTP version 3 over two streams. A thread of its own reads, takes packets apart and continues
/// whoever waits for them on itself, so that a file's bytes are handed on while they are in the cache; whoever leaves the session calls
/// <see cref="OffTheReaderAsync"/> first. Safe for concurrent use.
/// </summary>
sealed class SftpWire : IDisposable
{
    /// <summary>Of a length field, which is not trusted: what OpenSSH's own server sends at most.</summary>
    public const int LargestPacket = 256 << 10;

    /// <summary>What every server gives at once (section 3: packets of 34000 bytes).</summary>
    public const int Chunk = 32 << 10;

    /// <summary>
    /// Reads outstanding, of <see cref="Chunk"/> each: 3 MiB, a little more than an SSH channel's window of 2 MiB, so that the
    /// window is never idle. Fewer when the server gives more at once.
    /// </summary>
    public const int Reads = 96;

    /// <summary>Asked for at once of a server that says it gives as much: beyond this nothing is gained, and a sink gets it in one piece.</summary>
    const int LargestChunk = 128 << 10;

    static ReadOnlySpan<byte> Limits => "limits@openssh.com"u8;

    /// <summary>The conversation that this thread reads for.</summary>
    [ThreadStatic]
    static SftpWire? t_reading;

    readonly Stream _from;
    readonly Stream _to;
    readonly TimeProvider _clock;
    readonly TimeSpan _patience;
    readonly Lock _gate = new();
    readonly Lock _writing = new();
    readonly Dictionary<uint, SftpPending> _pending = [];
    readonly ConcurrentBag<SftpBlock> _free = [];
    readonly TaskCompletionSource _version = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly TaskCompletionSource<SftpEnd> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly ITimer _watchdog;
    byte[] _outbox = new byte[16 << 10];
    byte[] _sending = new byte[16 << 10];
    int _unsent;
    uint _nextId;
    SftpException? _failure;
    long _silentSince;
    bool _isReading;
    long _received;

    public SftpWire(Stream from, Stream to, TimeProvider clock, TimeSpan patience)
    {
        (_from, _to, _clock, _patience) = (from, to, clock, patience);
        _silentSince = clock.GetTimestamp();
        _watchdog = clock.CreateTimer(_ => LookAtTheClock(), null, patience / 4, patience / 4);
    }

    /// <summary>Permits for <see cref="SftpPacket.Read"/>: one for each chunk that was asked for and not yet handed on, which bounds memory.</summary>
    public SemaphoreSlim Slots { get; } = new(Reads);

    /// <summary>How much is asked for at once. Known before the first handle is: servers answer in order.</summary>
    public int ReadSize { get; private set; } = Chunk;

    /// <summary>How many <see cref="Slots"/> there are.</summary>
    public int Window => Reads * Chunk / ReadSize;

    /// <summary>Completes when the server has said that it speaks version 3.</summary>
    public Task Version => _version.Task;

    /// <summary>How the conversation ended. Whoever waits is failed by <see cref="Fail"/>, once it is known why.</summary>
    public Task<SftpEnd> Ended => _ended.Task;

    /// <summary>Bytes that came, for logs.</summary>
    public long Received => Volatile.Read(ref _received);

    /// <summary>Memory that was made for what comes, in <see cref="SftpBlock"/>s. It is used again and not given back.</summary>
    public int Blocks { get; private set; }

    /// <summary>Requests whose answer has not come.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
                return _pending.Count;
        }
    }

    public void Start()
    {
        Span<byte> init = [0, 0, 0, 5, (byte)SftpPacket.Init, 0, 0, 0, 3];
        lock (_gate)
            Append(init);
        new Thread(ReadAll) { IsBackground = true, Name = "sftp" }.Start();
        Flush();
    }

    /// <summary>Sends a request whose body is two parts: a text with its length (a path or a handle), and what follows it.</summary>
    /// <exception cref="SftpException">The conversation is over.</exception>
    public SftpPending Send(SftpPacket type, SftpPacket answer, ReadOnlySpan<byte> text, ReadOnlySpan<byte> rest = default, int dataAtMost = 0)
    {
        Span<byte> head = stackalloc byte[13];
        BinaryPrimitives.WriteInt32BigEndian(head, 9 + text.Length + rest.Length);
        head[4] = (byte)type;
        BinaryPrimitives.WriteInt32BigEndian(head[9..], text.Length);
        var pending = new SftpPending(answer, dataAtMost);
        lock (_gate)
        {
            if (_failure is not null)
                throw _failure.Again();
            if (_pending.Count == 0)
                _silentSince = _clock.GetTimestamp();
            var id = _nextId++;
            _pending.Add(id, pending);
            BinaryPrimitives.WriteUInt32BigEndian(head[5..], id);
            Append(head);
            Append(text);
            Append(rest);
        }
        // The reader sends what it caused in one piece, before it waits again.
        if (t_reading != this)
            Flush();
        return pending;
    }

    /// <summary>A read of up to <see cref="ReadSize"/> bytes. The caller holds one of the <see cref="Slots"/>.</summary>
    public SftpPending SendRead(byte[] handle, long offset, int length)
    {
        Span<byte> rest = stackalloc byte[12];
        BinaryPrimitives.WriteInt64BigEndian(rest, offset);
        BinaryPrimitives.WriteInt32BigEndian(rest[8..], length);
        return Send(SftpPacket.Read, SftpPacket.Data, handle, rest, length);
    }

    /// <summary>Closes a handle without waiting. On a conversation that is over there is nothing to close.</summary>
    public void SendClose(byte[] handle)
    {
        try
        {
            Send(SftpPacket.Close, SftpPacket.Status, handle);
        }
        catch (SftpException)
        {
            // The server closes what a lost session had open.
        }
    }

    /// <summary>Fails everyone who waits and whoever comes later.</summary>
    public void Fail(SftpException why)
    {
        List<SftpPending> waiting;
        lock (_gate)
        {
            if (_failure is not null)
                return;
            _failure = why;
            waiting = [.. _pending.Values];
            _pending.Clear();
        }
        _watchdog.Dispose();
        _version.TrySetException(why.Again());
        _ = _version.Task.Exception; // not everyone waits for it
        foreach (var pending in waiting)
            pending.TryFail(why);
        // Whoever waits for a slot comes and finds the failure.
        Slots.Release(1 << 20);
    }

    /// <summary>Awaited last by everything that callers see: their own work must not hold up the reader.</summary>
    public static async ValueTask OffTheReaderAsync()
    {
        if (t_reading is not null)
            await Task.Yield();
    }

    public void Dispose() => _watchdog.Dispose();

    void Append(ReadOnlySpan<byte> bytes)
    {
        if (_outbox.Length - _unsent < bytes.Length)
            Array.Resize(ref _outbox, Math.Max(_outbox.Length * 2, _unsent + bytes.Length));
        bytes.CopyTo(_outbox.AsSpan(_unsent));
        _unsent += bytes.Length;
    }

    void Flush()
    {
        lock (_writing)
        {
            int count;
            lock (_gate)
            {
                (_outbox, _sending, count) = (_sending, _outbox, _unsent);
                _unsent = 0;
            }
            if (count == 0)
                return;
            try
            {
                _to.Write(_sending, 0, count);
                _to.Flush();
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException)
            {
                // The reader sees the end, and why.
            }
        }
    }

    void ReadAll()
    {
        t_reading = this;
        try
        {
            ReadUntilTheEnd();
            _ended.TrySetResult(new SftpEnd(SftpEndKind.Closed, null));
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            _ended.TrySetResult(new SftpEnd(SftpEndKind.Closed, null));
        }
        catch (SftpViolation violation)
        {
            _ended.TrySetResult(new SftpEnd(SftpEndKind.Violated, violation.Message));
        }
    }

    void ReadUntilTheEnd()
    {
        var block = NewBlock();
        int start = 0, end = 0;
        while (true)
        {
            Flush();
            Volatile.Write(ref _silentSince, _clock.GetTimestamp());
            Volatile.Write(ref _isReading, true);
            var read = _from.Read(block.Bytes, end, SftpBlock.Size - end);
            Volatile.Write(ref _isReading, false);
            if (read == 0)
                return;
            Volatile.Write(ref _received, _received + read);
            end += read;
            var needed = TakePackets(block, ref start, end);

            var left = end - start;
            if (block.IsMineAlone)
            {
                // The same memory again: it is still in the cache.
                block.Bytes.AsSpan(start, left).CopyTo(block.Bytes);
                (start, end) = (0, left);
            }
            else if (SftpBlock.Size - start < needed || SftpBlock.Size - end < Chunk)
            {
                var next = NewBlock();
                block.Bytes.AsSpan(start, left).CopyTo(next.Bytes);
                (start, end) = (0, left);
                block.LetGo();
                block = next;
            }
        }
    }

    /// <summary>Takes whole packets; answers how many bytes the next one has, its length field included.</summary>
    int TakePackets(SftpBlock block, ref int start, int end)
    {
        while (end - start >= 4)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(block.Bytes.AsSpan(start));
            if (length is 0 or > LargestPacket - 4)
                throw new SftpViolation(_version.Task.IsCompleted ? $"a packet of {length} bytes" : "a beginning that is not SFTP");
            if (end - start - 4 < length)
                return 4 + (int)length;
            Take(block, start + 4, (int)length);
            start += 4 + (int)length;
        }
        return 4;
    }

    void Take(SftpBlock block, int at, int length)
    {
        var fields = new PacketFields(block.Bytes.AsSpan(at, length));
        var type = (SftpPacket)fields.Byte();
        var number = fields.Number();
        if (!_version.Task.IsCompleted)
        {
            if (type != SftpPacket.Version)
                throw new SftpViolation($"packet {(byte)type} before the version");
            if (number != 3)
                throw new SftpViolation($"version {number}, and only 3 is spoken here");
            var knowsLimits = false;
            while (!fields.IsAtEnd)
            {
                knowsLimits |= fields.Text().SequenceEqual(Limits);
                fields.Text();
            }
            if (knowsLimits)
                Send(SftpPacket.Extended, SftpPacket.ExtendedReply, Limits);
            _version.TrySetResult();
            return;
        }

        SftpPending? pending;
        lock (_gate)
        {
            if (!_pending.Remove(number, out pending))
            {
                if (_failure is not null)
                    return;
                throw new SftpViolation($"an answer to request {number}, which is not open");
            }
        }
        try
        {
            var answer = Read(pending, type, ref fields, block, at + length);
            if (!pending.TryAnswer(answer))
            {
                answer.Release();
                if (pending.Answer == SftpPacket.Data)
                    Slots.Release();
            }
        }
        catch (SftpViolation)
        {
            lock (_gate)
                _pending.TryAdd(number, pending); // failed with the others
            throw;
        }
    }

    SftpAnswer Read(SftpPending pending, SftpPacket type, ref PacketFields fields, SftpBlock block, int end)
    {
        if (type == SftpPacket.Status)
        {
            var status = fields.Number();
            return status != SftpStatus.Ok || pending.Answer == SftpPacket.Status
                ? new SftpAnswer { Status = status }
                : throw new SftpViolation("success where a value was asked for");
        }
        if (type != pending.Answer)
            throw new SftpViolation($"packet {(byte)type} where {(byte)pending.Answer} was asked for");
        switch (type)
        {
            case SftpPacket.Handle:
                var handle = fields.Text();
                // Section 6.3.
                return handle.Length <= 256 ? new SftpAnswer { Handle = handle.ToArray() } : throw new SftpViolation($"a handle of {handle.Length} bytes");
            case SftpPacket.Data:
                var data = fields.Text();
                if (data.Length == 0 || data.Length > pending.DataAtMost)
                    throw new SftpViolation($"{data.Length} bytes where {pending.DataAtMost} were asked for");
                return SftpAnswer.Of(block, MemoryOf(block, data, end));
            case SftpPacket.Name when pending.DataAtMost == SftpPending.OnePath:
                return new SftpAnswer { Path = fields.Path() };
            case SftpPacket.Name:
                return new SftpAnswer { Names = fields.Names() };
            case SftpPacket.Attributes:
                return new SftpAnswer { Attributes = fields.Attributes() };
            case SftpPacket.ExtendedReply:
                fields.LongNumber(); // the longest packet
                LearnReadSize(fields.LongNumber());
                return new SftpAnswer();
            default:
                throw new UnreachableException();
        }
    }

    /// <summary>Before the first read, so that the window in bytes stays what it is. 0 means that the server does not say.</summary>
    void LearnReadSize(ulong most)
    {
        if (most < 2 * Chunk || ReadSize != Chunk)
            return;
        var size = most < LargestChunk ? 2 * Chunk : LargestChunk;
        var fewer = Reads - (Reads * Chunk / size);
        for (var taken = 0; taken < fewer; taken++)
        {
            if (!Slots.Wait(0))
                throw new SftpViolation("limits after data");
        }
        ReadSize = size;
    }

    /// <summary>The field's place in its block: counted from where the packet begins.</summary>
    static ReadOnlyMemory<byte> MemoryOf(SftpBlock block, ReadOnlySpan<byte> data, int end)
    {
        block.Bytes.AsSpan().Overlaps(data, out var at);
        Debug.Assert(at + data.Length <= end);
        return block.Bytes.AsMemory(at, data.Length);
    }

    void LookAtTheClock()
    {
        lock (_gate)
        {
            if (_pending.Count == 0 || !Volatile.Read(ref _isReading) || _clock.GetElapsedTime(Volatile.Read(ref _silentSince)) < _patience)
                return;
        }
        _ended.TrySetResult(new SftpEnd(SftpEndKind.Stalled, null));
    }

    SftpBlock NewBlock()
    {
        if (!_free.TryTake(out var block))
        {
            block = new SftpBlock(_free);
            Blocks++;
        }
        return block.Hold();
    }
}

enum SftpEndKind
{
    /// <summary>By the other side.</summary>
    Closed,
    Violated,
    Stalled,
}

/// <param name="Kind">Who ended it.</param>
/// <param name="What">What was not SFTP, without anything that the server wrote.</param>
readonly record struct SftpEnd(SftpEndKind Kind, string? What);
