using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

namespace RecordingPlatform.Benchmarks.Contenders;

/// <summary>As little HTTP client as there can be, so that the server's share of a round trip shows.</summary>
internal sealed class RangeConnection : IDisposable
{
    readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    readonly string _head;
    readonly int _length;
    readonly byte[] _answer;

    public RangeConnection(Uri url, int length)
    {
        _length = length;
        _answer = new byte[length + 8192];
        _head = $"GET {url.PathAndQuery} HTTP/1.1\r\nHost: {url.Authority}\r\nRange: bytes=";
        _socket.Connect(url.Host, url.Port);
    }

    /// <summary>Asks for one range, reads all of it, and checks status and length.</summary>
    public TimeSpan Get(long offset)
    {
        var request = Encoding.ASCII.GetBytes($"{_head}{offset}-{offset + _length - 1}\r\n\r\n");
        var started = Stopwatch.GetTimestamp();
        _socket.Send(request);
        var received = 0;
        var end = -1;
        while (end < 0)
        {
            received += Receive(received);
            end = _answer.AsSpan(0, received).IndexOf("\r\n\r\n"u8);
        }
        while (received < end + 4 + _length)
            received += Receive(received);
        var took = Stopwatch.GetElapsedTime(started);
        if (!_answer.AsSpan().StartsWith("HTTP/1.1 206"u8) || received != end + 4 + _length)
            throw new InvalidOperationException($"A range was answered with {Encoding.ASCII.GetString(_answer, 0, end)} and {received - end - 4} bytes.");
        return took;
    }

    int Receive(int at) => _socket.Receive(_answer.AsSpan(at)) is > 0 and var read ? read : throw new InvalidOperationException("The server closed the connection.");

    public void Dispose() => _socket.Dispose();
}
