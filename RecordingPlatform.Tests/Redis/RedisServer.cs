using System.Diagnostics;
using System.Globalization;
using System.Text;
using RecordingPlatform.Core.Redis;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Redis;

/// <summary>A real redis-server on a port of its own, without anything on disk; can be killed, stopped and started again.</summary>
internal sealed class RedisServer : IAsyncDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    readonly string[] _options;
    Process _process;
    StringBuilder _said;

    RedisServer(int port, string[] options)
    {
        (Port, _options) = (port, options);
        (_process, _said) = Launch();
    }

    public const string Password = "opensesame";

    public int Port { get; }

    public string Said
    {
        get
        {
            lock (_said)
                return _said.ToString();
        }
    }

    public RedisSettings Settings => new() { Host = "127.0.0.1", Port = Port, Password = Password, CallTimeout = TimeSpan.FromSeconds(5) };

    /// <summary>Started and listening, for sign-ins with <see cref="Password"/>.</summary>
    public static async Task<RedisServer> StartAsync(params string[] options)
    {
        var server = new RedisServer(Ports.Free(), options);
        await server.ListensAsync();
        return server;
    }

    public async Task KillAsync()
    {
        Run.Signal(_process, "CONT"); // a stopped one dies as well, but then its end is seen late
        Run.Signal(_process, "KILL");
        await _process.WaitForExitAsync();
    }

    public async Task StartAgainAsync()
    {
        _process.Dispose();
        (_process, _said) = Launch();
        await ListensAsync();
    }

    /// <summary>SIGSTOP: it keeps its connections and accepts new ones, and answers nothing.</summary>
    public void Stall() => Run.Signal(_process, "STOP");

    public void GoOn() => Run.Signal(_process, "CONT");

    /// <summary>What redis-cli, which is not ours, gets for a command.</summary>
    public async Task<string> AskAsync(params string[] command) =>
        (await Run.ToEndAsync(["redis-cli", "-p", Port.ToString(CultureInfo.InvariantCulture), "--no-auth-warning", "-a", Password, .. command])).TrimEnd();

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            await KillAsync();
        _process.Dispose();
    }

    Task ListensAsync() => Until.TrueAsync(() => Task.FromResult(Said.Contains("Ready to accept connections", StringComparison.Ordinal)), Patience, $"redis-server listens: {Said}");

    (Process, StringBuilder) Launch()
    {
        var process = Run.Start(
        [
            "redis-server", "--port", Port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1",
            "--save", "", "--appendonly", "no", "--requirepass", Password, .. _options,
        ]);
        return (process, Run.Collect(process));
    }
}
