using System.Diagnostics;
using System.Text;

namespace RecordingPlatform.Tests.Fixtures;

/// <summary>Child processes of the tests, always by argument list.</summary>
internal static class Run
{
    /// <summary>Runs to the end and returns the standard output; throws with the standard error when it fails.</summary>
    public static async Task<string> ToEndAsync(params string[] command)
    {
        using var process = Start(command);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? await output
            : throw new InvalidOperationException($"{string.Join(' ', command)} ended with {process.ExitCode}: {await error}");
    }

    public static Process Start(params string[] command)
    {
        var start = new ProcessStartInfo(command[0]) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, UseShellExecute = false };
        foreach (var argument in command[1..])
            start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }

    /// <summary>Keeps what a long-running process says, so that a failing test can show it.</summary>
    public static StringBuilder Collect(Process process)
    {
        var said = new StringBuilder();
        void Keep(object _, DataReceivedEventArgs line)
        {
            if (line.Data is null)
                return;
            lock (said)
                said.AppendLine(line.Data);
        }
        process.OutputDataReceived += Keep;
        process.ErrorDataReceived += Keep;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return said;
    }

    public static void Signal(Process process, string signal) => Signal(process.Id, signal);

    public static void Signal(int pid, string signal)
    {
        using var kill = Start("kill", $"-{signal}", $"{pid}");
        kill.WaitForExit();
    }

    /// <summary>The processes that a process started itself and that still run.</summary>
    public static IReadOnlyList<int> ChildrenOf(int pid)
    {
        using var ps = Start("ps", "-o", "pid=", "--ppid", $"{pid}");
        var said = ps.StandardOutput.ReadToEnd();
        ps.WaitForExit();
        return [.. said.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(line => int.Parse(line, System.Globalization.CultureInfo.InvariantCulture))];
    }
}
