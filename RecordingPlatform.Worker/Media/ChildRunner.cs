using System.Globalization;
using RecordingPlatform.Worker.Children;

namespace RecordingPlatform.Worker.Media;

/// <summary>
/// Runs one program in a session of its own, within limits and as walled in as the kernel allows. When
/// <see cref="RunAsync"/> returns or throws, nothing of the child is left; when the worker dies, the kernel kills it.
/// </summary>
sealed class ChildRunner(ChildIsolation isolation, TimeProvider clock)
{
    static readonly TimeSpan s_cpuGrace = TimeSpan.FromSeconds(2);

    /// <summary>Runs the program to its end.</summary>
    /// <exception cref="OperationCanceledException"><paramref name="ct"/>: the whole session was killed and has ended.</exception>
    /// <exception cref="ChildStartException">util-linux is missing or the program cannot be run.</exception>
    public async Task<ChildExit> RunAsync(ChildCommand command, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        using var session = await StartAsync(command);
        var process = session.Process;
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
            await session.KillAsync(clock);
        }

        var elapsed = clock.GetElapsedTime(started);
        await readers.WaitAsync(ChildSession.DeathTakes, clock, CancellationToken.None);
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

    async Task<ChildSession> StartAsync(ChildCommand command)
    {
        try
        {
            return await ChildSession.StartAsync(CommandLine(command), command.WorkingDirectory, ("AV_LOG_FORCE_NOCOLOR", "1"));
        }
        catch (ChildStartException e)
        {
            throw new ChildStartException($"Cannot start '{command.Executable}': {e.Message}", e);
        }
    }

    /// <summary>Each program replaces itself by the next; only the two that hold a process namespace stay.</summary>
    IEnumerable<string> CommandLine(ChildCommand command)
    {
        var limits = command.Limits;
        var seconds = Math.Max(1, (long)limits.CpuTime.TotalSeconds);
        return
        [
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

    /// <summary>125 to 127 are what these programs answer when they cannot run the next; a limit above the worker's own is refused.</summary>
    static bool IsAboutTheChain(int exitCode, string tail) =>
        exitCode is >= 125 and <= 127
        || (exitCode != 0 && s_chain.Any(program => tail.StartsWith(program + ": ", StringComparison.Ordinal)));

    static readonly string[] s_chain = [.. ChildSession.Chain, "unshare", "prlimit", "nice"];

    /// <summary>
    /// ffmpeg catches SIGXCPU and says so; others die of it (24), or of the SIGKILL (9) that follows. The kill is told from the
    /// OOM killer's by time: with one thread per codec, processor time hardly runs at twice the clock.
    /// </summary>
    static bool RanOutOfCpu(int exitCode, string tail, TimeSpan elapsed, ChildLimits limits) =>
        exitCode == 128 + 24
        || (exitCode != 0 && tail.Contains("received signal 24", StringComparison.Ordinal))
        || (exitCode == 128 + 9 && elapsed >= limits.CpuTime / 2);
}
