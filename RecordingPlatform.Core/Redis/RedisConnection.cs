using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using System.Net.Security;
using System.Net.Sockets;

namespace RecordingPlatform.Core.Redis;

/// <summary>
/// One connection from its opening to its loss, shared by all callers: commands go out in the order of their calls, and the n-th answer
/// belongs to the n-th command whether or not its caller still waits. It is given up at the first sign that this order cannot be trusted.
/// </summary>
internal sealed class RedisConnection : IAsyncDisposable
{
    readonly Stream _stream;
    readonly RedisSettings _settings;
    readonly TimeProvider _clock;
    readonly RespReader _replies;
    // Never pauses its writer: the limit is ours, and a call beyond it fails instead of waiting.
    readonly Pipe _out = new(new PipeOptions(pauseWriterThreshold: 0, useSynchronizationContext: false));
    readonly Lock _gate = new();
    readonly Queue<Waiting> _waiting = [];
    readonly CancellationTokenSource _closing = new();
    readonly TaskCompletionSource<string> _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly Task _loops;
    Action<RespReply>? _listener;
    long _unsent;
    long _receivedAt;

    RedisConnection(Stream stream, RedisSettings settings, TimeProvider clock)
    {
        (_stream, _settings, _clock, _replies) = (stream, settings, clock, new(settings.MaxReplyBytes));
        _receivedAt = clock.GetTimestamp();
        _loops = Task.WhenAll(Task.Run(SendAsync), Task.Run(ReceiveAsync));
    }

    /// <summary>Completes with the reason when the connection is of no more use.</summary>
    public Task<string> Lost => _lost.Task;

