namespace RecordingPlatform.Worker.Sftp;

/// <summary>
/// One file on its way: questions ahead of answers, answers in order to the sink. Asks for exactly the chunks that the file has
/// and one more, which says that it ends there; when it does not end there, asks further ahead with each chunk that comes.
/// </summary>
sealed class SftpFileReader(SftpSession session, SftpFile file, SftpSink sink)
{
    readonly List<Reader> _readers = [];
    readonly Queue<Asked> _asked = new();
    readonly byte[] _path = SftpPath.Encode(file.Path);
    long _end;
    long _next;
    long _delivered;
    int _chunk;
    int _turn;

    /// <summary>The file as far as it is known to go; how many chunks may be asked for beyond, and are.</summary>
    long _known;
    int _beyond = 1;
    int _askedBeyond;

    /// <summary>Section 6.3: the flag to read, and no attributes.</summary>
    static ReadOnlySpan<byte> ToRead => [0, 0, 0, 1, 0, 0, 0, 0];

    /// <summary>Must be left by <see cref="SftpWire.OffTheReaderAsync"/>.</summary>
    public async Task<SftpRead> RunAsync(CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(file.Offset, nameof(file));
        ArgumentOutOfRangeException.ThrowIfNegative(file.Length ?? 0, nameof(file));
        _next = file.Offset;
        _end = file.Length is { } length && length < long.MaxValue - file.Offset ? file.Offset + length : long.MaxValue;
        List<Task<Reader?>> joining = [];
        try
        {
            var attributes = await OpenAsync(ct);
            joining.AddRange(session.FurtherLanesFor(Math.Min(_end, _known) - file.Offset).Select(lane => JoinAsync(lane, attributes)));
            await PullAsync(joining, ct);
            return new SftpRead(_delivered, attributes);
        }
        finally
        {
            while (_asked.TryDequeue(out var asked))
            {
                if (asked.Pending.Abandon())
                    asked.Reader.Wire.Slots.Release();
            }
            foreach (var reader in _readers)
                reader.Wire.SendClose(reader.Handle);
            foreach (var late in joining)
                _ = CloseLateAsync(late);
        }
    }

    /// <summary>
    /// Two round trips to the first bytes: what the path says about itself is asked with the open; then what the open file says
    /// and where the path leads now that it is open, with the first chunks. Nothing is handed on before all of it is answered.
    /// </summary>
    async Task<SftpAttributes> OpenAsync(CancellationToken ct)
    {
        var wire = session.Lane.Wire;
        var asked = session.Clock.GetTimestamp();
        var stat = wire.Send(SftpPacket.Stat, SftpPacket.Attributes, _path);
        var open = wire.Send(SftpPacket.Open, SftpPacket.Handle, _path, ToRead);
        // Servers answer in order: these say where the path leads after it was opened.
        var real = file.Within is null ? null : session.SendRealPath(file.Path);
        var root = file.Within is null ? null : session.SendRealPath(file.Within);
        var reader = new Reader(wire, await session.HandleAsync(wire, open, ct));
        session.Took(session.Clock.GetElapsedTime(asked));
        _readers.Add(reader);
        _chunk = wire.ReadSize;

        var about = wire.Send(SftpPacket.HandleStat, SftpPacket.Attributes, reader.Handle);
        SftpPending? target = null;
        if (real is not null)
        {
            var resolved = (await SftpSession.AskAsync(real, ct)).Path;
            var within = (await SftpSession.AskAsync(root!, ct)).Path;
            if (resolved is null || within is null || !SftpPath.LiesUnder(resolved, within))
                throw session.Outside();
            target = wire.Send(SftpPacket.LinkStat, SftpPacket.Attributes, SftpPath.Encode(resolved));
        }
        _known = (await SftpSession.AskAsync(stat, ct)).Attributes.Length ?? 0;
        // Connections take ten round trips to stand, so they begin before the file was looked at.
        session.Foresee(Math.Min(_end, _known) - file.Offset);
        AskAhead();
        var answer = await SftpSession.AskAsync(about, ct);
        if (answer.Status is { } refused)
            throw session.Refusal(refused);
        if (answer.Attributes.Kind != SftpKind.File)
            throw session.NotAFile();
        if (target is not null && !IsSame(answer.Attributes, (await SftpSession.AskAsync(target, ct)).Attributes))
            throw session.Outside();
        _known = answer.Attributes.Length ?? _known;
        return answer.Attributes;
    }

