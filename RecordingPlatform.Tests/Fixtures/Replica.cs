namespace RecordingPlatform.Tests.Fixtures;

/// <summary>One of several processes that do the same, at an address that it keeps when it is killed and started again.</summary>
public sealed class Replica : IAsyncDisposable
{
    readonly string _project;
    readonly Func<IReadOnlyDictionary<string, string>> _environment;
    readonly string[] _within;
    Service? _service;

    /// <param name="project">Api or Worker.</param>
    /// <param name="environment">Its settings, read at each start.</param>
    /// <param name="within">A command that runs the process given after it, or nothing.</param>
    internal Replica(string project, Func<IReadOnlyDictionary<string, string>> environment, string[] within) =>
        (_project, _environment, _within) = (project, environment, within);

    public Uri Url { get; } = new($"http://127.0.0.1:{Ports.Free()}/");

    public Service Service => _service ?? throw new InvalidOperationException($"This {_project} was never started.");

    /// <summary>Starts it and waits until it answers.</summary>
    public async Task StartAsync()
    {
        var environment = new Dictionary<string, string>(_environment()) { ["ASPNETCORE_URLS"] = Url.ToString() };
        if (_service is not null)
            await _service.DisposeAsync();
        _service = Service.Start(_project, [], environment, _within);
        await Until.TrueAsync(AnswersAsync, TimeSpan.FromSeconds(60), $"the {_project} answers");
    }

    /// <summary>SIGKILL: nothing of its own clean-up runs.</summary>
    public Task KillAsync() => Service.KillAsync();

    /// <summary>Ends it as an operator does. Nothing when it never started, or has ended.</summary>
    public Task StopAsync() => _service?.StopAsync() ?? Task.CompletedTask;

    public ValueTask DisposeAsync() => _service?.DisposeAsync() ?? ValueTask.CompletedTask;

    async Task<bool> AnswersAsync()
    {
        if (Service.HasExited)
            throw new InvalidOperationException($"{Service.Name} ended while starting:\n{Service.Said}");
        using var client = new HttpClient { BaseAddress = Url };
        try
        {
            using var answer = await client.GetAsync("alive");
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
