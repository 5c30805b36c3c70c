namespace RecordingPlatform.Core.Redis;

/// <summary>
/// Keeps one connection open and signed in: connects again with growing, scattered pauses, asks it for a sign of life, and signs in
/// again before a token expires. <see cref="Current"/> is null whenever a call would have to wait, so that nobody does.
/// </summary>
internal sealed class RedisLink(string name, RedisSettings settings, RedisStanding standing, TimeProvider clock)
{
    static readonly TimeSpan
        FirstPause = TimeSpan.FromMilliseconds(50),
        LongestPause = TimeSpan.FromSeconds(5),
        LongEnoughToForgive = TimeSpan.FromSeconds(10);

    RedisConnection? _current;

    public RedisConnection? Current => Volatile.Read(ref _current);

    /// <summary>Called with each new connection before it becomes <see cref="Current"/>.</summary>
    public Action<RedisConnection>? Opened { get; init; }

    /// <summary>Called after a connection was lost, before another is tried.</summary>
    public Action? Lost { get; init; }

    /// <summary>A connection in subscriber mode takes no AUTH, so it is renewed as a whole before its token expires.</summary>
    public bool RenewsWhole { get; init; }

    public async Task RunAsync(CancellationToken ct)
    {
        var pause = FirstPause;
        while (!ct.IsCancellationRequested)
        {
            var started = clock.GetTimestamp();
            var why = await LiveAsync(ct);
            if (ct.IsCancellationRequested)
                return;
            if (why is not null)
                standing.IsAway(name, why);
            if (clock.GetElapsedTime(started) > LongEnoughToForgive)
                pause = FirstPause;
            // Scattered, so that replicas that lost it together do not return together.
            await Task.Delay(pause * (0.5 + (Random.Shared.NextDouble() / 2)), clock, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    /// <summary>One connection from its opening to its end; why it ended, or null when it only has to be renewed.</summary>
    async Task<string?> LiveAsync(CancellationToken ct)
    {
        RedisConnection? connection = null;
        try
        {
            DateTimeOffset? expiresAt;
            using (var late = new CancellationTokenSource(settings.ConnectTimeout, clock))
            using (var both = CancellationTokenSource.CreateLinkedTokenSource(ct, late.Token))
            {
                connection = await RedisConnection.OpenAsync(settings, clock, both.Token);
                (var refusal, expiresAt) = await SignInAsync(connection, both.Token);
                if (refusal is not null)
                    return refusal;
            }

            Opened?.Invoke(connection);
            Volatile.Write(ref _current, connection);
            standing.Answers(name);
            return await TendAsync(connection, expiresAt, ct);
        }
        catch (OperationCanceledException)
        {
            return $"no connection within {settings.ConnectTimeout.TotalSeconds:0.#} s";
        }
        catch (IOException e)
        {
            return e.Message;
        }
        finally
        {
            Volatile.Write(ref _current, null);
            if (connection is not null)
                await connection.DisposeAsync();
            Lost?.Invoke();
        }
    }

    async Task<string?> TendAsync(RedisConnection connection, DateTimeOffset? expiresAt, CancellationToken ct)
    {
        var renewAt = RenewAt(expiresAt);
        while (true)
        {
            var untilRenewal = renewAt - clock.GetUtcNow() ?? TimeSpan.MaxValue;
            var wait = untilRenewal < settings.KeepAlive ? untilRenewal : settings.KeepAlive;
            using var woken = CancellationTokenSource.CreateLinkedTokenSource(ct);
            var slept = Task.Delay(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, clock, woken.Token);
            await Task.WhenAny(connection.Lost, slept);
            await woken.CancelAsync();
            if (connection.Lost.IsCompleted)
                return await connection.Lost;
            ct.ThrowIfCancellationRequested();

            if (clock.GetUtcNow() >= renewAt)
            {
                if (RenewsWhole)
                    return null;
                (var refusal, expiresAt) = await AuthenticateAsync(connection, ct);
                if (refusal is not null)
                    return refusal;
                renewAt = RenewAt(expiresAt);
            }
            else if (!await connection.IsAliveAsync(ct))
            {
                return $"no sign of life within {settings.CallTimeout.TotalMilliseconds:0} ms";
            }
        }
    }

    async Task<(string? Refusal, DateTimeOffset? ExpiresAt)> SignInAsync(RedisConnection connection, CancellationToken ct)
    {
        var (refusal, expiresAt) = await AuthenticateAsync(connection, ct);
        refusal ??= await RefusalAsync(connection, new("CLIENT", "SETNAME", settings.ClientName), "CLIENT SETNAME", ct);
        if (settings.Database != 0)
            refusal ??= await RefusalAsync(connection, new("SELECT", settings.Database), "SELECT", ct);
        // Says also when it is still loading.
        refusal ??= await RefusalAsync(connection, new("PING"), "PING", ct);
        return (refusal, expiresAt);
    }

    async Task<(string? Refusal, DateTimeOffset? ExpiresAt)> AuthenticateAsync(RedisConnection connection, CancellationToken ct)
    {
        if (settings.Token is { } ask)
        {
            RedisToken token;
            try
            {
                token = await ask(ct);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // Whoever gives the token has failures of its own kind; its connection is what fails with it.
                return ($"no token to sign in with ({e.GetType().Name})", null);
            }

            return (await RefusalAsync(connection, new("AUTH", token.User, token.Secret), "AUTH", ct), token.ExpiresAt);
        }

        if (string.IsNullOrEmpty(settings.Password))
            return (null, null);
        RespCommand command = string.IsNullOrEmpty(settings.User) ? new("AUTH", settings.Password) : new("AUTH", settings.User, settings.Password);
        return (await RefusalAsync(connection, command, "AUTH", ct), null);
    }

    static async Task<string?> RefusalAsync(RedisConnection connection, RespCommand command, string shown, CancellationToken ct) =>
        await connection.CallAsync(command, ct) switch
        {
            null => connection.Lost.IsCompleted ? await connection.Lost : $"no answer to {shown}",
            { Kind: RespKind.Error } error => $"{shown} is refused ({error.ErrorCode})",
            _ => null,
        };

    /// <summary>After three quarters of its life: the rest is for a token service that is slow to answer.</summary>
    DateTimeOffset? RenewAt(DateTimeOffset? expiresAt)
    {
        var now = clock.GetUtcNow();
        return expiresAt is { } end ? now + TimeSpan.FromTicks(Math.Max((end - now).Ticks * 3 / 4, TimeSpan.TicksPerSecond)) : null;
    }
}
