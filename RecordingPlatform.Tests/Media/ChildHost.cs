using System.Runtime.CompilerServices;
using RecordingPlatform.Worker.Media;

namespace RecordingPlatform.Tests.Media;

/// <summary>
/// Lets this assembly be started as a worker that runs one child process, so that a test can kill the worker. Told by
/// arguments, before the test runner sees them: <c>--child-host full|network|none marker</c>.
/// </summary>
static class ChildHost
{
    public const string Option = "--child-host";

    [ModuleInitializer]
    internal static void RunWhenAsked()
    {
        if (Environment.GetCommandLineArgs() is not [_, Option, var isolation, var seconds])
            return;
        // On this thread: any other would wait for the module's initializer before it ran code of this assembly.
        new ChildRunner(ByName(isolation), TimeProvider.System).RunAsync(Sleep(seconds), default).GetAwaiter().GetResult();
        Environment.Exit(0);
    }

    public static ChildIsolation ByName(string name) => name switch
    {
        "full" => ChildIsolation.Full,
        "network" => ChildIsolation.NetworkOnly,
        "none" => ChildIsolation.None,
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "full, network or none."),
    };

    public static ChildCommand Sleep(string seconds) => Shell($"sleep {seconds} & sleep {seconds}");

    public static ChildCommand Shell(string script) => new()
    {
        Executable = "/bin/bash",
        Arguments = ["-c", script],
        WorkingDirectory = "/",
        Limits = new ChildLimits
        {
            CpuTime = TimeSpan.FromSeconds(60),
            WallClock = TimeSpan.FromSeconds(120),
            AddressSpaceBytes = 512L << 20,
            FileSizeBytes = 1L << 20,
        },
    };
}
