using System.Diagnostics;
using System.Runtime.Versioning;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using RecordingPlatform.AppHost.Local;

namespace RecordingPlatform.Tests.AppHost;

/// <summary>The engine in this process, over programs that write down in a journal what happens to them.</summary>
[SupportedOSPlatform("linux")]
internal sealed class ScriptedPicture : IAsyncDisposable
{
    readonly CancellationTokenSource _stop = new();
    readonly CancellationTokenSource _kill = new();
    readonly StringWriter _output = new();
    readonly TextWriter _shared;
    Task<int>? _run;

    public ScriptedPicture(params string[] options)
    {
        Directory.CreateDirectory(Folder);
        _shared = TextWriter.Synchronized(_output);
        Builder = DistributedApplication.CreateBuilder([.. options, "--data", Data]);
        Builder.Local().Terminal = new(_shared, colours: false);
    }

    public string Folder { get; } = Path.Combine(Path.GetTempPath(), $"rp-engine-{Guid.CreateVersion7():N}");

    public string Data => Path.Combine(Folder, "data");

    public IDistributedApplicationBuilder Builder { get; }

    public string Output
    {
        get
        {
            lock (_shared) // what its own methods lock
            {
                return _output.ToString();
            }
        }
    }

    public string[] Journal => File.Exists(JournalPath) ? File.ReadAllLines(JournalPath) : [];

    public string PlatformPath => Path.Combine(Data, "platform.json");

    string JournalPath => Path.Combine(Folder, "journal");

    /// <summary>A service that notes "name starts PID" when it listens, and "name drains" and "name ends" when asked to end.</summary>
    public IResourceBuilder<ExecutableResource> AddService(string name, string? behaviour = null) =>
        Add(name, behaviour).WithHttpEndpoint(env: "PORT").WithHttpHealthCheck("/alive");

    /// <summary>A job that notes "name starts PID" and "name ends".</summary>
    public IResourceBuilder<ExecutableResource> AddJob(string name, string? behaviour = null) => Add(name, behaviour);

    public void Start() => _run = Builder.Build().RunEngineAsync(_stop.Token, _kill.Token);

    public async Task ReadyAsync()
    {
        Start();
        await Eventually.Holds(() => File.Exists(PlatformPath) || _run!.IsCompleted, () => Output);
        Assert.True(File.Exists(PlatformPath), Output);
    }

    public Task SaysAsync(string text) => Eventually.Holds(() => Output.Contains(text, StringComparison.Ordinal), () => $"no \"{text}\" in\n{Output}");

    public Task NotesAsync(string line, int times = 1) =>
        Eventually.Holds(() => Journal.Count(l => l.StartsWith(line, StringComparison.Ordinal)) >= times, () => $"no {times} × \"{line}\" in\n{string.Join('\n', Journal)}\n{Output}");

    /// <summary>Process id of the latest start.</summary>
    public int PidOf(string name) => int.Parse(Journal.Last(l => l.StartsWith($"{name} starts ", StringComparison.Ordinal)).Split(' ')[^1], System.Globalization.CultureInfo.InvariantCulture);

    public async Task<int> EndedAsync() => await _run!.WaitAsync(TimeSpan.FromSeconds(60));

    public async Task<(int ExitCode, TimeSpan Took)> StopAsync()
    {
        var watch = Stopwatch.StartNew();
        await _stop.CancelAsync();
        return (await EndedAsync(), watch.Elapsed);
    }

    public async Task<TimeSpan> KillAsync()
    {
        var watch = Stopwatch.StartNew();
        await _kill.CancelAsync();
        await EndedAsync();
        return watch.Elapsed;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _kill.CancelAsync();
        if (_run is not null)
        {
            await EndedAsync();
        }

        _stop.Dispose();
        _kill.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    IResourceBuilder<ExecutableResource> Add(string name, string? behaviour) => Builder
        .AddExecutable(name, ServiceScript.WriteTo(Path.Combine(Folder, "service")), Folder)
        .WithEnvironment("JOURNAL", JournalPath)
        .WithEnvironment($"BEHAVIOUR_{name}", behaviour);
}
