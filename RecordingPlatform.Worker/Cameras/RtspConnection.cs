using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Net.Http.Headers;
using System.Text;

namespace RecordingPlatform.Worker.Cameras;

sealed record RtspAnswer(int Status, ILookup<string, string> Headers, string Body)
{
    public string? Header(string name) => Headers[name.ToUpperInvariant()].FirstOrDefault();
}

/// <param name="Channel">Of the interleaving.</param>
/// <param name="Payload">An RTP or RTCP packet.</param>
readonly record struct RtspFrame(byte Channel, byte[] Payload);

/// <summary>
/// The client's side of RTSP 1.0 (RFC 2326) over one connection: a request at a time, and the interleaved frames that come in
/// between. What comes is not trusted: every size has a limit.
/// </summary>
sealed class RtspConnection(Stream stream, CameraSignIn? signIn, long mostBytes)
{
    const int MostHeader = 16 * 1024;
    const int MostBody = 64 * 1024;
    const int MostEarlyFrames = 1024;

    readonly PipeReader _reader = PipeReader.Create(stream);
    // What a camera sends before it has answered PLAY: often the first whole picture.
    readonly Queue<RtspFrame> _early = new();
    long _received;
    int _sequence;

    /// <summary>Asks, and signs in when asked to.</summary>
    /// <exception cref="CameraException">The sign-in is refused, or this is no RTSP.</exception>
    public async Task<RtspAnswer> AskAsync(string method, string uri, IReadOnlyList<(string Name, string Value)> headers, CancellationToken ct)
    {
        await SendAsync(method, uri, headers, ct);
        var answer = await AnswerAsync(ct);
        if (answer.Status != 401)
            return answer;
        if (signIn is null)
            throw new CameraException("The camera asks for a sign-in and none is stored. Store its user and password with the source's secrets.", isFinal: true);
        if (!signIn.Take(answer.Headers["WWW-AUTHENTICATE"].Select(value => AuthenticationHeaderValue.TryParse(value, out var parsed) ? parsed : null).OfType<AuthenticationHeaderValue>()))
            throw new CameraException("The camera asks for a kind of sign-in that is not supported. Set it to Digest.", isFinal: true);
        await SendAsync(method, uri, headers, ct);
        answer = await AnswerAsync(ct);
        return answer.Status is 401 or 403
            ? throw new CameraException("The camera refused the sign-in. Correct its user and password in the source's secrets.", isFinal: true)
            : answer;
    }

    public async Task SendAsync(string method, string uri, IReadOnlyList<(string Name, string Value)> headers, CancellationToken ct)
    {
        var request = new StringBuilder();
        request.Append(CultureInfo.InvariantCulture, $"{method} {uri} RTSP/1.0\r\nCSeq: {++_sequence}\r\nUser-Agent: RecordingPlatform\r\n");
        if (signIn?.Authorize(method, uri) is { } authorization)
            request.Append(CultureInfo.InvariantCulture, $"Authorization: {authorization}\r\n");
        foreach (var (name, value) in headers)
            request.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        await stream.WriteAsync(Encoding.UTF8.GetBytes(request.Append("\r\n").ToString()), ct);
    }

    /// <summary>The next interleaved frame; null when the camera has ended the connection.</summary>
    public async Task<RtspFrame?> FrameAsync(CancellationToken ct)
    {
        if (_early.TryDequeue(out var early))
            return early;
        while (await FirstByteAsync(ct) is { } first)
        {
            if (first == '$')
                return await TakeFrameAsync(ct);
            await TakeMessageAsync(ct);
        }
        return null;
    }

    async Task<RtspAnswer> AnswerAsync(CancellationToken ct)
    {
        while (await FirstByteAsync(ct) is { } first)
        {
            if (first == '$')
            {
                if (_early.Count == MostEarlyFrames)
                    _early.Dequeue();
                _early.Enqueue(await TakeFrameAsync(ct));
            }
            else if (await TakeMessageAsync(ct) is { } answer && answer.Header("CSeq") == _sequence.ToString(CultureInfo.InvariantCulture))
            {
                return answer;
            }
        }
        throw new CameraException("The camera closed the connection without an answer.");
    }

