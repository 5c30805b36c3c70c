using System.Runtime.Versioning;
using RecordingPlatform.Tests.Storage;

#pragma warning disable MA0047, CA1050 // The runtime looks for this name outside of every namespace.
/// <summary>
/// Where the runtime starts this program when DOTNET_STARTUP_HOOKS names it: instead of the test runner, because a process that
/// is to be killed, or that sees another file system, should start nothing else.
/// </summary>
[SupportedOSPlatform("linux")]
static class StartupHook
{
    public static void Initialize()
    {
        DiskStoreProcess.RunAsync().GetAwaiter().GetResult();
        Environment.Exit(0);
    }
}
