using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace RecordingPlatform.Worker.Media;

/// <summary>
/// Runs one program in a session of its own, within limits and as walled in as the kernel allows. When
/// <see cref="RunAsync"/> returns or throws, nothing of the child is left; when the worker dies, the kernel kills it.
/// </summary>
sealed partial class ChildRunner(ChildIsolation isolation, TimeProvider clock)
{
    /// <summary>
    /// Closes the gap between fork and the parent-death signal: a worker that died in it is no longer the shell's parent.
    /// </summary>
    const string OnlyWhileParentLives = """[ "$PPID" = "$0" ] || exit 125; exec "$@" """;

    /// <summary>How long a killed process may take to be gone; more means it is stuck in the kernel.</summary>
    static readonly TimeSpan s_deathTakes = TimeSpan.FromSeconds(10);

    static readonly TimeSpan s_cpuGrace = TimeSpan.FromSeconds(2);

    /// <summary>Runs the program to its end.</summary>
    /// <exception cref="OperationCanceledException"><paramref name="ct"/>: the whole session was killed and has ended.</exception>
    /// <exception cref="ChildStartException">util-linux is missing or the program cannot be run.</exception>
    public async Task<ChildExit> RunAsync(ChildCommand command, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        using var process = await StartAsync(command);
        process.StandardInput.Close();
        using var wall = new CancellationTokenSource(command.Limits.WallClock, clock);
        using var broken = new CancellationTokenSource();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct, wall.Token, broken.Token);
        var lines = new BoundedLines(command.OnErrorLine);
        // Readers have no token of their own: the pipes close when the last process behind them is gone, which is waited for.
        var readers = Task.WhenAll(
            StopWhenBrokenAsync(lines.ReadAsync(process.StandardError.BaseStream, CancellationToken.None), broken),
            StopWhenBrokenAsync(ReadOutputAsync(command, process.StandardOutput.BaseStream), broken));
        var started = clock.GetTimestamp();
        try
        {
            await process.WaitForExitAsync(stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Told apart below, after the session is dead.
        }
        finally
        {
            await KillSessionAsync(process);
        }

        var elapsed = clock.GetElapsedTime(started);
        await readers.WaitAsync(s_deathTakes, clock, CancellationToken.None);
        ct.ThrowIfCancellationRequested();
        if (IsAboutTheChain(process.ExitCode, lines.Tail))
            throw new ChildStartException($"'{command.Executable}' was not reached (exit {process.ExitCode}): {lines.Tail}");
        return new ChildExit
        {
            End = wall.IsCancellationRequested ? ChildEnd.TimedOut
                : RanOutOfCpu(process.ExitCode, lines.Tail, elapsed, command.Limits) ? ChildEnd.OutOfCpuTime
                : ChildEnd.Exited,
            ExitCode = process.ExitCode,
            ErrorTail = lines.Tail,
        };
    }

    async Task<Process> StartAsync(ChildCommand command)
    {
        var start = new ProcessStartInfo("setsid")
        {
            WorkingDirectory = command.WorkingDirectory,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in CommandLine(command))
            start.ArgumentList.Add(argument);
        // Nothing of the worker's environment: it holds connection strings.
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/bin:/bin:/usr/sbin:/sbin";
        start.Environment["LC_ALL"] = "C";
        start.Environment["HOME"] = command.WorkingDirectory;
        start.Environment["TMPDIR"] = command.WorkingDirectory;
        start.Environment["AV_LOG_FORCE_NOCOLOR"] = "1";
        try
        {
            return await SpawningThread.StartAsync(start);
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or InvalidOperationException or IOException)
        {
            throw new ChildStartException($"Cannot start '{command.Executable}' in '{command.WorkingDirectory}': {e.Message}", e);
        }
    }

    /// <summary>Each program replaces itself by the next; only the two that hold a process namespace stay.</summary>
    IEnumerable<string> CommandLine(ChildCommand command)
    {
        var limits = command.Limits;
        var seconds = Math.Max(1, (long)limits.CpuTime.TotalSeconds);
        return
        [
            "setpriv", "--pdeathsig", "KILL", "--no-new-privs", "--",
            "sh", "-c", OnlyWhileParentLives, Text(Environment.ProcessId),
            .. isolation.Unshare,
            "prlimit", $"--cpu={Text(seconds)}:{Text(seconds + (long)s_cpuGrace.TotalSeconds)}",
            $"--as={Text(limits.AddressSpaceBytes)}", $"--fsize={Text(limits.FileSizeBytes)}", $"--nofile={Text(limits.OpenFiles)}", "--core=0",
            .. isolation.Unshare.Count > 0 ? [$"--nproc={Text(limits.Processes)}"] : Array.Empty<string>(), "--",
            "nice", "-n", Text(limits.Niceness), command.Executable, .. command.Arguments,
        ];
    }

    static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    static async Task ReadOutputAsync(ChildCommand command, Stream output)
    {
        if (command.ReadOutputAsync is { } read)
            await read(output);
        await output.CopyToAsync(Stream.Null, CancellationToken.None);
    }

    /// <summary>A reader that fails would leave the child blocked on a full pipe: it is killed instead, then the failure is thrown.</summary>
    static async Task StopWhenBrokenAsync(Task reader, CancellationTokenSource broken)
    {
        try
        {
            await reader;
        }
        finally
        {
            if (!reader.IsCompletedSuccessfully)
                await broken.CancelAsync();
        }
    }

    /// <summary>
    /// The session's leader never forked before it became one, so its id is the group's. Also after a normal exit: a program
    /// that was taken over may have left something behind.
    /// </summary>
    async Task KillSessionAsync(Process process)
    {
        _ = Kill(-process.Id, SigKill); // ESRCH: nobody is left
        process.Kill(); // a child that is killed this early is not yet its session's leader
        await process.WaitForExitAsync(CancellationToken.None).WaitAsync(s_deathTakes, clock);
    }

    /// <summary>125 to 127 are what these programs answer when they cannot run the next; a limit above the worker's own is refused.</summary>
    static bool IsAboutTheChain(int exitCode, string tail) =>
        exitCode is >= 125 and <= 127
        || (exitCode != 0 && s_chain.Any(program => tail.StartsWith(program + ": ", StringComparison.Ordinal)));

    static readonly string[] s_chain = ["setsid", "setpriv", "unshare", "prlimit", "nice"];

    /// <summary>
    /// ffmpeg catches SIGXCPU and says so; others die of it (24), or of the SIGKILL (9) that follows. The kill is told from the
    /// OOM killer's by time: with one thread per codec, processor time hardly runs at twice the clock.
    /// </summary>
    static bool RanOutOfCpu(int exitCode, string tail, TimeSpan elapsed, ChildLimits limits) =>
        exitCode == 128 + 24
        || (exitCode != 0 && tail.Contains("received signal 24", StringComparison.Ordinal))
        || (exitCode == 128 + 9 && elapsed >= limits.CpuTime / 2);

    const int SigKill = 9;

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int pid, int signal);
}

/// <summary>A program the worker needs could not be started. Nothing is wrong with the file.</summary>
sealed class ChildStartException(string message, Exception? inner = null) : Exception(message, inner);