    /// <summary>Connects and secures the connection. Signing in is the caller's next step.</summary>
    /// <exception cref="IOException">Not reachable, or not the one whose certificate is trusted.</exception>
    public static async Task<RedisConnection> OpenAsync(RedisSettings settings, TimeProvider clock, CancellationToken ct)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        Stream? stream = null;
        try
        {
            await socket.ConnectAsync(settings.Host, settings.Port, ct);
            stream = new NetworkStream(socket, ownsSocket: true);
            var secured = settings.Tls ? await SecureAsync(stream, settings, ct) : stream;
            stream = null; // the connection's from here
            return new(secured, settings, clock);
        }
        catch (Exception e) when (e is SocketException or System.Security.Authentication.AuthenticationException)
        {
            socket.Dispose();
            throw new IOException(e.Message, e);
        }
        catch (OperationCanceledException)
        {
            socket.Dispose();
            throw;
        }
        finally
        {
            if (stream is not null)
                await stream.DisposeAsync();
        }
    }

    /// <summary>From now on everything but an error is for <paramref name="listener"/>, and no answer of a call.</summary>
    public void Listen(Action<RespReply> listener) => Volatile.Write(ref _listener, listener);

    /// <summary>The server's answer; null when none can be had: the connection is lost, full, or did not answer in time.</summary>
    public async ValueTask<RespReply?> CallAsync(RespCommand command, CancellationToken ct)
    {
        var answer = new TaskCompletionSource<RespReply?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var sentAt = _clock.GetTimestamp();
        if (!TrySend(command, answer))
            return null;
        try
        {
            return await answer.Task.WaitAsync(_settings.CallTimeout, _clock, ct);
        }
        catch (TimeoutException)
        {
            // Its place in the queue stays, and takes the late answer. A server that has said nothing since then, or owes an
            // answer for twice as long, has stalled.
            if (Volatile.Read(ref _receivedAt) <= sentAt || OldestWait() > 2 * _settings.CallTimeout)
                Close($"no answer within {_settings.CallTimeout.TotalMilliseconds:0} ms");
            return null;
        }
    }

    /// <summary>Asks for a sign of life. Where a listener takes all arrays, what says so is that anything came.</summary>
    public async Task<bool> IsAliveAsync(CancellationToken ct)
    {
        if (Volatile.Read(ref _listener) is null)
            return await CallAsync(new("PING"), ct) is not null;
        var sentAt = _clock.GetTimestamp();
        if (!TrySend(new RespCommand("PING")))
            return false;
        await Task.WhenAny(_lost.Task, Task.Delay(_settings.CallTimeout, _clock, ct));
        return !_lost.Task.IsCompleted && Volatile.Read(ref _receivedAt) > sentAt;
    }

    /// <summary>Sends a command that has no answer of its own: what it brings comes to the listener.</summary>
    public bool TrySend(RespCommand command) => TrySend(command, null);

    bool TrySend(RespCommand command, TaskCompletionSource<RespReply?>? answer)
    {
        lock (_gate)
        {
            if (_lost.Task.IsCompleted || _waiting.Count >= _settings.MaxInFlight || _unsent + command.MaxLength > _settings.MaxUnsentBytes)
                return false;
            var counting = new CountingWriter(_out.Writer);
            command.WriteTo(counting);
            _unsent += counting.Written;
            if (answer is not null)
                _waiting.Enqueue(new(answer, _clock.GetTimestamp()));
            var flushed = _out.Writer.FlushAsync(CancellationToken.None);
            return flushed.IsCompleted ? true : throw new InvalidOperationException("The pipe waits, although it has no limit.");
        }
    }

    /// <summary>Gives the connection up: every waiting call is answered with null.</summary>
    public void Close(string why)
    {
        lock (_gate)
        {
            if (!_lost.TrySetResult(why))
                return;
            while (_waiting.TryDequeue(out var waiting))
                waiting.Answer.TrySetResult(null);
        }

        _closing.Cancel();
        _stream.Dispose(); // also ends a send that a stalled server holds up
    }

    public async ValueTask DisposeAsync()
    {
        Close("closed");
        await _loops;
        _closing.Dispose();
    }

    async Task SendAsync()
    {
        try
        {
            while (true)
            {
                var read = await _out.Reader.ReadAsync(_closing.Token);
                foreach (var segment in read.Buffer)
                    await _stream.WriteAsync(segment, _closing.Token);
                await _stream.FlushAsync(_closing.Token);
                lock (_gate)
                    _unsent -= read.Buffer.Length;
                _out.Reader.AdvanceTo(read.Buffer.End);
            }
        }
        catch (Exception e) when (IsLoss(e))
        {
            Close($"cannot be written to: {e.Message}");
        }
        finally
        {
            await _out.Reader.CompleteAsync();
        }
    }

    async Task ReceiveAsync()
    {
        var reader = PipeReader.Create(_stream, new StreamPipeReaderOptions(leaveOpen: true, useZeroByteReads: false));
        try
        {
            while (true)
            {
                var read = await reader.ReadAsync(_closing.Token);
                var buffer = read.Buffer;
                if (!buffer.IsEmpty)
                    Volatile.Write(ref _receivedAt, _clock.GetTimestamp());
                while (_replies.TryRead(ref buffer, out var reply))
                    Deliver(reply);
                reader.AdvanceTo(buffer.Start, buffer.End);
                if (read.IsCompleted)
                {
                    Close("the server ended the connection");
                    return;
                }
            }
        }
        catch (RespProtocolException e)
        {
            Close($"does not speak as Redis does: {e.Message}");
        }
        catch (Exception e) when (IsLoss(e))
        {
            Close($"cannot be read from: {e.Message}");
        }
        finally
        {
            await reader.CompleteAsync();
        }
    }

    void Deliver(RespReply reply)
    {
        if (reply.Kind is not RespKind.Error && Volatile.Read(ref _listener) is { } listener)
        {
            listener(reply);
            return;
        }

        Waiting waiting;
        lock (_gate)
        {
            if (!_waiting.TryDequeue(out waiting) && !_lost.Task.IsCompleted)
                throw new RespProtocolException(reply.Kind is RespKind.Error ? $"it refuses ({reply.ErrorCode})" : "an answer that nobody asked for");
        }

        waiting.Answer?.TrySetResult(reply);
    }

    TimeSpan OldestWait()
    {
        lock (_gate)
            return _waiting.TryPeek(out var oldest) ? _clock.GetElapsedTime(oldest.Since) : TimeSpan.Zero;
    }

    static bool IsLoss(Exception e) => e is IOException or OperationCanceledException or ObjectDisposedException or SocketException;

    [SuppressMessage("Reliability", "CA2000", Justification = "Belongs to the connection, or is disposed with the stream it wraps.")]
    static async Task<Stream> SecureAsync(Stream stream, RedisSettings settings, CancellationToken ct)
    {
        var secured = new SslStream(stream);
        var options = new SslClientAuthenticationOptions { TargetHost = settings.TlsHost ?? settings.Host };
        if (settings.TrustedRoots is { } roots)
        {
            options.CertificateChainPolicy = new()
            {
                TrustMode = System.Security.Cryptography.X509Certificates.X509ChainTrustMode.CustomRootTrust,
                RevocationMode = System.Security.Cryptography.X509Certificates.X509RevocationMode.NoCheck,
            };
            options.CertificateChainPolicy.CustomTrustStore.AddRange(roots);
        }

        await secured.AuthenticateAsClientAsync(options, ct);
        return secured;
    }

    readonly record struct Waiting(TaskCompletionSource<RespReply?> Answer, long Since);

    sealed class CountingWriter(PipeWriter inner) : IBufferWriter<byte>
    {
        public long Written { get; private set; }

        public void Advance(int count)
        {
            inner.Advance(count);
            Written += count;
        }

        public Memory<byte> GetMemory(int sizeHint = 0) => inner.GetMemory(sizeHint);

        public Span<byte> GetSpan(int sizeHint = 0) => inner.GetSpan(sizeHint);
    }
}