    async Task PullAsync(List<Task<Reader?>> joining, CancellationToken ct)
    {
        while (true)
        {
            ct.ThrowIfCancellationRequested();
            for (var i = joining.Count - 1; i >= 0; i--)
            {
                if (!joining[i].IsCompletedSuccessfully)
                    continue;
                if (joining[i].Result is { } joined)
                {
                    _readers.Add(joined);
                    _chunk = Math.Min(_chunk, joined.Wire.ReadSize);
                }
                joining.RemoveAt(i);
            }
            AskAhead();
            if (_asked.Count == 0)
            {
                if (_next >= _end)
                    return;
                // Other reads have all the slots; each comes back when its bytes were handed on.
                await _readers[0].Wire.Slots.WaitAsync(ct);
                Ask(_readers[0]);
            }
            if (!await HandOnAsync(_asked.Dequeue(), ct))
                return;
        }
    }

    /// <summary>One chunk, in as many answers as the server takes for it. False at the end of the file.</summary>
    async Task<bool> HandOnAsync(Asked asked, CancellationToken ct)
    {
        if (asked.IsBeyond)
            _askedBeyond--;
        var left = asked.Length;
        var holdsSlot = true;
        try
        {
            while (true)
            {
                SftpAnswer answer;
                try
                {
                    answer = await SftpSession.AskAsync(asked.Pending, ct);
                }
                catch (OperationCanceledException)
                {
                    holdsSlot = false; // until the answer comes
                    throw;
                }
                if (answer.Status is { } status)
                    return status == SftpStatus.EndOfFile ? false : throw session.Refusal(status);
                var given = answer.Data.Length;
                try
                {
                    await sink(answer.Data, ct);
                }
                finally
                {
                    answer.Release();
                }
                _delivered += given;
                left -= given;
                var at = asked.Offset + asked.Length - left;
                if (left == 0)
                {
                    // There was something where the end was thought to be: it grows, or the server does not say how long it is.
                    if (asked.IsBeyond)
                        _beyond = Math.Min(_beyond * 2, SftpWire.Reads);
                    return true;
                }
                // A short answer before the end is a server that gives less at a time.
                if (at < _known)
                    _chunk = Math.Max(512, Math.Min(_chunk, given));
                asked = asked with { Pending = asked.Reader.Wire.SendRead(asked.Reader.Handle, at, left) };
            }
        }
        finally
        {
            if (holdsSlot)
                asked.Reader.Wire.Slots.Release();
        }
    }

    /// <summary>As far as there are slots and the file is thought to go; through all connections by turns.</summary>
    void AskAhead()
    {
        for (var without = 0; _next < _end && (_next < _known || _askedBeyond < _beyond) && without < _readers.Count; _turn++)
        {
            var reader = _readers[_turn % _readers.Count];
            if (reader.Wire.Slots.Wait(0))
            {
                Ask(reader);
                without = 0;
            }
            else
            {
                without++;
            }
        }
    }

    void Ask(Reader reader)
    {
        var isBeyond = _next >= _known;
        // To the known end and on from there: a chunk across it would come back short and be asked for twice.
        var length = (int)Math.Min(Math.Min(_chunk, _end - _next), isBeyond ? _chunk : _known - _next);
        _asked.Enqueue(new Asked(reader, _next, length, isBeyond, reader.Wire.SendRead(reader.Handle, _next, length)));
        _next += length;
        if (isBeyond)
            _askedBeyond++;
    }

    /// <summary>The same file through a further connection, or null when there is none or it is not surely the same.</summary>
    async Task<Reader?> JoinAsync(Task<SftpLane?> opening, SftpAttributes attributes)
    {
        if (await opening is not { Failure: null } lane)
            return null;
        try
        {
            var handle = await session.HandleAsync(lane.Wire, lane.Wire.Send(SftpPacket.Open, SftpPacket.Handle, _path, ToRead), CancellationToken.None);
            var answer = await SftpSession.AskAsync(lane.Wire.Send(SftpPacket.HandleStat, SftpPacket.Attributes, handle), CancellationToken.None);
            // One that is being written differs by its time, and is then read through one connection.
            if (answer.Status is null && answer.Attributes == attributes)
                return new Reader(lane.Wire, handle);
            lane.Wire.SendClose(handle);
            return null;
        }
        catch (SftpException)
        {
            return null; // the first connection serves
        }
    }

    static async Task CloseLateAsync(Task<Reader?> joining)
    {
        if (await joining is { } late)
            late.Wire.SendClose(late.Handle);
    }

    /// <summary>As far as version 3 lets one see: it has neither device nor inode. A file that grows may be longer in the later answer.</summary>
    static bool IsSame(SftpAttributes open, SftpAttributes named) =>
        named.Kind == SftpKind.File && open.Mode == named.Mode && open.Owner == named.Owner && open.Length <= named.Length && open.ModifiedAt <= named.ModifiedAt;

    readonly record struct Reader(SftpWire Wire, byte[] Handle);

    readonly record struct Asked(Reader Reader, long Offset, int Length, bool IsBeyond, SftpPending Pending);
}
