using System.Runtime.CompilerServices;
using RecordingPlatform.Worker.Media;

namespace RecordingPlatform.Worker.Sftp;

/// <summary>
/// A session with one PBX, read only. Safe for concurrent use: requests of all callers are in flight at once. When it fails as a
/// whole, everyone who waits gets the same failure, and so does everyone who comes later; a new session is opened by
/// <see cref="SftpSessions"/>. <c>SFTP.md</c> says what is asked of the server, and what SFTP version 3 cannot promise.
/// </summary>
sealed partial class SftpSession : IAsyncDisposable
{
    /// <summary>READDIRs outstanding: OpenSSH answers with 100 names each.</summary>
    const int FolderReads = 8;

    /// <summary>A channel of ssh has a window of 2 MiB, 50 MB/s at 40 ms and 200 MB/s at 10 ms. Further ones pay from here on.</summary>
    static readonly TimeSpan s_farAway = TimeSpan.FromMilliseconds(8);

    /// <summary>200 MB/s at 40 ms with the first; sshd lets ten strangers wait for their sign-in at a time (MaxStartups).</summary>
    internal const int FurtherLanes = 3;

    const long LargeFile = 16 << 20;

    readonly SftpEndpoint _endpoint;
    readonly SftpOptions _options;
    readonly WorkDirectories _directories;
    readonly TimeProvider _clock;
    readonly ILogger _logger;
    readonly SftpLane _lane;
    readonly CancellationTokenSource _disposed = new();
    readonly Lock _gate = new();
    Task<SftpLane?>[] _further = [];
    TimeSpan _roundTrip = TimeSpan.MaxValue;

    SftpSession(SftpEndpoint endpoint, SftpOptions options, WorkDirectories directories, TimeProvider clock, ILogger logger, SftpLane lane) =>
        (_endpoint, _options, _directories, _clock, _logger, _lane) = (endpoint, options, directories, clock, logger, lane);

    /// <summary>Connects, signs in, and agrees on version 3.</summary>
    /// <exception cref="ArgumentException">The endpoint has <see cref="SftpEndpoint.Problems"/>.</exception>
    /// <exception cref="SftpException">Why not, with what to do.</exception>
    public static async Task<SftpSession> OpenAsync(SftpEndpoint endpoint, SftpOptions options, WorkDirectories directories, TimeProvider clock, ILogger logger, CancellationToken ct)
    {
        if (endpoint.Problems() is { Count: > 0 } problems)
            throw new ArgumentException(string.Join(' ', problems), nameof(endpoint));
        var started = clock.GetTimestamp();
        var lane = await SftpLane.OpenAsync(endpoint, options, directories, clock, ct);
        Log.Opened(logger, endpoint.Host, endpoint.Port, (long)clock.GetElapsedTime(started).TotalMilliseconds);
        return new SftpSession(endpoint, options, directories, clock, logger, lane);
    }

    /// <summary>Completes when the session is over, from whichever side.</summary>
    public Task Over => _lane.Over;

    /// <summary>Why it is over, or null while it stands.</summary>
    public SftpException? Failure => _lane.Failure;

    /// <summary>Of ssh, for tests and health.</summary>
    internal int ProcessId => _lane.ProcessId;

    internal SftpLane Lane => _lane;

    /// <summary>The path without links and dots, as the server resolves it.</summary>
    /// <exception cref="SftpException"><see cref="SftpFault.NoSuchFile"/>, also when the answer is not UTF-8; or the session is over.</exception>
    public Task<string> RealPathAsync(string path, CancellationToken ct) => OffTheReaderAsync(RealPathOnReaderAsync(path, ct));

    /// <summary>What is at the path, links followed; null when nothing is.</summary>
    public Task<SftpAttributes?> StatAsync(string path, CancellationToken ct) => OffTheReaderAsync(AttributesAsync(SftpPacket.Stat, path, ct));

    /// <summary>What is at the path, a link itself included; null when nothing is.</summary>
    public Task<SftpAttributes?> LinkStatAsync(string path, CancellationToken ct) => OffTheReaderAsync(AttributesAsync(SftpPacket.LinkStat, path, ct));

