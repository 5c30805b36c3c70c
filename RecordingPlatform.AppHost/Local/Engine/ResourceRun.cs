namespace RecordingPlatform.AppHost.Local;

/// <summary>
/// One resource from its first wait to its last signal. A service is kept running: when it ends by itself it is started again,
/// later each time. A job runs once.
/// </summary>
internal sealed class ResourceRun(Resource resource, LocalProgram program, Workplace place, DataFolder folder, TimeProvider clock)
{
    /// <summary>A service that never came up this often will not come up by trying more.</summary>
    const int AttemptsToComeUp = 3;

    static readonly TimeSpan
        FirstPause = TimeSpan.FromSeconds(1),
        LongestPause = TimeSpan.FromSeconds(30),
        LongEnoughToForgive = TimeSpan.FromMinutes(1),
        ProbeEvery = TimeSpan.FromMilliseconds(100),
        MentionEvery = TimeSpan.FromSeconds(10);

    readonly TaskCompletionSource _up = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly TaskCompletionSource<int> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly Lock _gate = new();
    ChildProcess? _child;
    bool _stopping;

    public Resource Resource => resource;

    /// <summary>Complete once a service is up, or a job at its end.</summary>
    public Task Settled => resource.IsService ? _up.Task : _ended.Task;

    /// <summary>The exit code of a job that failed, otherwise null.</summary>
    public int? FailedWith => _ended.Task is { IsCompletedSuccessfully: true, Result: not 0 and var code } ? code : null;

    /// <summary>Waits, starts and keeps running, until stopped.</summary>
    /// <exception cref="StartFailedException">The platform cannot be what the picture says.</exception>
    public async Task RunAsync(Func<Resource, ResourceRun> find, CancellationToken stopping)
    {
        foreach (var wait in resource.Waits)
        {
            var other = find(wait.On);
            if (wait.ExitCode is not { } expected)
            {
                await other._up.Task.WaitAsync(stopping);
            }
            else if (await other._ended.Task.WaitAsync(stopping) is var code && code != expected)
            {
                throw new StartFailedException($"{wait.On.Name} failed with exit code {code}, and {resource.Name} cannot start without it");
            }
        }

        var pause = FirstPause;
        for (var attempt = 1; ; attempt++)
        {
            var started = clock.GetTimestamp();
            var launch = await program.PrepareAsync(place, stopping);
            if (!TryStart(launch, out var child))
            {
                return;
            }

            var exitCode = resource.IsService ? await ServeAsync(child, stopping) : await WorkAsync(child, started);
            Forget(child);
            if (_stopping || !resource.IsService)
            {
                return;
            }

            if (!_up.Task.IsCompleted && attempt == AttemptsToComeUp)
            {
                throw new StartFailedException($"{resource.Name} ended {attempt} times before it was up, last with exit code {exitCode}: its lines are above");
            }

            pause = clock.GetElapsedTime(started) > LongEnoughToForgive ? FirstPause : pause;
            place.Terminal.Bad(resource.Name, $"ended by itself (exit code {exitCode}), starts again in {pause.TotalSeconds:0} s");
            await Task.Delay(pause, clock, stopping);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    /// <summary>Asks the process to end, and ends it after the grace, or at once when <paramref name="kill"/> is cancelled.</summary>
    public async Task StopAsync(TimeSpan grace, CancellationToken kill)
    {
        ChildProcess? child;
        lock (_gate)
        {
            _stopping = true;
            child = _child;
        }

        if (child is null)
        {
            return;
        }

        var started = clock.GetTimestamp();
        child.Signal(program.StopSignal);
        try
        {
            await child.Exited.WaitAsync(grace, clock, kill);
            place.Terminal.News(resource.Name, $"stopped ({clock.GetElapsedTime(started).TotalSeconds:0.0} s)");
        }
        catch (Exception late) when (late is TimeoutException or OperationCanceledException)
        {
            child.Kill();
            await child.Exited;
            place.Terminal.Bad(resource.Name, $"did not stop in {clock.GetElapsedTime(started).TotalSeconds:0.0} s and was killed");
        }
    }

    bool TryStart(Launch launch, out ChildProcess child)
    {
        lock (_gate)
        {
            child = null!;
            if (_stopping)
            {
                return false;
            }

            child = _child = ChildProcess.Start(launch, line => place.Terminal.Said(resource.Name, line));
            if (child.Identity is { } identity)
            {
                folder.Add(resource.Name, identity, program.StopSignal);
            }

            return true;
        }
    }

    void Forget(ChildProcess child)
    {
        lock (_gate)
        {
            _child = null;
        }

        child.Kill(); // whatever it started and left behind, before its port and files are used again
        if (child.Identity is { } identity)
        {
            folder.Remove(identity);
        }
    }

    async Task<int> WorkAsync(ChildProcess child, long started)
    {
        _up.TrySetResult();
        var exitCode = await child.Exited;
        if (!_stopping)
        {
            var took = $"{clock.GetElapsedTime(started).TotalSeconds:0.0} s";
            if (exitCode == 0)
            {
                place.Terminal.Good(resource.Name, $"done ({took})");
            }
            else
            {
                place.Terminal.Bad(resource.Name, $"failed with exit code {exitCode} ({took})");
            }

            _ended.TrySetResult(exitCode);
        }

        return exitCode;
    }

    async Task<int> ServeAsync(ChildProcess child, CancellationToken stopping)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var up = BecomeUpAsync(ended.Token);
        await Task.WhenAny(child.Exited, up);
        if (child.Exited.IsCompleted)
        {
            await ended.CancelAsync();
        }

        try
        {
            await up;
        }
        catch (OperationCanceledException)
        {
            // It ended, or is about to be stopped, before it was up.
        }

        return await child.Exited;
    }

    async Task BecomeUpAsync(CancellationToken ct)
    {
        var started = clock.GetTimestamp();
        var mentioned = started;
        while (await program.WhyNotUpAsync(place, ct) is { } missing)
        {
            if (clock.GetElapsedTime(mentioned) >= MentionEvery)
            {
                mentioned = clock.GetTimestamp();
                place.Terminal.News(resource.Name, $"is not up after {clock.GetElapsedTime(started).TotalSeconds:0} s: {missing}");
            }

            await Task.Delay(ProbeEvery, clock, ct);
        }

        place.Terminal.Good(resource.Name, $"ready  {program.Describe(place)}");
        _up.TrySetResult();
    }
}
