using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using RecordingPlatform.Tests.Fixtures;
using RecordingPlatform.Worker.Media;
using RecordingPlatform.Worker.Sftp;

namespace RecordingPlatform.Tests.Sftp;

/// <summary>An sshd, the folder that keys are written to, and sessions with it.</summary>
public sealed class SftpRig : IAsyncLifetime
{
    readonly string _work = Directory.CreateTempSubdirectory("rp-sftp-work-").FullName;
    SshServer? _server;
    WorkDirectories? _directories;

    internal SshServer Server => _server!;

    internal WorkDirectories Directories => _directories!;

    /// <summary>Where the worker's private files are: nothing else is in it.</summary>
    public IEnumerable<string> PrivateFiles => Directory.EnumerateFiles(_work, "*", SearchOption.AllDirectories).Where(f => !f.EndsWith(".lock", StringComparison.Ordinal));

    internal SftpEndpoint Endpoint => EndpointOf(Server);

    internal static SftpOptions Options => new() { ConnectTimeout = TimeSpan.FromSeconds(20), StallTimeout = TimeSpan.FromSeconds(30) };

    internal static SftpEndpoint EndpointOf(SshServer server) =>
        new() { Host = "127.0.0.1", Port = server.Port, User = SshServer.User, PrivateKey = server.Key, HostKeys = [server.HostKey] };

    internal Task<SftpSession> OpenAsync(SftpEndpoint? endpoint = null, SftpOptions? options = null) =>
        SftpSession.OpenAsync(endpoint ?? Endpoint, options ?? Options, Directories, TimeProvider.System, NullLogger.Instance, TestContext.Current.CancellationToken);

    internal SftpSessions Sessions(SftpOptions? options = null) =>
        new(Microsoft.Extensions.Options.Options.Create(options ?? Options), Directories, TimeProvider.System, NullLogger<SftpSession>.Instance);

    /// <summary>A file in the spool, of bytes that do not repeat.</summary>
    internal string Write(string name, int length) => Write(name, RandomNumberGenerator.GetBytes(length));

    internal string Write(string name, byte[] content)
    {
        var path = Server.At(name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
        return path;
    }

    internal string NewFolder() => Directory.CreateDirectory(Server.At(Guid.CreateVersion7().ToString("N"))).FullName;

    /// <summary>Everything that the sink gets.</summary>
    internal static SftpSink Into(MemoryStream kept) => (bytes, ct) => kept.WriteAsync(bytes, ct);

    internal static async Task<byte[]> ReadAsync(SftpSession session, SftpFile file)
    {
        var kept = new MemoryStream();
        var read = await session.ReadAsync(file, Into(kept), TestContext.Current.CancellationToken);
        Assert.Equal(kept.Length, read.Delivered);
        return kept.ToArray();
    }

    public async ValueTask InitializeAsync()
    {
        _server = await SshServer.StartAsync();
        _directories = new WorkDirectories(Microsoft.Extensions.Options.Options.Create(new WorkdirOptions { Memory = _work, Folder = _work }), NullLogger<WorkDirectories>.Instance);
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        Directories.Dispose();
        Directory.Delete(_work, recursive: true);
    }
}