    /// <summary>
    /// Whether the path, after all its links, lies in the folder (which is resolved too). True is about this moment:
    /// <see cref="SftpFile.Within"/> asks again after the file was opened.
    /// </summary>
    public Task<bool> LiesUnderAsync(string path, string root, CancellationToken ct) => OffTheReaderAsync(LiesUnderOnReaderAsync(path, root, ct));

    /// <summary>The entries of a folder in the server's order, without <c>.</c> and <c>..</c>. Entries whose <see cref="SftpEntry.Name"/> is null cannot be named; skip them.</summary>
    /// <exception cref="SftpException"><see cref="SftpFault.NoSuchFile"/>, <see cref="SftpFault.PermissionDenied"/>; or the session is over.</exception>
    public async IAsyncEnumerable<SftpEntry> ListAsync(string path, [EnumeratorCancellation] CancellationToken ct)
    {
        var handle = await OffTheReaderAsync(HandleAsync(_lane.Wire, _lane.Wire.Send(SftpPacket.OpenFolder, SftpPacket.Handle, SftpPath.Encode(path)), ct));
        var asked = new Queue<SftpPending>();
        try
        {
            while (true)
            {
                while (asked.Count < FolderReads)
                    asked.Enqueue(_lane.Wire.Send(SftpPacket.ReadFolder, SftpPacket.Name, handle));
                var answer = await OffTheReaderAsync(AskAsync(asked.Dequeue(), ct));
                if (answer.Status == SftpStatus.EndOfFile)
                    yield break;
                foreach (var entry in answer.Names ?? throw Refusal(answer.Status))
                {
                    if (entry.Name is not ("." or ".."))
                        yield return entry;
                }
            }
        }
        finally
        {
            foreach (var ahead in asked)
                ahead.Abandon();
            _lane.Wire.SendClose(handle);
        }
    }

    /// <summary>Reads a file, or a part of one, and hands the bytes on in order.</summary>
    /// <exception cref="SftpException">About the path; or the session is over, then what the sink got is whole and <see cref="SftpFile.Offset"/> goes on from there.</exception>
    public Task<SftpRead> ReadAsync(SftpFile file, SftpSink sink, CancellationToken ct) =>
        OffTheReaderAsync(new SftpFileReader(this, file, sink).RunAsync(ct));

    public async ValueTask DisposeAsync()
    {
        await _disposed.CancelAsync();
        await _lane.DisposeAsync();
        Task<SftpLane?>[] further;
        lock (_gate)
            further = _further;
        foreach (var opened in further)
        {
            if (await opened is { } lane)
                await lane.DisposeAsync();
        }
        Log.Closed(_logger, _endpoint.Host, _endpoint.Port, _lane.Wire.Received);
        _disposed.Dispose();
    }

    /// <summary>How long a question takes at least: the shortest that was seen.</summary>
    internal void Took(TimeSpan answer) => _roundTrip = answer < _roundTrip ? answer : _roundTrip;

    internal TimeProvider Clock => _clock;

    /// <summary>So many bytes of a file are about to be read: connections that will help with it begin to open.</summary>
    internal void Foresee(long bytes) => _ = FurtherLanesFor(bytes);

    /// <summary>
    /// Further connections, opened when the first large file is read from far away, and kept. One that the server does not allow
    /// is null, and not asked for again.
    /// </summary>
    internal IReadOnlyList<Task<SftpLane?>> FurtherLanesFor(long bytes)
    {
        lock (_gate)
        {
            if (bytes < LargeFile || _disposed.IsCancellationRequested)
                return [];
            if (_further.Length == 0 && _roundTrip >= s_farAway && _roundTrip != TimeSpan.MaxValue)
                _further = [.. Enumerable.Range(0, FurtherLanes).Select(_ => OpenFurtherAsync())];
            return _further;
        }
    }

    internal async Task<string> RealPathOnReaderAsync(string path, CancellationToken ct)
    {
        var answer = await AskAsync(SendRealPath(path), ct);
        return answer.Path ?? throw Refusal(answer.Status ?? SftpStatus.NoSuchFile);
    }

    internal SftpPending SendRealPath(string path) =>
        _lane.Wire.Send(SftpPacket.RealPath, SftpPacket.Name, SftpPath.Encode(path), dataAtMost: SftpPending.OnePath);

