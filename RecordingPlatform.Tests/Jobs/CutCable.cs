using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace RecordingPlatform.Tests.Jobs;

/// <summary>
/// A cable to the database. Cut, connections stay open and nothing passes, as when a network parts; broken, they end and
/// none can be made, as when the server restarts.
/// </summary>
internal sealed class CutCable : IAsyncDisposable
{
    readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    readonly CancellationTokenSource _closed = new();
    readonly NpgsqlConnectionStringBuilder _target;
    readonly Task _accepting;
    readonly ConcurrentBag<TcpClient> _passing = [];
    volatile TaskCompletionSource _whole = Passing();
    volatile bool _broken;

    public CutCable(string connection)
    {
        _target = new(connection);
        _listener.Start();
        Connection = new NpgsqlConnectionStringBuilder(connection) { Host = "127.0.0.1", Port = ((IPEndPoint)_listener.LocalEndpoint).Port, Timeout = 2 }.ConnectionString;
        _accepting = AcceptAsync();
    }

    public string Connection { get; }

    public void Cut() => _whole = new TaskCompletionSource();

    public void Break()
    {
        _broken = true;
        while (_passing.TryTake(out var client))
            client.Close();
    }

    public void Mend()
    {
        _broken = false;
        _whole.TrySetResult();
    }

    static TaskCompletionSource Passing()
    {
        var passing = new TaskCompletionSource();
        passing.SetResult();
        return passing;
    }

    async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = PassAsync(await _listener.AcceptTcpClientAsync(_closed.Token));
        }
        catch (OperationCanceledException)
        {
            // Closed.
        }
    }

    async Task PassAsync(TcpClient near)
    {
        using var far = new TcpClient();
        using (near)
        {
            _passing.Add(near);
            if (_broken)
                return;
            await far.ConnectAsync(_target.Host!, _target.Port, _closed.Token);
            await Task.WhenAny(PumpAsync(near, far), PumpAsync(far, near));
        }
    }

    async Task PumpAsync(TcpClient from, TcpClient to)
    {
        var buffer = new byte[8192];
        try
        {
            while (await from.GetStream().ReadAsync(buffer, _closed.Token) is > 0 and var read)
            {
                await _whole.Task.WaitAsync(_closed.Token);
                await to.GetStream().WriteAsync(buffer.AsMemory(0, read), _closed.Token);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // One end has gone.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _closed.CancelAsync();
        await _accepting;
        _listener.Dispose();
        _closed.Dispose();
    }
}
