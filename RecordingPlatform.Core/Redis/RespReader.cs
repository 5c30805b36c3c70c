using System.Buffers;
using System.Buffers.Text;

namespace RecordingPlatform.Core.Redis;

/// <summary>
/// Reads RESP2 (https://redis.io/docs/latest/develop/reference/protocol-spec/). Nothing is allocated for a length before the bytes
/// are there, and nothing is buffered beyond <paramref name="maxBytes"/>.
/// </summary>
internal sealed class RespReader(int maxBytes)
{
    /// <summary>Longer than any error text or number; a line without an end is garbage.</summary>
    const int MaxLine = 64 * 1024;

    /// <summary>What pub/sub needs is one array of three; commands answering with lists are not used.</summary>
    const int MaxItems = 1024, MaxDepth = 4;

    /// <summary>The next answer, taken from the front of <paramref name="buffer"/>; false when it is not all there yet.</summary>
    /// <exception cref="RespProtocolException">What is there cannot become an answer.</exception>
    public bool TryRead(ref ReadOnlySequence<byte> buffer, out RespReply reply)
    {
        var reader = new SequenceReader<byte>(buffer);
        if (TryRead(ref reader, 0, out reply))
        {
            buffer = buffer.Slice(reader.Position);
            return true;
        }

        return buffer.Length > maxBytes + (long)MaxLine ? throw new RespProtocolException("an answer is longer than allowed") : false;
    }

    bool TryRead(ref SequenceReader<byte> reader, int depth, out RespReply reply)
    {
        reply = null!;
        if (!reader.TryRead(out var mark))
            return false;
        if (mark is not ((byte)'+' or (byte)'-' or (byte)':' or (byte)'$' or (byte)'*'))
            throw new RespProtocolException("an answer begins with no known mark");
        if (!reader.TryReadTo(out ReadOnlySequence<byte> line, "\r\n"u8))
            return reader.Remaining > MaxLine ? throw new RespProtocolException("a line has no end") : false;
        if (line.Length > MaxLine)
            throw new RespProtocolException("a line is longer than allowed");

        switch (mark)
        {
            case (byte)'+':
                reply = new(RespKind.Text, line.ToArray());
                return true;
            case (byte)'-':
                reply = new(RespKind.Error, line.ToArray());
                return true;
            case (byte)':':
                reply = new(RespKind.Integer, Integer: Number(line));
                return true;
            case (byte)'$':
                return TryReadBulk(ref reader, Number(line), out reply);
            default:
                return TryReadArray(ref reader, Number(line), depth, out reply);
        }
    }

    bool TryReadBulk(ref SequenceReader<byte> reader, long length, out RespReply reply)
    {
        reply = new(RespKind.Bulk);
        if (length == -1)
            return true;
        if (length < 0 || length > maxBytes)
            throw new RespProtocolException($"an answer of {length} bytes is not accepted");
        if (reader.Remaining < length + 2)
            return false;
        reply = new(RespKind.Bulk, reader.UnreadSequence.Slice(0, length).ToArray());
        reader.Advance(length);
        return reader.IsNext("\r\n"u8, advancePast: true) ? true : throw new RespProtocolException("an answer does not end where it should");
    }

    bool TryReadArray(ref SequenceReader<byte> reader, long count, int depth, out RespReply reply)
    {
        reply = new(RespKind.Array);
        if (count == -1)
            return true;
        if (count is < 0 or > MaxItems || depth == MaxDepth)
            throw new RespProtocolException("an array is larger than allowed");
        List<RespReply> items = [];
        while (items.Count < count)
        {
            if (!TryRead(ref reader, depth + 1, out var item))
                return false;
            items.Add(item);
        }

        reply = new(RespKind.Array, Items: items);
        return true;
    }

    static long Number(in ReadOnlySequence<byte> line)
    {
        Span<byte> digits = stackalloc byte[20]; // -9223372036854775808
        if (line.Length is 0 || line.Length > digits.Length)
            throw new RespProtocolException("a number is none");
        line.CopyTo(digits);
        digits = digits[..(int)line.Length];
        return Utf8Parser.TryParse(digits, out long number, out var used) && used == digits.Length ? number : throw new RespProtocolException("a number is none");
    }
}
