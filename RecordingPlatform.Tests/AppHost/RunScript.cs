using System.Diagnostics;
using System.Runtime.Versioning;

namespace RecordingPlatform.Tests.AppHost;

/// <summary>
/// ./run in a folder of its own, over commands that only write down how they were called. PATH holds nothing else, so that a
/// program is missing when it is not put there.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class RunScript : IDisposable
{
    const string AppHost = "RecordingPlatform.AppHost/bin/Release/net10.0/RecordingPlatform.AppHost.dll";

    static readonly string Repository = Path.GetFullPath("../../../..", AppContext.BaseDirectory);

    static readonly string[] Tools =
        ["basename", "bash", "cat", "dirname", "env", "find", "flock", "grep", "id", "mkdir", "mktemp", "readlink", "rm", "setsid", "sha256sum", "sleep", "sort", "stat", "touch", "xargs"];

    public RunScript()
    {
        foreach (var file in (string[])["run", "scripts/prerequisites.sh", "scripts/build.sh", "RecordingPlatform.AppHost/usage.txt"])
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(Root, file))!);
            File.Copy(Path.Combine(Repository, file), Path.Combine(Root, file));
        }

        Write("RecordingPlatform.Api/Program.cs", "one");
        Write("global.json", "{}");
        Directory.CreateDirectory(Commands);
        foreach (var tool in Tools)
        {
            File.CreateSymbolicLink(Path.Combine(Commands, tool), RecordingPlatform.AppHost.Local.Installed.Find(tool)!);
        }

        foreach (var program in (string[])["ffmpeg", "ffprobe", "ssh", "node", "npm", "postgres", "redis-server"])
        {
            Command(program, "");
        }

        foreach (var file in (string[])["package.json", "package-lock.json", ".npmrc"])
        {
            Write($"RecordingPlatform.AppHost/azurite/{file}", "{}");
        }

        Command("npm", "[[ $1 != ci ]] || mkdir -p node_modules");
        Command("dotnet", $"""
            case $1 in
                --version) echo 10.0.100 ;;
                build) mkdir -p "$PWD/{Path.GetDirectoryName(AppHost)}"; echo "built $(cat RecordingPlatform.Api/Program.cs)" >> "$CALLS"; echo "$PWD" > "{AppHost}" ;;
                *) echo "process $$" >> "$CALLS" ;;
            esac
            """);
    }

    public string Root { get; } = Directory.CreateTempSubdirectory("rp-run-").FullName;

    public string[] Calls => File.Exists(CallsPath) ? File.ReadAllLines(CallsPath) : [];

    public string BuiltFile => Path.Combine(Root, AppHost);

    string Commands => Path.Combine(Root, "commands");

    string CallsPath => Path.Combine(Root, "calls");

    /// <summary>A command that writes down its call and then does <paramref name="then"/>.</summary>
    public void Command(string name, string then)
    {
        var path = Path.Combine(Commands, name);
        File.WriteAllText(path, $"#!{RecordingPlatform.AppHost.Local.Installed.Find("bash")}\necho \"{name} $*\" >> \"$CALLS\"\n{then}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    public void Remove(params string[] commands) => Array.ForEach(commands, c => File.Delete(Path.Combine(Commands, c)));

    public void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(Root, path))!);
        File.WriteAllText(Path.Combine(Root, path), text);
    }

    public Process Start(params string[] options) => StartCommand("/", [Path.Combine(Root, "run"), .. options]);

    public async Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] options) => await FinishAsync(Start(options));

    /// <summary>Functions of scripts/prerequisites.sh.</summary>
    public async Task<(int ExitCode, string Output, string Error)> PrerequisiteAsync(string script) =>
        await FinishAsync(StartCommand(Root, ["-c", $"set -euo pipefail; root=.; . scripts/prerequisites.sh; {script}"]));

    public static async Task<(int ExitCode, string Output, string Error)> FinishAsync(Process process)
    {
        using (process)
        {
            var output = process.StandardOutput.ReadToEndAsync();
            var error = process.StandardError.ReadToEndAsync();
            using var late = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            await process.WaitForExitAsync(late.Token);
            return (process.ExitCode, await output, await error);
        }
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);

    Process StartCommand(string folder, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(Commands, "bash"))
        {
            UseShellExecute = false,
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["PATH"] = Commands;
        start.Environment["CALLS"] = CallsPath;
        return Process.Start(start)!;
    }
}
