using System.Text;

namespace RecordingPlatform.Core.Redis;

internal enum RespKind { Text, Error, Integer, Bulk, Array }

/// <summary>One answer of the server. A bulk without bytes, and an array without items, is "there is none".</summary>
internal sealed record RespReply(RespKind Kind, byte[]? Bytes = null, long Integer = 0, IReadOnlyList<RespReply>? Items = null)
{
    public string Text => Bytes is null ? "" : Encoding.UTF8.GetString(Bytes);

    public bool IsOk => Kind is RespKind.Text && Bytes.AsSpan().SequenceEqual("OK"u8);

    /// <summary>The first word of an error: NOAUTH, WRONGPASS, NOPERM, ERR …</summary>
    public string ErrorCode => Kind is RespKind.Error ? Text.Split(' ')[0] : "";

    public override string ToString() => $"{Kind} of {Bytes?.Length ?? Items?.Count ?? 0}"; // never what it says
}

/// <summary>The other side does not speak RESP, or speaks it without bounds: its connection is of no more use.</summary>
internal sealed class RespProtocolException : Exception
{
    public RespProtocolException()
    {
    }

    public RespProtocolException(string message)
        : base(message)
    {
    }

    public RespProtocolException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