    /// <summary>Waits for an answer; a cancelled wait lets go of it when it comes.</summary>
    internal static async Task<SftpAnswer> AskAsync(SftpPending pending, CancellationToken ct)
    {
        if (pending.Answered.IsCompleted)
            return await pending.Answered;
        await using (ct.UnsafeRegister(static (waiting, token) => ((SftpPending)waiting!).Cancel(token), pending))
            return await pending.Answered;
    }

    /// <summary>Waits for a handle; one that comes after a cancelled wait is closed.</summary>
    internal async Task<byte[]> HandleAsync(SftpWire wire, SftpPending open, CancellationToken ct)
    {
        try
        {
            var answer = await open.Answered.WaitAsync(ct);
            return answer.Handle ?? throw Refusal(answer.Status);
        }
        catch (OperationCanceledException)
        {
            _ = CloseLateAsync(wire, open.Answered);
            throw;
        }
    }

    static async Task CloseLateAsync(SftpWire wire, Task<SftpAnswer> opened)
    {
        await ((Task)opened).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (opened is { IsCompletedSuccessfully: true, Result.Handle: { } handle })
            wire.SendClose(handle);
    }

    internal SftpException Refusal(uint? status) => status switch
    {
        SftpStatus.NoSuchFile => new(SftpFault.NoSuchFile, $"{_endpoint.Where} has no such file or folder."),
        SftpStatus.PermissionDenied => new(SftpFault.PermissionDenied, $"{_endpoint.Where} does not let the user {_endpoint.User} read this file or folder. Put the user into the group that owns the recordings, or give it the right to read them (setfacl -m u:{_endpoint.User}:rX)."),
        _ => new(SftpFault.Refused, $"{_endpoint.Where} refused a request with status {status}."),
    };

    internal SftpException NotAFile() => new(SftpFault.NoSuchFile, $"The path on {_endpoint.Where} is not a file.");

    internal SftpException Outside() => new(SftpFault.OutsideRoot, $"A path on {_endpoint.Where} leads by a link to where no recordings are fetched from, and was not read. Look at the links in the PBX's recording folder.");

    async Task<SftpLane?> OpenFurtherAsync()
    {
        await Task.Yield();
        try
        {
            var lane = await SftpLane.OpenAsync(_endpoint, _options, _directories, _clock, _disposed.Token);
            Log.Further(_logger, _endpoint.Host, _endpoint.Port, (long)_roundTrip.TotalMilliseconds);
            return lane;
        }
        catch (SftpException e)
        {
            Log.NoFurther(_logger, _endpoint.Host, _endpoint.Port, e.Fault);
            return null;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    async Task<SftpAttributes?> AttributesAsync(SftpPacket type, string path, CancellationToken ct)
    {
        var answer = await AskAsync(_lane.Wire.Send(type, SftpPacket.Attributes, SftpPath.Encode(path)), ct);
        return answer.Status switch
        {
            null => answer.Attributes,
            SftpStatus.NoSuchFile => null,
            var status => throw Refusal(status),
        };
    }

    async Task<bool> LiesUnderOnReaderAsync(string path, string root, CancellationToken ct)
    {
        var (asked, folder) = (SendRealPath(path), SendRealPath(root));
        var resolved = (await AskAsync(asked, ct)).Path;
        var within = (await AskAsync(folder, ct)).Path;
        return resolved is not null && within is not null && SftpPath.LiesUnder(resolved, within);
    }

    static async Task<T> OffTheReaderAsync<T>(Task<T> work)
    {
        try
        {
            return await work;
        }
        finally
        {
            await SftpWire.OffTheReaderAsync();
        }
    }

    static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "SFTP session with {Host}:{Port} stands after {Milliseconds} ms")]
        public static partial void Opened(ILogger logger, string host, int port, long milliseconds);

        [LoggerMessage(2, LogLevel.Information, "SFTP session with {Host}:{Port} closed after {Bytes} bytes")]
        public static partial void Closed(ILogger logger, string host, int port, long bytes);

        [LoggerMessage(3, LogLevel.Information, "SFTP session with {Host}:{Port}, {Milliseconds} ms away, has a further connection for large files")]
        public static partial void Further(ILogger logger, string host, int port, long milliseconds);

        [LoggerMessage(4, LogLevel.Information, "SFTP session with {Host}:{Port} gets no further connection ({Fault}); fewer serve too")]
        public static partial void NoFurther(ILogger logger, string host, int port, SftpFault fault);
    }
}
