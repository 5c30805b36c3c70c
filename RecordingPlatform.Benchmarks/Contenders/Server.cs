using System.Diagnostics;
using System.Net.Sockets;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Benchmarks.Contenders;

/// <summary>A server process of the run's own, ended with it.</summary>
internal sealed class Server : IAsyncDisposable
{
    readonly Process _process;

    Server(Process process, int port, string folder) => (_process, Port, Folder) = (process, port, folder);

    public int Port { get; }

    public int Pid => _process.Id;

    /// <summary>What it serves.</summary>
    public string Folder { get; }

    public Uri Url => new($"http://127.0.0.1:{Port}/");

    /// <summary>The plain server of <see cref="PlainServer"/> on the server's cores.</summary>
    public static Task<Server> StartPlainAsync(string folder)
    {
        var port = Ports.Free();
        return StartAsync(port, folder, Measuring.Machine.OnServerCores(Self.As("plain-server", folder, $"{port}")));
    }

    /// <summary>The server of <see cref="InsertServer"/> on the server's cores.</summary>
    public static Task<Server> StartInsertingAsync(string login, Guid source, Guid master)
    {
        var port = Ports.Free();
        return StartAsync(port, "", Measuring.Machine.OnServerCores(Self.As("insert-server", login, $"{source}", $"{master}", $"{port}")));
    }

    /// <summary>nginx with its WebDAV module, one worker on the server's cores.</summary>
    public static async Task<Server> StartNginxAsync(string folder)
    {
        var port = Ports.Free();
        var home = Directory.CreateDirectory(Path.Combine(folder, ".nginx")).FullName;
        var configuration = Path.Combine(home, "nginx.conf");
        // tcp_nopush would hold the end of a small range back for 44 ms.
        await File.WriteAllTextAsync(configuration, $$"""
            daemon off;
            worker_processes 1;
            pid {{home}}/pid;
            error_log {{home}}/error.log;
            {{(Environment.UserName == "root" ? "user root;" : "")}}
            events { worker_connections 256; }
            http {
                access_log off;
                sendfile on;
                tcp_nopush off;
                keepalive_requests 10000000;
                client_max_body_size 0;
                client_body_temp_path {{home}}/body;
                server {
                    listen 127.0.0.1:{{port}};
                    root {{folder}};
                    dav_methods PUT;
                }
            }
            """);
        var nginx = Programs.Find("nginx", ["/usr/sbin"]);
        return await StartAsync(port, folder, Measuring.Machine.OnServerCores(nginx, "-c", configuration));
    }

    static async Task<Server> StartAsync(int port, string folder, string[] command)
    {
        var process = Run.Start(command);
        Run.Collect(process);
        var server = new Server(process, port, folder);
        await Until.TrueAsync(server.AnswersAsync, TimeSpan.FromSeconds(30), $"{command[^1]} listens on {port}");
        return server;
    }

    async Task<bool> AnswersAsync()
    {
        if (_process.HasExited)
            throw new InvalidOperationException($"The server on port {Port} ended with {_process.ExitCode}.");
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync("127.0.0.1", Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Run.Signal(_process, "TERM");
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
