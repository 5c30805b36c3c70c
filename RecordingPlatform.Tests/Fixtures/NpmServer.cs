using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Text;

namespace RecordingPlatform.Tests.Fixtures;

/// <summary>A server from npm, the test run's own, started on a free port by the first test that needs it.</summary>
[SupportedOSPlatform("linux")]
public abstract class NpmServer : IAsyncDisposable
{
    readonly string _folder;
    readonly string _program;
    readonly Lazy<Task> _started;
    Process? _server;
    StringBuilder _said = new();

    /// <param name="folder">Of the package's lock file in the repository.</param>
    /// <param name="program">Below its <c>node_modules</c>.</param>
    protected NpmServer(string folder, string program) => (_folder, _program, _started) = (folder, program, new(StartAsync));

    protected int Port { get; } = Ports.Free();

    protected abstract string[] Arguments { get; }

    protected virtual IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string>();

    /// <summary>Once it takes connections.</summary>
    protected Task StartedAsync() => _started.Value;

    async Task StartAsync()
    {
        var program = await NpmPackage.InstalledAsync(_folder, _program);
        var start = new ProcessStartInfo("node") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (var argument in (string[])[program, .. Arguments])
            start.ArgumentList.Add(argument);
        foreach (var (key, value) in Environment)
            start.Environment[key] = value;
        _server = Process.Start(start)!;
        _said = Run.Collect(_server);
        await Until.TrueAsync(AnswersAsync, TimeSpan.FromSeconds(60), $"{GetType().Name} answers");
    }

    async Task<bool> AnswersAsync()
    {
        if (_server!.HasExited)
            throw new InvalidOperationException($"{GetType().Name} ended with {_server.ExitCode} while starting: {_said}");
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync("127.0.0.1", Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_server is null)
            return;
        if (!_server.HasExited)
            Run.Signal(_server, "TERM");
        await _server.WaitForExitAsync();
        _server.Dispose();
    }
}
