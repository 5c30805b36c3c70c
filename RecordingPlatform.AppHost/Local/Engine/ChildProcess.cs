using System.ComponentModel;
using System.Diagnostics;

namespace RecordingPlatform.AppHost.Local;

/// <summary>What to start, with everything resolved.</summary>
internal sealed record Launch(string FileName, IReadOnlyList<string> Arguments)
{
    public required string WorkingDirectory { get; init; }

    /// <summary>Variables beside those of the engine itself.</summary>
    public IReadOnlyDictionary<string, string?> Environment { get; init; } = new Dictionary<string, string?>();

    /// <summary>Whose process it is; null for the caller's own.</summary>
    public string? User { get; init; }

    public string? Input { get; init; }
}

/// <summary>
/// A process in a session of its own, so that Ctrl-C reaches the engine alone and the engine decides the order of the end.
/// </summary>
internal sealed class ChildProcess
{
    /// <summary>Lines still in the pipe when a process has ended are its last words; a grandchild that keeps the pipe open is not waited for.</summary>
    static readonly TimeSpan LastWords = TimeSpan.FromSeconds(1);

    readonly Process _process;

    ChildProcess(Process process, Action<string> line)
    {
        _process = process;
        Pid = process.Id;
        Identity = ProcessIdentity.Of(process.Id);
        var pumps = Task.WhenAll(PumpAsync(process.StandardOutput, line), PumpAsync(process.StandardError, line));
        Exited = WaitAsync(pumps);
    }

    public int Pid { get; }

    /// <summary>Null when it ended before anybody could look.</summary>
    public ProcessIdentity? Identity { get; }

    /// <summary>The exit code, 128 + n after signal n.</summary>
    public Task<int> Exited { get; }

    public static ChildProcess Start(Launch launch, Action<string> line)
    {
        var start = new ProcessStartInfo("setsid")
        {
            UseShellExecute = false,
            WorkingDirectory = launch.WorkingDirectory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(launch.FileName);
        foreach (var argument in launch.Arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in launch.Environment)
        {
            start.Environment[name] = value;
        }

        if (launch.User is not null)
        {
            start.UserName = launch.User;
        }

        try
        {
            var process = Process.Start(start) ?? throw new InvalidOperationException($"{launch.FileName} did not start.");
            Feed(process.StandardInput, launch.Input);
            return new(process, line);
        }
        catch (Win32Exception refused)
        {
            throw new StartFailedException($"{launch.FileName} cannot be started: {refused.Message}", refused);
        }
    }

    /// <summary>Runs a short command to its end and returns what it wrote.</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(Launch launch, CancellationToken ct)
    {
        List<string> lines = [];
        var child = Start(launch, line =>
        {
            lock (lines)
            {
                lines.Add(line);
            }
        });
        await using var killed = ct.Register(child.Kill);
        var exitCode = await child.Exited;
        ct.ThrowIfCancellationRequested();
        lock (lines)
        {
            return (exitCode, string.Join('\n', lines));
        }
    }

    /// <summary>Asks the process itself; what it started is its own to end.</summary>
    public void Signal(int signal)
    {
        if (!Exited.IsCompleted)
        {
            Signals.Send(Pid, signal);
        }
    }

    /// <summary>Ends it and everything it started, without asking.</summary>
    public void Kill()
    {
        Signals.SendToGroup(Pid, Signals.Kill);
        Signal(Signals.Kill); // it leads no group yet in the moment between its start and its first step
    }

    // Closed at once: a program that asks a question gets no answer from the terminal behind the engine.
    static void Feed(StreamWriter input, string? text)
    {
        try
        {
            using (input)
            {
                input.Write(text);
            }
        }
        catch (IOException)
        {
            // It ended without reading; its exit code says more than this.
        }
    }

    async Task<int> WaitAsync(Task pumps)
    {
        await _process.WaitForExitAsync();
        await Task.WhenAny(pumps, Task.Delay(LastWords, TimeProvider.System));
        var exitCode = _process.ExitCode;
        _process.Dispose();
        return exitCode;
    }

    static async Task PumpAsync(StreamReader from, Action<string> line)
    {
        try
        {
            while (await from.ReadLineAsync() is { } text)
            {
                line(text);
            }
        }
        catch (Exception closed) when (closed is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // The pipe ends with the process; there is nothing more to read.
        }
    }
}
