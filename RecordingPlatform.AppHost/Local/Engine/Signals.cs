using System.Runtime.InteropServices;

namespace RecordingPlatform.AppHost.Local;

/// <summary>POSIX signals, sent and received.</summary>
internal static class Signals
{
    public const int Interrupt = 2, Kill = 9, Terminate = 15;

    /// <summary>Runs until done; the first signal asks it to stop, the second to stop at once.</summary>
    public static async Task<int> RunAsync(Func<CancellationToken, CancellationToken, Task<int>> run)
    {
        using var stop = new CancellationTokenSource();
        using var kill = new CancellationTokenSource();
        List<PosixSignalRegistration> registrations = [];
        foreach (var signal in (PosixSignal[])[PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGQUIT])
        {
            registrations.Add(PosixSignalRegistration.Create(signal, context =>
            {
                context.Cancel = true;
                (stop.IsCancellationRequested ? kill : stop).Cancel();
            }));
        }

        try
        {
            return await run(stop.Token, kill.Token);
        }
        finally
        {
            registrations.ForEach(r => r.Dispose());
        }
    }

    /// <summary>Sends the signal; a process that is gone already is no error.</summary>
    public static void Send(int pid, int signal) => _ = NativeKill(pid, signal);

    /// <summary>Sends it to every process of the group that the process leads.</summary>
    public static void SendToGroup(int leader, int signal) => _ = NativeKill(-leader, signal);

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    static extern int NativeKill(int pid, int signal);
}
