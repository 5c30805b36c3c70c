using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Jibri;

/// <summary>
/// What lies between a machine and the platform: keeps all that is sent, and can hold a request, or its answer, as long as a
/// test needs to pull the plug there.
/// </summary>
internal sealed class Tap : IAsyncDisposable
{
    readonly TcpListener _listener;
    readonly int _to;
    readonly CancellationTokenSource _ended = new();
    readonly ConcurrentBag<Task> _connections = [];
    readonly MemoryStream _sent = new();
    readonly Task _accepting;
    volatile Gate? _gate;

    public Tap(int to, int? port = null)
    {
        _to = to;
        Port = port ?? Ports.Free();
        _listener = new TcpListener(IPAddress.Loopback, Port);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port { get; }

    /// <summary>All bytes that went to the platform.</summary>
    public byte[] Sent
    {
        get
        {
            lock (_sent)
                return _sent.ToArray();
        }
    }

    public int Count(string requestLine) => Encoding.Latin1.GetString(Sent).Split('\n').Count(line => line.StartsWith(requestLine, StringComparison.Ordinal) && line.TrimEnd().EndsWith("HTTP/1.1", StringComparison.Ordinal));

    /// <summary>Holds the next request that begins so, before it is passed on or before its answer is.</summary>
    public Gate Hold(string method, bool answer) => _gate = new Gate(method, answer);

    public sealed class Gate(string method, bool answer)
    {
        readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task ReachedAsync() => _reached.Task.WaitAsync(TimeSpan.FromSeconds(60));

        public void Open() => _open.TrySetResult();

        public async Task PassAsync(string requestLine, bool isAnswer, CancellationToken ct)
        {
            if (isAnswer != answer || !requestLine.StartsWith(method, StringComparison.Ordinal))
                return;
            _reached.TrySetResult();
            await _open.Task.WaitAsync(ct);
        }
    }

    async Task AcceptAsync()
    {
        try
        {
            while (true)
                _connections.Add(CarryAsync(await _listener.AcceptTcpClientAsync(_ended.Token)));
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    async Task CarryAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                using var server = new TcpClient();
                await server.ConnectAsync(IPAddress.Loopback, _to, _ended.Token);
                var (near, far) = (client.GetStream(), server.GetStream());
                // One request a connection: each curl makes its own.
                var first = new byte[64 * 1024];
                var read = await near.ReadAsync(first, _ended.Token);
                var line = Encoding.Latin1.GetString(first, 0, read).Split('\r')[0];
                Keep(first.AsSpan(0, read));
                if (_gate is { } gate)
                    await gate.PassAsync(line, false, _ended.Token);
                await far.WriteAsync(first.AsMemory(0, read), _ended.Token);
                var up = CopyAsync(near, far, Keep, () => Task.CompletedTask);
                var down = CopyAsync(far, near, _ => { }, () => _gate?.PassAsync(line, true, _ended.Token) ?? Task.CompletedTask);
                await Task.WhenAny(Task.WhenAll(up, down), down);
            }
            catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
            {
                // Either side hung up.
            }
        }
    }

    async Task CopyAsync(NetworkStream from, NetworkStream to, Action<ReadOnlySpan<byte>> see, Func<Task> beforeAsync)
    {
        var buffer = new byte[64 * 1024];
        for (int read; (read = await from.ReadAsync(buffer, _ended.Token)) > 0;)
        {
            see(buffer.AsSpan(0, read));
            // An answer of one hundred only asks for the body.
            if (!buffer.AsSpan(0, read).StartsWith("HTTP/1.1 100"u8))
                await beforeAsync();
            await to.WriteAsync(buffer.AsMemory(0, read), _ended.Token);
        }
    }

    void Keep(ReadOnlySpan<byte> bytes)
    {
        lock (_sent)
            _sent.Write(bytes);
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        _listener.Dispose();
        await _accepting;
        await Task.WhenAll(_connections);
        _ended.Dispose();
        await _sent.DisposeAsync();
    }
}
