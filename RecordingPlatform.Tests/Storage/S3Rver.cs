using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Text;
using RecordingPlatform.Tests.Fixtures;

[assembly: AssemblyFixture(typeof(RecordingPlatform.Tests.Storage.S3Rver))]

namespace RecordingPlatform.Tests.Storage;

/// <summary>s3rver, an S3 server that somebody else wrote, the test run's own, started by the first test that needs it.</summary>
[SupportedOSPlatform("linux")]
public sealed class S3Rver : IAsyncDisposable
{
    public const string Bucket = "recordings";

    /// <summary>Both its access key and its secret key.</summary>
    public const string Key = "S3RVER";

    readonly int _port = Ports.Free();
    readonly string _folder = Path.Combine(Path.GetTempPath(), $"rp-s3rver-{Guid.CreateVersion7():N}");
    readonly Lazy<Task> _started;
    Process? _server;
    StringBuilder _said = new();

    public S3Rver() => _started = new(StartAsync);

    public async Task<Uri> AddressAsync()
    {
        await _started.Value;
        return new Uri($"http://127.0.0.1:{_port}");
    }

    async Task StartAsync()
    {
        var program = await NpmPackage.InstalledAsync("RecordingPlatform.Tests/Storage/s3rver", "s3rver/bin/s3rver.js");
        _server = Run.Start("node", program, "--directory", _folder, "--address", "127.0.0.1", "--port", $"{_port}", "--silent", "--no-vhost-buckets", "--configure-bucket", Bucket);
        _said = Run.Collect(_server);
        await Until.TrueAsync(AnswersAsync, TimeSpan.FromSeconds(60), "s3rver answers");
    }

    async Task<bool> AnswersAsync()
    {
        if (_server!.HasExited)
            throw new InvalidOperationException($"s3rver ended with {_server.ExitCode} while starting: {_said}");
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync("127.0.0.1", _port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is null)
            return;
        if (!_server.HasExited)
            Run.Signal(_server, "TERM");
        await _server.WaitForExitAsync();
        _server.Dispose();
        if (Directory.Exists(_folder))
            Directory.Delete(_folder, recursive: true);
    }
}
