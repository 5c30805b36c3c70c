using System.Diagnostics;
using RecordingPlatform.Benchmarks.Contenders;
using RecordingPlatform.Benchmarks.Measuring;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Benchmarks.Scenarios;

/// <summary>
/// 200 MB in one file, and 500 files of 200 kB, from a real sshd, connection and sign-in included: beside OpenSSH's sftp with
/// the same cipher, paramiko, and a connection for each file; on this machine, and 40 ms away. All with one key exchange: the
/// one that withstands quantum computers costs OpenSSH 9.2 some 75 ms for a connection, and paramiko does not have it.
/// </summary>
internal sealed class SftpFetch : IScenario
{
    const int LargeBytes = 200_000_000;
    const int SmallBytes = 200_000;
    const int SmallFiles = 500;

    static readonly TimeSpan OneWay = TimeSpan.FromMilliseconds(20);

    public static string Name => "sftp";

    public static async Task RunAsync(Report report)
    {
        await using var server = await SshServer.StartAsync(within: Machine.OnServerCores(), settings: ["MaxStartups 100", "KexAlgorithms curve25519-sha256,curve25519-sha256@libssh.org"]);
        await using var line = await DelayLine.StartAsync(server.Port, OneWay);
        var folder = Machine.NewFolder();
        try
        {
            var large = server.At("large");
            await MediaFile.WriteAsync(large, LargeBytes);
            var small = Enumerable.Range(0, SmallFiles).Select(i => server.At($"small-{i:000}")).ToArray();
            foreach (var path in small)
                await MediaFile.WriteAsync(path, SmallBytes);
            var pull = new Pull(server, folder, small[0]);

            var near = await new Contest("200 MB in one file", "MB/s") { WarmUps = 1 }
                .Add("platform", async () => Speed(await pull.OursAsync(server.Port, large)))
                .Add("sftp", async () => Speed(await pull.OpenSshAsync(server.Port, large)))
                .Add("paramiko", async () => Speed(await pull.ParamikoAsync(server.Port, large)))
                .RunAsync(report);
            report.AtLeast("platform / sftp", near.Ratio("platform", "sftp"), 1.0);
            report.AtLeast("platform / paramiko", near.Ratio("platform", "paramiko"), 2.0);

            var far = await new Contest("200 MB in one file, 40 ms away", "MB/s") { WarmUps = 1 }
                .Add("platform", async () => Speed(await pull.OursAsync(line.Port, large)))
                .Add("sftp", async () => Speed(await pull.OpenSshAsync(line.Port, large)))
                .Add("paramiko", async () => Speed(await pull.ParamikoAsync(line.Port, large)))
                .RunAsync(report);
            report.AtLeast("platform / sftp", far.Ratio("platform", "sftp"), 1.3);
            report.AtLeast("platform / paramiko", far.Ratio("platform", "paramiko"), 2.0);

            // Who waits for each file does so much less in the same time that a few files tell its speed.
            var many = await new Contest("files of 200 kB", "files/s") { WarmUps = 1 }
                .Add("platform", async () => small.Length / await pull.OursAsync(server.Port, small))
                .Add("sftp", async () => small.Length / await pull.OpenSshAsync(server.Port, small))
                .Add("paramiko", async () => 60 / await pull.ParamikoAsync(server.Port, small[..60]))
                .Add("sftp for each file", async () => 10 / await pull.OneByOneAsync(server.Port, small[..10]))
                .RunAsync(report);
            report.AtLeast("platform / sftp for each file", many.Ratio("platform", "sftp for each file"), 10);
            report.AtLeast("platform / paramiko", many.Ratio("platform", "paramiko"), 2.0);

            var manyFar = await new Contest("files of 200 kB, 40 ms away", "files/s") { WarmUps = 1 }
                .Add("platform", async () => small.Length / await pull.OursAsync(line.Port, small))
                .Add("sftp", async () => 10 / await pull.OpenSshAsync(line.Port, small[..10]))
                .Add("paramiko", async () => 10 / await pull.ParamikoAsync(line.Port, small[..10]))
                .Add("sftp for each file", async () => 2 / await pull.OneByOneAsync(line.Port, small[..2]))
                .RunAsync(report);
            report.AtLeast("platform / sftp for each file", manyFar.Ratio("platform", "sftp for each file"), 10);
            report.AtLeast("platform / paramiko", manyFar.Ratio("platform", "paramiko"), 2.0);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    static double Speed(double seconds) => LargeBytes / seconds / 1e6;

    /// <summary>One way to fetch files into the folder each; answers with seconds. What was fetched is compared, once for each way.</summary>
    sealed class Pull(SshServer server, string folder, string warmUp)
    {
        public async Task<double> OursAsync(int port, params string[] files)
        {
            Forget(files);
            var seconds = await Self.NumbersAsync(Machine.OnLoadCore(Self.As("sftp",
                [$"{port}", $"{server.Port}", SshServer.User, server.KeyFile, server.HostKey, folder, warmUp, .. files])));
            await CompareAsync(files);
            return seconds[0];
        }

        public async Task<double> OpenSshAsync(int port, params string[] files)
        {
            Forget(files);
            var batch = Path.Combine(folder, "batch");
            await File.WriteAllLinesAsync(batch, files.Select(f => $"get {f} {folder}/"));
            var watch = Stopwatch.StartNew();
            await Run.ToEndAsync(Machine.OnLoadCore(
            [
                "sftp", "-q", "-F", "none", "-b", batch, "-i", server.KeyFile, "-P", $"{port}", "-o", "IdentitiesOnly=yes",
                "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR",
                "-o", "Ciphers=aes128-gcm@openssh.com", $"{SshServer.User}@127.0.0.1",
            ]));
            var seconds = watch.Elapsed.TotalSeconds;
            await CompareAsync(files);
            return seconds;
        }

        public async Task<double> OneByOneAsync(int port, params string[] files)
        {
            var seconds = 0.0;
            foreach (var file in files)
                seconds += await OpenSshAsync(port, file);
            return seconds;
        }

        public async Task<double> ParamikoAsync(int port, params string[] files)
        {
            Forget(files);
            var script = Path.Combine(AppContext.BaseDirectory, "Contenders", "paramiko_pull.py");
            var seconds = await Self.NumbersAsync(Machine.OnLoadCore(["/usr/bin/python3", script, $"{port}", SshServer.User, server.KeyFile, folder, .. files]));
            await CompareAsync(files);
            return seconds[0];
        }

        // Everyone writes new files: into pages that are there already it is faster.
        void Forget(string[] files)
        {
            foreach (var file in files.Append(warmUp).Select(Fetched).Where(File.Exists))
                File.Delete(file);
        }

        async Task CompareAsync(string[] files) => await Run.ToEndAsync("cmp", files[^1], Fetched(files[^1]));

        string Fetched(string file) => Path.Combine(folder, Path.GetFileName(file));
    }
}
