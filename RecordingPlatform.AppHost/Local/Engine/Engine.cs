namespace RecordingPlatform.AppHost.Local;

/// <summary>
/// Carries out the picture: takes the data folder, clears what a killed engine left, gives out ports, starts everything in the order
/// of its waits, says when all is ready, and ends everything in reverse within <see cref="Deadline"/>.
/// </summary>
internal sealed class Engine(LocalBuilder builder, TimeProvider clock)
{
    const string Name = "platform";

    /// <summary>Three links are the longest chain that stops one after the other: web, then api, then the database.</summary>
    static readonly TimeSpan Grace = TimeSpan.FromSeconds(4);

    /// <summary>The promise is 15 s from the signal; the rest is for killing and for writing it down.</summary>
    static readonly TimeSpan Deadline = TimeSpan.FromSeconds(13);

    readonly Terminal _terminal = builder.Terminal;

    /// <summary>Returns 0 after an end that was asked for, 1 when the platform could not start or go on.</summary>
    public async Task<int> RunAsync(CancellationToken stop, CancellationToken kill)
    {
        try
        {
            if (!OperatingSystem.IsLinux())
            {
                throw new StartFailedException("the local engine needs Linux: use a Debian or Ubuntu machine, or AspireHosting=true with a container runtime");
            }

            Installed.Require("setsid", "util-linux");
            using var folder = await DataFolder.TakeAsync(builder.Data, stop);
            using var place = new Workplace(builder);
            return await RunAsync(folder, place, stop, kill);
        }
        catch (StartFailedException reason)
        {
            _terminal.Bad(Name, reason.Message);
            return 1;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return 0;
        }
    }

    async Task<int> RunAsync(DataFolder folder, Workplace place, CancellationToken stop, CancellationToken kill)
    {
        var reaped = await folder.ReapAsync(Grace, clock, stop);
        if (reaped.Count > 0)
        {
            _terminal.News(Name, $"ended what an earlier start left running: {string.Join(", ", reaped)}");
        }

        var runs = builder.Resources.Where(r => r.Program is not null)
            .Select(r => new ResourceRun(r, r.Program!, place, folder, clock)).ToList();
        runs.ForEach(r => r.Resource.Program!.Check(place));
        foreach (var note in Ports.Allocate(runs.Select(r => r.Resource), builder.Options.MayMove))
        {
            _terminal.News(Name, note);
        }

        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var all = runs.ConvertAll(r => r.RunAsync(other => runs.Single(x => x.Resource == other), ending.Token));
        var failure = FirstFailureAsync(all);
        var asked = Task.Delay(Timeout.InfiniteTimeSpan, clock, stop);
        var ready = Task.WhenAll(runs.Select(r => r.Settled));

        if (await Task.WhenAny(failure, asked, ready) == ready)
        {
            Announce(folder, runs);
            await Task.WhenAny(failure, asked);
        }

        folder.ForgetReady();
        await ending.CancelAsync();
        await StopAsync(runs, kill);
        await Task.WhenAll(all).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // each has let go of its process
        if (!failure.IsCompleted)
        {
            return 0;
        }

        var reason = await failure;
        _terminal.Bad(Name, reason is StartFailedException ? reason.Message : reason.ToString());
        return 1;
    }

    void Announce(DataFolder folder, List<ResourceRun> runs)
    {
        var addresses = runs.SelectMany(r => r.Resource.Endpoints.Where(e => e.IsExternal).Select(e => KeyValuePair.Create(r.Resource.Name, e.Url))).ToList();
        folder.WriteReady(addresses);
        foreach (var line in Welcome.Lines(folder.Path, addresses, runs.Where(r => r.FailedWith is not null).Select(r => r.Resource.Name)))
        {
            _terminal.Announce(line);
        }
    }

    /// <summary>Stops each resource when everything that waited for it has stopped.</summary>
    async Task StopAsync(List<ResourceRun> runs, CancellationToken kill)
    {
        using var late = new CancellationTokenSource(Deadline, clock);
        using var now = CancellationTokenSource.CreateLinkedTokenSource(late.Token, kill);
        Dictionary<ResourceRun, Task> stops = [];

        async Task StopOneAsync(ResourceRun run)
        {
            var dependents = runs.Where(r => r.Resource.Waits.Any(w => w.On == run.Resource));
            await Task.WhenAll(dependents.Select(StopOnce));
            await run.StopAsync(Grace, now.Token);
        }

        Task StopOnce(ResourceRun run) => stops.TryGetValue(run, out var known) ? known : stops[run] = StopOneAsync(run);

        await Task.WhenAll(runs.Select(StopOnce).ToList());
    }

    /// <summary>Completes with the first failure, and never without one.</summary>
    static async Task<Exception> FirstFailureAsync(List<Task> tasks)
    {
        await foreach (var task in Task.WhenEach(tasks))
        {
            if (task.IsFaulted)
            {
                return task.Exception!.InnerException!;
            }
        }

        return await new TaskCompletionSource<Exception>().Task;
    }
}
