using System.Buffers;
using System.Globalization;
using System.Text;

namespace RecordingPlatform.Core.Redis;

/// <summary>A command as the server reads it: an array of bulk strings, so that no argument can be taken for anything else.</summary>
internal sealed class RespCommand
{
    /// <summary>Mark, at most ten digits and twice CR LF, for each argument.</summary>
    const int Frame = 15;

    readonly ReadOnlyMemory<byte>[] _arguments;

    public RespCommand(params ReadOnlySpan<RespArgument> arguments)
    {
        _arguments = new ReadOnlyMemory<byte>[arguments.Length];
        for (var i = 0; i < arguments.Length; i++)
            _arguments[i] = arguments[i].Bytes;
        MaxLength = Frame + _arguments.Sum(a => (long)a.Length + Frame);
    }

    /// <summary>What it takes at most when written.</summary>
    public long MaxLength { get; }

    public void WriteTo(IBufferWriter<byte> output)
    {
        Head(output, '*', _arguments.Length);
        foreach (var argument in _arguments)
        {
            Head(output, '$', argument.Length);
            output.Write(argument.Span);
            output.Write("\r\n"u8);
        }
    }

    static void Head(IBufferWriter<byte> output, char mark, int number)
    {
        var span = output.GetSpan(Frame);
        span[0] = (byte)mark;
        number.TryFormat(span[1..], out var digits, provider: CultureInfo.InvariantCulture);
        "\r\n"u8.CopyTo(span[(1 + digits)..]);
        output.Advance(digits + 3);
    }
}

/// <summary>Text is sent as UTF-8.</summary>
internal readonly struct RespArgument
{
    public ReadOnlyMemory<byte> Bytes { get; private init; }

    public static implicit operator RespArgument(string text) => new() { Bytes = Encoding.UTF8.GetBytes(text) };

    public static implicit operator RespArgument(ReadOnlyMemory<byte> bytes) => new() { Bytes = bytes };

    public static implicit operator RespArgument(long number) => number.ToString(CultureInfo.InvariantCulture);
}
