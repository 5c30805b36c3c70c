using System.Net;
using System.Net.Sockets;

namespace RecordingPlatform.Tests.Cameras;

/// <summary>A listener on loopback that counts who comes, and does with each what a test says.</summary>
internal class Peer : IAsyncDisposable
{
    readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    readonly CancellationTokenSource _closed = new();
    readonly List<Task> _serving = [];
    readonly Task _accepting;
    readonly Func<Stream, CancellationToken, Task> _serveAsync;
    int _connections;

    public Peer(Func<Stream, CancellationToken, Task> serveAsync)
    {
        _serveAsync = serveAsync;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Takes connections and says nothing.</summary>
    public static Peer Silent() => new(async (stream, ct) =>
    {
        var buffer = new byte[4096];
        while (await stream.ReadAsync(buffer, ct) > 0)
        {
        }
    });

    async Task AcceptAsync()
    {
        while (true)
        {
            var client = await _listener.AcceptTcpClientAsync(_closed.Token);
            Interlocked.Increment(ref _connections);
            _serving.Add(ServeAsync(client));
        }
    }

    async Task ServeAsync(TcpClient client)
    {
        using (client)
            await _serveAsync(client.GetStream(), _closed.Token);
    }

    public virtual async ValueTask DisposeAsync()
    {
        await _closed.CancelAsync();
        _listener.Dispose();
        // Every way in which the other side may have left is an end.
        await Task.WhenAll(_serving.Append(_accepting)).ContinueWith(_ => { }, TaskScheduler.Default);
        _closed.Dispose();
    }
}
