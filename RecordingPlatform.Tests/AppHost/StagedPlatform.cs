using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.Versioning;
using System.Text.Json;
using RecordingPlatform.AppHost.Local;

namespace RecordingPlatform.Tests.AppHost;

/// <summary>
/// The AppHost as it is, as a process of its own with a real PostgreSQL, in a folder where the projects are stand-ins that
/// write down what they are told, unless the real ones are asked for. Each start keeps the data of the one before.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class StagedPlatform : IAsyncDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    readonly List<Process> _engines = [];
    ConcurrentQueue<string> _output = [];

    /// <param name="data">Where everything is kept; in the stage by default.</param>
    /// <param name="services">Whether api, worker and web are the real ones.</param>
    public StagedPlatform(string? data = null, bool services = false)
    {
        Data = data ?? Path.Combine(Root, "data");
        var layout = Path.GetRelativePath(Path.GetFullPath("../../..", AppContext.BaseDirectory), AppContext.BaseDirectory);
        Layout = layout;
        var built = Path.GetFullPath(Path.Combine("../../../../RecordingPlatform.AppHost", layout), AppContext.BaseDirectory);
        var staged = Directory.CreateDirectory(Path.Combine(Root, "RecordingPlatform.AppHost", layout)).FullName;
        foreach (var file in Directory.EnumerateFiles(built, "RecordingPlatform.AppHost.*"))
        {
            File.Copy(file, Path.Combine(staged, Path.GetFileName(file)));
        }

        foreach (var project in (string[])["RecordingPlatform.Api", "RecordingPlatform.Web", "RecordingPlatform.Worker"])
        {
            var place = Path.TrimEndingDirectorySeparator(Path.Combine(Root, project, layout));
            if (services)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(place)!);
                Directory.CreateSymbolicLink(place, Path.GetFullPath(Path.Combine("../../../..", project, layout), AppContext.BaseDirectory));
            }
            else
            {
                ServiceScript.WriteTo(Path.Combine(Directory.CreateDirectory(place).FullName, project));
            }
        }

        var azurite = Path.GetFullPath("../../../../RecordingPlatform.AppHost/azurite", AppContext.BaseDirectory);
        Directory.CreateSymbolicLink(Path.Combine(Root, "RecordingPlatform.AppHost", "azurite"), azurite);
        WebPort = FreePort();
        ApiPort = FreePort();
    }

    public string Root { get; } = Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), $"rp-staged-{Guid.CreateVersion7():N}")).FullName;

    public string Data { get; }

    public string Layout { get; }

    public int WebPort { get; }

    public int ApiPort { get; }

    /// <summary>Who starts it; null for the caller.</summary>
    public string? User { get; init; }

    public string Store { get; init; } = "disk";

    public Dictionary<string, string> Behaviours { get; } = [];

    public Process Engine => _engines[^1];

    public string Output => string.Join('\n', _output);

    public string[] Journal => File.Exists(JournalPath) ? File.ReadAllLines(JournalPath) : [];

    public string PlatformPath => Path.Combine(Data, "platform.json");

    string JournalPath => Path.Combine(Root, "journal", "lines");

    /// <summary>Starts the AppHost, with the ports of this stage unless other options are given.</summary>
    public void Start(params string[] options)
    {
        var journal = Directory.CreateDirectory(Path.GetDirectoryName(JournalPath)!);
        if (User is not null)
        {
            journal.UnixFileMode |= UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;
        }

        var start = new ProcessStartInfo(Path.Combine(Workplace.DotnetRoot, "dotnet"))
        {
            UseShellExecute = false,
            WorkingDirectory = Root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (User is not null)
        {
            start.UserName = User;
        }

        start.ArgumentList.Add(Path.Combine(Root, "RecordingPlatform.AppHost", Layout, "RecordingPlatform.AppHost.dll"));
        foreach (var option in options.Length > 0 ? options : ["--data", Data, "--web-port", $"{WebPort}", "--api-port", $"{ApiPort}", "--store", Store])
        {
            start.ArgumentList.Add(option);
        }

        start.Environment["JOURNAL"] = JournalPath;
        foreach (var (name, behaviour) in Behaviours)
        {
            start.Environment[$"BEHAVIOUR_{name}"] = behaviour;
        }

        var lines = _output = [];
        var process = Process.Start(start)!;
        _engines.Add(process);
        DataReceivedEventHandler keep = (_, line) =>
        {
            if (line.Data is not null)
            {
                lines.Enqueue(line.Data);
            }
        };
        process.OutputDataReceived += keep;
        process.ErrorDataReceived += keep;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public async Task StartAndBeReadyAsync(params string[] options)
    {
        Start(options);
        await Eventually.Holds(() => Output.Contains("Ctrl-C stops everything", StringComparison.Ordinal) || Engine.HasExited, () => Output);
        Assert.False(Engine.HasExited, Output);
    }

    public async Task<int> EndedAsync()
    {
        using var late = new CancellationTokenSource(Patience);
        await Engine.WaitForExitAsync(late.Token);
        return Engine.ExitCode;
    }

    /// <summary>SIGTERM, as a service manager sends it.</summary>
    public async Task<(int ExitCode, TimeSpan Took)> TerminateAsync()
    {
        var watch = Stopwatch.StartNew();
        Signals.Send(Engine.Id, Signals.Terminate);
        return (await EndedAsync(), watch.Elapsed);
    }

    /// <summary>A process that the engine wrote down.</summary>
    public ProcessIdentity Child(string name)
    {
        using var record = JsonDocument.Parse(File.ReadAllText(Path.Combine(Data, "engine.json")));
        return record.RootElement.GetProperty("children").EnumerateArray().Single(c => c.GetProperty("name").GetString() == name)
            .GetProperty("process").Deserialize<ProcessIdentity>(AtomicFile.Json)!;
    }

    /// <summary>What a stand-in was told: its variables.</summary>
    public Dictionary<string, string> EnvironmentOf(string name) => Told(name).GetProperty("env").Deserialize<Dictionary<string, string>>()!;

    public string[] ArgumentsOf(string name) => Told(name).GetProperty("args").Deserialize<string[]>()!;

    /// <summary>Every process that the engine wrote down.</summary>
    public IReadOnlyList<ProcessIdentity> Children()
    {
        using var record = JsonDocument.Parse(File.ReadAllText(Path.Combine(Data, "engine.json")));
        return [.. record.RootElement.GetProperty("children").EnumerateArray().Select(c => c.GetProperty("process").Deserialize<ProcessIdentity>(AtomicFile.Json)!)];
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var engine in _engines)
        {
            if (!engine.HasExited)
            {
                Signals.Send(engine.Id, Signals.Terminate);
                await Task.WhenAny(engine.WaitForExitAsync(), Task.Delay(Patience));
                engine.Kill(entireProcessTree: true);
            }

            engine.Dispose();
        }

        var database = Path.Combine(Data, "postgres");
        // An engine.json is there as long as some engine runs on this data, which then is not ours to remove.
        if (!File.Exists(Path.Combine(Data, "engine.json")) && Directory.Exists(database) && Directory.ResolveLinkTarget(database, returnFinalTarget: true) is { } elsewhere)
        {
            Directory.Delete(elsewhere.FullName, recursive: true);
        }

        Directory.Delete(Root, recursive: true);
    }

    JsonElement Told(string name) => JsonDocument.Parse(File.ReadAllText($"{JournalPath}.{name}.json")).RootElement;

    // Picked at random: stages run beside each other, and the first free port would be the same for both.
    static int FreePort()
    {
        while (true)
        {
            var port = Random.Shared.Next(10000, 20000);
            if (Ports.IsFree(port))
            {
                return port;
            }
        }
    }
}
