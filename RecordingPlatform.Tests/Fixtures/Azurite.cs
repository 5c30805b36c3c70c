using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text;

namespace RecordingPlatform.Tests.Fixtures;

/// <summary>
/// Microsoft's emulator of Azure Blob Storage, the test run's own, started by the first test that needs it. It keeps everything in
/// memory: on disk it saves its records only every five seconds.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class Azurite : IAsyncDisposable
{
    public const string Account = "recordings";

    readonly int _port = Ports.Free();
    readonly string _key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(64));
    readonly Lazy<Task> _started;
    Process? _server;
    StringBuilder _said = new();

    public Azurite() => _started = new(StartAsync);

    public async Task<Uri> AddressAsync()
    {
        await _started.Value;
        return new Uri($"http://127.0.0.1:{_port}/{Account}");
    }

    /// <summary>As Aspire writes it.</summary>
    /// <param name="through">Another address that leads there; null for its own.</param>
    /// <param name="key">Another key than its own.</param>
    public async Task<string> ConnectionStringAsync(Uri? through = null, string? key = null)
    {
        var address = await AddressAsync();
        return $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={key ?? _key};BlobEndpoint={(through is null ? address : new Uri(through, address.AbsolutePath))};";
    }

    async Task StartAsync()
    {
        var program = await NpmPackage.InstalledAsync("RecordingPlatform.AppHost/azurite", "azurite/dist/src/blob/main.js");
        var start = new ProcessStartInfo("node") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (var argument in (string[])[program, "--blobHost", "127.0.0.1", "--blobPort", $"{_port}", "--inMemoryPersistence", "--silent", "--disableTelemetry"])
            start.ArgumentList.Add(argument);
        start.Environment["AZURITE_ACCOUNTS"] = $"{Account}:{_key}";
        _server = Process.Start(start)!;
        _said = Run.Collect(_server);
        await Until.TrueAsync(AnswersAsync, TimeSpan.FromSeconds(60), "Azurite answers");
    }

    async Task<bool> AnswersAsync()
    {
        if (_server!.HasExited)
            throw new InvalidOperationException($"Azurite ended with {_server.ExitCode} while starting: {_said}");
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
    }
}
