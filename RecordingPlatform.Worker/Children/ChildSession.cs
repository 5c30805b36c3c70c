using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace RecordingPlatform.Worker.Children;

/// <summary>
/// One program in a session of its own, with nothing of the worker's environment and no way to more rights. The kernel kills
/// it when the worker dies; <see cref="KillAsync"/> leaves nothing of the session.
/// </summary>
sealed partial class ChildSession : IDisposable
{
    /// <summary>
    /// Closes the gap between fork and the parent-death signal: a worker that died in it is no longer the shell's parent.
    /// </summary>
    const string OnlyWhileParentLives = """[ "$PPID" = "$0" ] || exit 125; exec "$@" """;

    /// <summary>How long a killed process may take to be gone; more means it is stuck in the kernel.</summary>
    public static readonly TimeSpan DeathTakes = TimeSpan.FromSeconds(10);

    /// <summary>The programs that replace themselves by the next, until the one that was asked for.</summary>
    public static readonly IReadOnlyList<string> Chain = ["setsid", "setpriv"];

    ChildSession(Process process) => Process = process;

    public Process Process { get; }

    /// <param name="command">The program and its arguments. Each program of it replaces itself by the next.</param>
    /// <param name="workingDirectory">Also its HOME and TMPDIR.</param>
    /// <param name="environment">Beside PATH, LC_ALL, HOME and TMPDIR.</param>
    /// <exception cref="ChildStartException">util-linux is missing, or the directory.</exception>
    public static async Task<ChildSession> StartAsync(IEnumerable<string> command, string workingDirectory, params IEnumerable<(string Name, string Value)> environment)
    {
        var start = new ProcessStartInfo("setsid")
        {
            WorkingDirectory = workingDirectory,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        string[] chain =
        [
            "setpriv", "--pdeathsig", "KILL", "--no-new-privs", "--",
            "sh", "-c", OnlyWhileParentLives, Environment.ProcessId.ToString(CultureInfo.InvariantCulture), .. command,
        ];
        foreach (var argument in chain)
            start.ArgumentList.Add(argument);
        // Nothing of the worker's environment: it holds connection strings.
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/bin:/bin:/usr/sbin:/sbin";
        start.Environment["LC_ALL"] = "C";
        start.Environment["HOME"] = workingDirectory;
        start.Environment["TMPDIR"] = workingDirectory;
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        try
        {
            return new ChildSession(await SpawningThread.StartAsync(start));
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or InvalidOperationException or IOException)
        {
            throw new ChildStartException($"Cannot start a child process in '{workingDirectory}': {e.Message}", e);
        }
    }

    /// <summary>
    /// The session's leader never forked before it became one, so its id is the group's. Also after a normal exit: a program
    /// that was taken over may have left something behind.
    /// </summary>
    public async Task KillAsync(TimeProvider clock)
    {
        Kill();
        await Process.WaitForExitAsync(CancellationToken.None).WaitAsync(DeathTakes, clock);
    }

    /// <summary>Without waiting for its end.</summary>
    public void Kill()
    {
        _ = Kill(-Process.Id, SigKill); // ESRCH: nobody is left
        Process.Kill(); // a child that is killed this early is not yet its session's leader
    }

    public void Dispose() => Process.Dispose();

    const int SigKill = 9;

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int pid, int signal);
}

/// <summary>A program the worker needs could not be started. Nothing is wrong with the file.</summary>
sealed class ChildStartException(string message, Exception? inner = null) : Exception(message, inner);