    async Task<byte?> FirstByteAsync(CancellationToken ct)
    {
        var result = await _reader.ReadAtLeastAsync(1, ct);
        var first = result.Buffer.IsEmpty ? (byte?)null : result.Buffer.FirstSpan[0];
        _reader.AdvanceTo(result.Buffer.Start);
        return first;
    }

    // '$', channel, length, packet (RFC 2326, 10.12).
    async Task<RtspFrame> TakeFrameAsync(CancellationToken ct)
    {
        var head = await TakeAsync(4, ct);
        return new RtspFrame(head[1], await TakeAsync((head[2] << 8) | head[3], ct));
    }

    /// <summary>Null for a request: a camera that asks something of its client gets no answer.</summary>
    async Task<RtspAnswer?> TakeMessageAsync(CancellationToken ct)
    {
        var lines = (await TakeHeadAsync(ct)).Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var headers = lines.Skip(1).Select(line => line.Split(':', 2)).Where(parts => parts.Length == 2)
            .ToLookup(parts => parts[0].Trim().ToUpperInvariant(), parts => parts[1].Trim(), StringComparer.Ordinal);
        var length = headers["CONTENT-LENGTH"].FirstOrDefault() is not { } text ? 0
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var declared) && declared <= MostBody ? declared
            : throw NoRtsp();
        var body = Encoding.UTF8.GetString(await TakeAsync(length, ct));
        var start = lines.Length > 0 ? lines[0] : "";
        if (!start.StartsWith("RTSP/", StringComparison.Ordinal))
            return start.EndsWith(" RTSP/1.0", StringComparison.Ordinal) ? null : throw NoRtsp();
        return start.Split(' ') is [_, var code, ..] && int.TryParse(code, NumberStyles.None, CultureInfo.InvariantCulture, out var status)
            ? new RtspAnswer(status, headers, body)
            : throw NoRtsp();
    }

    async Task<string> TakeHeadAsync(CancellationToken ct)
    {
        while (true)
        {
            var result = await _reader.ReadAsync(ct);
            var buffer = result.Buffer;
            if (EndOfHead(buffer) is { } end)
            {
                var head = Encoding.UTF8.GetString(buffer.Slice(0, end));
                _reader.AdvanceTo(end);
                Count(head.Length);
                return head;
            }
            var (tooLong, ended) = (buffer.Length > MostHeader, result.IsCompleted);
            _reader.AdvanceTo(buffer.Start, buffer.End);
            if (tooLong)
                throw NoRtsp();
            if (ended)
                throw new CameraException("The camera closed the connection in the middle of an answer.");
        }
    }

    static SequencePosition? EndOfHead(ReadOnlySequence<byte> buffer)
    {
        var reader = new SequenceReader<byte>(buffer);
        return reader.TryReadTo(out ReadOnlySequence<byte> _, "\r\n\r\n"u8) && reader.Consumed <= MostHeader ? reader.Position : null;
    }

    async Task<byte[]> TakeAsync(int count, CancellationToken ct)
    {
        if (count == 0)
            return [];
        var result = await _reader.ReadAtLeastAsync(count, ct);
        if (result.Buffer.Length < count)
            throw new CameraException("The camera closed the connection in the middle of what it sent.");
        var bytes = result.Buffer.Slice(0, count).ToArray();
        _reader.AdvanceTo(result.Buffer.GetPosition(count));
        Count(count);
        return bytes;
    }

    void Count(int bytes)
    {
        if ((_received += bytes) > mostBytes)
            throw new CameraException("The camera sent more than a clip may have. Set its stream to a lower rate.");
    }

    static CameraException NoRtsp() => new("What answers at the camera's address does not speak RTSP. Correct the address in the source's settings.", isFinal: true);
}
