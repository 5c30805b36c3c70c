using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace RecordingPlatform.Tests.Redis;

/// <summary>
/// A server that answers what a test says. It reads commands as Redis does, answers the greeting by itself, and hands each later
/// command to the script, whose bytes it sends as they are.
/// </summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    readonly CancellationTokenSource _stop = new();
    readonly Func<string[], Func<string, Task>, Task> _answer;
    readonly ConcurrentBag<Task> _connections = [];
    readonly Task _accepting;
    int _accepted;

    /// <param name="answer">Gets the command, and what sends bytes (one char each).</param>
    public ScriptedServer(Func<string[], Func<string, Task>, Task> answer)
    {
        _answer = answer;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public int Accepted => Volatile.Read(ref _accepted);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _accepting;
        _listener.Dispose();
        await Task.WhenAll(_connections);
        _stop.Dispose();
    }

    async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                Interlocked.Increment(ref _accepted);
                _connections.Add(ServeAsync(client));
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                var stream = client.GetStream();
                using var reader = new StreamReader(stream, Encoding.Latin1);
                Task SendAsync(string bytes) => stream.WriteAsync(Encoding.Latin1.GetBytes(bytes), _stop.Token).AsTask();
                while (await ReadAsync(reader) is { } command)
                {
                    await (command switch
                    {
                        ["CLIENT", ..] => SendAsync("+OK\r\n"),
                        ["PING"] => SendAsync("+PONG\r\n"),
                        _ => _answer(command, SendAsync),
                    });
                }
            }
            catch (Exception gone) when (gone is IOException or OperationCanceledException)
            {
                // The client has left, or the test is over.
            }
        }
    }

    async Task<string[]?> ReadAsync(StreamReader reader)
    {
        if (await reader.ReadLineAsync(_stop.Token) is not { } count)
            return null;
        var command = new string[int.Parse(count[1..], System.Globalization.CultureInfo.InvariantCulture)];
        for (var i = 0; i < command.Length; i++)
        {
            var length = int.Parse((await reader.ReadLineAsync(_stop.Token))![1..], System.Globalization.CultureInfo.InvariantCulture);
            var value = new char[length + 2];
            await reader.ReadBlockAsync(value, _stop.Token);
            command[i] = new string(value, 0, length);
        }

        return command;
    }
}
