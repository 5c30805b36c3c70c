using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace RecordingPlatform.Tests.Fixtures;

/// <summary>
/// A cable to a port of this machine. Cut, connections stay open and nothing passes, as when a network parts; broken, they end
/// and none can be made, as when a server restarts. With a length, every byte arrives that much later in each direction, and any
/// number of bytes is on its way at a time. Frayed, single connections end in the middle of what they carry.
/// </summary>
internal sealed class Cable : IAsyncDisposable
{
    readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    readonly CancellationTokenSource _closed = new();
    readonly string _host;
    readonly int _target;
    readonly TimeSpan _length;
    readonly Task _accepting;
    readonly ConcurrentBag<TcpClient> _passing = [];
    volatile TaskCompletionSource _whole = Passing();
    volatile bool _broken;
    long _until = long.MaxValue;
    Action _then = () => { };
    int _made, _torn;

    public Cable(int target, TimeSpan length = default, string host = "127.0.0.1")
    {
        (_host, _target, _length) = (host, target, length);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Connections that were made through it.</summary>
    public int Made => Volatile.Read(ref _made);

    /// <summary>How many bytes the connection of that number may carry, in both directions, before it ends; null for any. Numbered from 1.</summary>
    public Func<int, long?>? Fray { get; set; }

    /// <summary>Connections that ended by it.</summary>
    public int Torn => Volatile.Read(ref _torn);

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

    /// <summary>Does this once so many more bytes have come from the far end.</summary>
    public void After(long bytes, Action then)
    {
        _then = then;
        Interlocked.Exchange(ref _until, bytes);
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
        using var far = new TcpClient { NoDelay = true };
        using (near)
        {
            near.NoDelay = true;
            _passing.Add(near);
            if (_broken)
                return;
            var number = Interlocked.Increment(ref _made);
            var strength = new Strength(Fray?.Invoke(number) ?? long.MaxValue);
            await far.ConnectAsync(_host, _target, _closed.Token);
            await Task.WhenAny(PumpAsync(near, far, strength, counted: false), PumpAsync(far, near, strength, counted: true));
        }
    }

    /// <summary>What one connection still carries.</summary>
    sealed class Strength(long bytes)
    {
        long _left = bytes;

        /// <returns>How many of these pass.</returns>
        public int Take(int count) => (int)Math.Clamp(count + Interlocked.Add(ref _left, -count), 0, count);
    }

    async Task PumpAsync(TcpClient from, TcpClient to, Strength strength, bool counted)
    {
        var underway = Channel.CreateUnbounded<(DateTimeOffset Due, byte[] Bytes, int Count)>(new() { SingleReader = true, SingleWriter = true });
        var arriving = ArriveAsync(underway.Reader, to);
        try
        {
            while (true)
            {
                var buffer = ArrayPool<byte>.Shared.Rent(64 << 10);
                var read = await from.GetStream().ReadAsync(buffer, _closed.Token);
                if (read == 0)
                    break;
                if (counted && Interlocked.Add(ref _until, -read) <= 0)
                {
                    Interlocked.Exchange(ref _until, long.MaxValue);
                    _then();
                }
                await _whole.Task.WaitAsync(_closed.Token);
                var passes = Fray is null ? read : strength.Take(read);
                underway.Writer.TryWrite((DateTimeOffset.UtcNow + _length, buffer, passes));
                if (passes < read)
                {
                    Interlocked.Increment(ref _torn);
                    break;
                }
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // One end has gone.
        }
        underway.Writer.TryComplete();
        await arriving;
    }

    async Task ArriveAsync(ChannelReader<(DateTimeOffset Due, byte[] Bytes, int Count)> underway, TcpClient to)
    {
        try
        {
            await foreach (var (due, bytes, count) in underway.ReadAllAsync(_closed.Token))
            {
                if (due - DateTimeOffset.UtcNow is { Ticks: > 0 } early)
                    await Task.Delay(early, _closed.Token);
                await to.GetStream().WriteAsync(bytes.AsMemory(0, count), _closed.Token);
                ArrayPool<byte>.Shared.Return(bytes);
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
