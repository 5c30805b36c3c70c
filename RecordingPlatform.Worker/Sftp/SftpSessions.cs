using Microsoft.Extensions.Options;
using RecordingPlatform.Worker.Media;

namespace RecordingPlatform.Worker.Sftp;

/// <summary>
/// Keeps one session for each endpoint, so that a look each second does not sign in each second. Opens it when it is first
/// wanted and again after it was lost, and closes it when nobody wanted it for <see cref="SftpOptions.KeepIdle"/>. An endpoint
/// with another key or pin is another one; the session of the old is closed as soon as nobody uses it. Does not hold back who
/// fails: whoever asks again and again for a host that refuses, does so with pauses of their own.
/// </summary>
sealed class SftpSessions : IAsyncDisposable
{
    readonly SftpOptions _options;
    readonly WorkDirectories _directories;
    readonly TimeProvider _clock;
    readonly ILogger<SftpSession> _logger;
    readonly Lock _gate = new();
    readonly Dictionary<string, Kept> _kept = new(StringComparer.Ordinal);
    readonly List<Task> _closing = [];
    readonly ITimer _sweep;
    bool _disposed;

    public SftpSessions(IOptions<SftpOptions> options, WorkDirectories directories, TimeProvider clock, ILogger<SftpSession> logger)
    {
        (_options, _directories, _clock, _logger) = (options.Value, directories, clock, logger);
        _sweep = clock.CreateTimer(_ => CloseIdle(), null, _options.KeepIdle / 2, _options.KeepIdle / 2);
    }

    /// <summary>A session that stands, shared with whoever else uses it. Give it back by disposing the lease, soon.</summary>
    /// <exception cref="ArgumentException">The endpoint has <see cref="SftpEndpoint.Problems"/>.</exception>
    /// <exception cref="SftpException">It did not come to stand; the next call tries anew.</exception>
    public async Task<Lease> RentAsync(SftpEndpoint endpoint, CancellationToken ct)
    {
        var kept = Take(endpoint);
        try
        {
            // Opened for all who wait: it is not cancelled with the first of them.
            var session = await kept.Session.Value.WaitAsync(ct);
            return new Lease(session, () => GiveBack(kept));
        }
        catch
        {
            GiveBack(kept);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task[] closing;
        lock (_gate)
        {
            _disposed = true;
            foreach (var kept in _kept.Values)
                Close(kept);
            _kept.Clear();
            closing = [.. _closing];
        }
        await _sweep.DisposeAsync();
        await Task.WhenAll(closing);
    }

    Kept Take(SftpEndpoint endpoint)
    {
        var (place, identity) = (endpoint.ToString(), endpoint.Identity);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_kept.TryGetValue(place, out var kept) && (kept.Identity != identity || kept.IsOver))
            {
                Retire(kept);
                kept = null;
            }
            kept ??= _kept[place] = new Kept(place, identity, () => SftpSession.OpenAsync(endpoint, _options, _directories, _clock, _logger, CancellationToken.None));
            kept.Users++;
            return kept;
        }
    }

    void GiveBack(Kept kept)
    {
        lock (_gate)
        {
            kept.Users--;
            kept.LeftAt = _clock.GetTimestamp();
            if (kept.IsOver && _kept.GetValueOrDefault(kept.Place) == kept)
                Retire(kept);
            else if (kept is { Users: 0, IsRetired: true })
                Close(kept);
        }
    }

    void CloseIdle()
    {
        lock (_gate)
        {
            foreach (var kept in _kept.Values.Where(k => k.IsOver || (k.Users == 0 && _clock.GetElapsedTime(k.LeftAt) >= _options.KeepIdle)).ToList())
                Retire(kept);
            _closing.RemoveAll(closing => closing.IsCompletedSuccessfully);
        }
    }

    /// <summary>Nobody gets it any more; it is closed when the last user has gone.</summary>
    void Retire(Kept kept)
    {
        kept.IsRetired = true;
        _kept.Remove(kept.Place);
        if (kept.Users == 0)
            Close(kept);
    }

    void Close(Kept kept)
    {
        if (!kept.IsClosing)
            _closing.Add(kept.CloseAsync());
    }

    /// <summary>The use of a session until disposal.</summary>
    public sealed class Lease(SftpSession session, Action giveBack) : IDisposable
    {
        Action? _giveBack = giveBack;

        public SftpSession Session { get; } = session;

        public void Dispose() => Interlocked.Exchange(ref _giveBack, null)?.Invoke();
    }

    sealed class Kept(string place, string identity, Func<Task<SftpSession>> open)
    {
        public string Place { get; } = place;

        public string Identity { get; } = identity;

        public Lazy<Task<SftpSession>> Session { get; } = new(() => Task.Run(open));

        public int Users { get; set; }

        public long LeftAt { get; set; }

        public bool IsRetired { get; set; }

        public bool IsClosing { get; private set; }

        /// <summary>It failed to open, or was lost since.</summary>
        public bool IsOver => Session is { IsValueCreated: true, Value.IsCompleted: true } && (!Session.Value.IsCompletedSuccessfully || Session.Value.Result.Failure is not null);

        public async Task CloseAsync()
        {
            IsClosing = true;
            if (!Session.IsValueCreated)
                return;
            await ((Task)Session.Value).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
            if (Session.Value.IsCompletedSuccessfully)
                await Session.Value.Result.DisposeAsync();
        }
    }
}
