using System.Diagnostics;
using System.Text;

namespace RecordingPlatform.Tests.Fixtures;

/// <summary>
/// A real sshd on a port of its own, with its own host key and one authorized key, that gives SFTP and nothing else. As root it
/// signs in <c>nobody</c>, so that a file can be one that may not be read.
/// </summary>
internal sealed class SshServer : IAsyncDisposable
{
    readonly Process _process;
    readonly StringBuilder _said;

    SshServer(string home, int port, Process process) => (Home, Port, _process, _said) = (home, port, process, Run.Collect(process));

    /// <summary>Its keys and, in <see cref="Spool"/>, its files.</summary>
    public string Home { get; }

    public string Spool => Path.Combine(Home, "spool");

    public int Port { get; }

    /// <summary>Its own account in a run that is not root's: there is no other it could become.</summary>
    public static string User => Environment.UserName == "root" ? "nobody" : Environment.UserName;

    /// <summary>The authorized private key.</summary>
    public string Key => File.ReadAllText(Path.Combine(Home, "user"));

    public string KeyFile => Path.Combine(Home, "user");

    /// <summary>Type and base64, as in known_hosts.</summary>
    public string HostKey => string.Join(' ', File.ReadAllText(Path.Combine(Home, "host.pub")).Split(' ')[..2]);

    public int Pid => _process.Id;

    /// <summary>Its log, at VERBOSE.</summary>
    public string Said
    {
        get
        {
            lock (_said)
                return _said.ToString();
        }
    }

    public int SignIns => Said.Split("Accepted publickey for").Length - 1;

    /// <param name="within">A command that replaces itself with the program given after it, or nothing.</param>
    /// <param name="settings">Lines of sshd_config; the first of a kind counts.</param>
    /// <param name="hostKeyType">ed25519 or ecdsa.</param>
    /// <param name="subsystem">The line that gives SFTP, or another in its place.</param>
    public static async Task<SshServer> StartAsync(string[]? within = null, string[]? settings = null, string hostKeyType = "ed25519", string subsystem = "Subsystem sftp internal-sftp")
    {
        // sshd wants itself by its whole path: it starts itself again for each connection.
        var sshd = Programs.Find("sshd", ["/usr/sbin"]);
        var home = Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), $"rp-ssh-{Guid.CreateVersion7():N}")).FullName;
        Directory.CreateDirectory(Path.Combine(home, "spool"));
        await Run.ToEndAsync("ssh-keygen", "-q", "-t", hostKeyType, "-N", "", "-f", Path.Combine(home, "host"));
        await Run.ToEndAsync("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", Path.Combine(home, "user"));
        if (Environment.UserName == "root")
        {
            // What sshd's own service would have made.
            Directory.CreateDirectory("/run/sshd");
        }
        var port = Ports.Free();
        await File.WriteAllLinesAsync(Path.Combine(home, "sshd_config"),
        [
            .. settings ?? [],
            $"Port {port}", "ListenAddress 127.0.0.1", "PidFile none", "LogLevel VERBOSE",
            $"HostKey {home}/host", $"AuthorizedKeysFile {home}/user.pub", "StrictModes no",
            "UsePAM no", "PasswordAuthentication no", "KbdInteractiveAuthentication no", "AllowTcpForwarding no", "X11Forwarding no", "PermitTTY no",
            subsystem,
        ]);
        var server = new SshServer(home, port, Run.Start([.. within ?? [], sshd, "-D", "-e", "-f", Path.Combine(home, "sshd_config")]));
        await Until.TrueAsync(() => Task.FromResult(server.Said.Contains("Server listening on", StringComparison.Ordinal)
            || (server._process.HasExited ? throw new InvalidOperationException($"sshd ended: {server.Said}") : false)), TimeSpan.FromSeconds(30), "sshd listens");
        return server;
    }

    public string At(string name) => Path.Combine(Spool, name);

    /// <summary>The processes behind its connections.</summary>
    public IReadOnlyList<int> Connections => Run.ChildrenOf(_process.Id);

    public async ValueTask DisposeAsync()
    {
        var connections = Connections;
        Run.Signal(_process, "TERM");
        // Its connections outlive it, and hold what it is waited for by.
        foreach (var pid in connections)
            Run.Signal(pid, "TERM");
        await _process.WaitForExitAsync();
        _process.Dispose();
        // Not by Directory.Delete: it cannot name what is not UTF-8.
        await Run.ToEndAsync("rm", "-rf", "--", Home);
    }
}
