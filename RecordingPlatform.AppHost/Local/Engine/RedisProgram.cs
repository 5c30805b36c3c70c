using System.Net.Sockets;
using System.Text;

namespace RecordingPlatform.AppHost.Local;

/// <summary>
/// A Redis server in the foreground: on 127.0.0.1 only, with a password that no other user can read from the list of processes, and
/// nothing on disk. It counts as up when it takes its password and answers.
/// </summary>
internal sealed class RedisProgram(RedisResource server) : LocalProgram(server)
{
    const string Command = "redis-server";

    /// <summary>A server of this machine that has not answered by then is not up.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public override void Check(Workplace place) => Installed.Require(Command, Command);

    public override async Task<Launch> PrepareAsync(Workplace place, CancellationToken ct) => new(Command, ["-"]) // settings from standard input
    {
        WorkingDirectory = Directory.CreateDirectory(Path.Combine(place.Data, server.Name)).FullName,
        Input = $"""
            bind 127.0.0.1
            port {server.Port}
            requirepass {await server.Password.GetValueAsync(ct)}
            save ""
            appendonly no
            maxmemory 128mb
            maxmemory-policy allkeys-lru
            loglevel warning

            """,
    };

    public override async Task<string?> WhyNotUpAsync(Workplace place, CancellationToken ct)
    {
        const string Expected = "+OK\r\n+PONG\r\n";
        using var late = CancellationTokenSource.CreateLinkedTokenSource(ct);
        late.CancelAfter(Patience);
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync("127.0.0.1", server.Port, late.Token);
            var stream = client.GetStream();
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"AUTH {await server.Password.GetValueAsync(ct)}\r\nPING\r\n"), late.Token);
            var answer = new byte[Expected.Length];
            await stream.ReadExactlyAsync(answer, late.Token);
            return Encoding.ASCII.GetString(answer) == Expected ? null : "it does not take its password";
        }
        catch (Exception refused) when (refused is SocketException or IOException)
        {
            return $"port {server.Port} does not answer";
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return $"port {server.Port} does not answer within {Patience.TotalSeconds:0} s";
        }
    }

    public override string Describe(Workplace place) => $"127.0.0.1:{server.Port}";
}
