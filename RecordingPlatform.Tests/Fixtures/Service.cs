using System.Diagnostics;
using System.Text;

namespace RecordingPlatform.Tests.Fixtures;

/// <summary>One process of the platform, as it was published, with what it said.</summary>
public sealed class Service : IAsyncDisposable
{
    const string Published = "publish";

    readonly Process _process;
    readonly StringBuilder _said;

    Service(string name, Process process) => (Name, _process, _said) = (name, process, Run.Collect(process));

    public string Name { get; }

    public int Pid => _process.Id;

    public bool HasExited => _process.HasExited;

    public string Said
    {
        get
        {
            lock (_said)
                return _said.ToString();
        }
    }

    /// <summary>Starts <c>RecordingPlatform.{project}</c> from the folder it was published to.</summary>
    /// <param name="project">Api or Worker.</param>
    /// <param name="arguments">Of the program.</param>
    /// <param name="environment">Its settings.</param>
    /// <param name="within">A command that replaces itself with the program given after it, or nothing.</param>
    internal static Service Start(string project, string[] arguments, IReadOnlyDictionary<string, string> environment, params string[] within)
    {
        string[] command = [.. within, Environment.ProcessPath!.EndsWith("/dotnet", StringComparison.Ordinal) ? Environment.ProcessPath : "dotnet"];
        var start = new ProcessStartInfo(command[0])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = FolderOf(project),
        };
        foreach (var argument in (string[])[.. command[1..], $"RecordingPlatform.{project}.dll", .. arguments])
            start.ArgumentList.Add(argument);
        foreach (var (key, value) in environment)
            start.Environment[key] = value;
        return new Service($"{project} {string.Join(' ', arguments)}".Trim(), Process.Start(start)!);
    }

    // bin/{configuration}/net10.0 of this program and of the project lie side by side; both may be published from there.
    static string FolderOf(string project)
    {
        var output = new DirectoryInfo(AppContext.BaseDirectory);
        if (output.Name == Published)
            output = output.Parent!;
        var root = output.Parent!.Parent!.Parent!.Parent!.FullName;
        return Path.Combine(root, $"RecordingPlatform.{project}", "bin", output.Parent.Name, output.Name, Published);
    }

    public async Task<int> EndAsync()
    {
        await _process.WaitForExitAsync();
        return _process.ExitCode;
    }

    /// <summary>SIGKILL: nothing of its own clean-up runs.</summary>
    public async Task KillAsync()
    {
        Run.Signal(_process, "KILL");
        await _process.WaitForExitAsync();
    }

    public void Signal(string signal) => Run.Signal(_process, signal);

    public async Task StopAsync()
    {
        if (!_process.HasExited)
            Run.Signal(_process, "TERM");
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _process.Dispose();
    }
}
