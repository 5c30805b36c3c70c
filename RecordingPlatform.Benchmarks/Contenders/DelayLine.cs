using System.Diagnostics;
using System.Globalization;
using RecordingPlatform.Benchmarks.Measuring;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Benchmarks.Contenders;

/// <summary>A long cable to a server, in a process of its own on the server's cores: every byte arrives later, and as many as come are on their way.</summary>
internal sealed class DelayLine : IAsyncDisposable
{
    readonly Process _process;

    DelayLine(Process process, int port) => (_process, Port) = (process, port);

    public int Port { get; }

    /// <param name="target">The server's port.</param>
    /// <param name="oneWay">In each direction.</param>
    public static async Task<DelayLine> StartAsync(int target, TimeSpan oneWay)
    {
        var process = Run.Start(Machine.OnServerCores(Self.As("delay-line", $"{target}", $"{oneWay.TotalMilliseconds:0}")));
        var port = await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The delay line did not start.");
        return new DelayLine(process, int.Parse(port, CultureInfo.InvariantCulture));
    }

    public static async Task RunAsync(string[] arguments)
    {
        await using var cable = new Cable(int.Parse(arguments[0], CultureInfo.InvariantCulture), TimeSpan.FromMilliseconds(int.Parse(arguments[1], CultureInfo.InvariantCulture)));
        Console.WriteLine(cable.Port);
        await Console.In.ReadToEndAsync(); // until the one who started it lets go
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
