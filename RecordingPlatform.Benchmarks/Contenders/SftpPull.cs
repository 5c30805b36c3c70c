using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Win32.SafeHandles;
using RecordingPlatform.Benchmarks.Measuring;
using RecordingPlatform.Worker.Jobs;
using RecordingPlatform.Worker.Media;
using RecordingPlatform.Worker.Sftp;
using RecordingPlatform.Worker.Spools;

namespace RecordingPlatform.Benchmarks.Contenders;

/// <summary>
/// Fetches files into a folder as the worker does: through its spool, as many at a time as it has
/// slots for. Prints the seconds from the start of ssh to its end. Connection and sign-in count; the runtime's own start, which
/// a worker has behind it, does not.
/// </summary>
internal static class SftpPull
{
    /// <param name="arguments">Port, port for warming up, user, key file, host key, folder to write to, a file for warming up, files….</param>
    public static async Task RunAsync(string[] arguments)
    {
        if (arguments is not [var port, var warmPort, var user, var keyFile, var hostKey, var folder, var warmFile, .. var files])
            throw new ArgumentException("port, warm-up port, user, key, host key, folder, warm-up file, files", nameof(arguments));
        var endpoint = new SftpEndpoint { Host = "127.0.0.1", Port = Number(port), User = user, PrivateKey = await File.ReadAllTextAsync(keyFile), HostKeys = [hostKey] };
        using var directories = new WorkDirectories(Options.Create(new WorkdirOptions()), NullLogger<WorkDirectories>.Instance);
        // Until the code is compiled in its last form, as a worker's is after its first minutes.
        var compilation = new Compilation(Environment.ProcessId);
        while (!compilation.Rests())
            await PullAsync(endpoint with { Port = Number(warmPort) }, directories, [.. Enumerable.Range(0, 200).Select(n => (warmFile, Path.Combine(folder, $"warm-{n % 16}")))]);

        var watch = Stopwatch.StartNew();
        await PullAsync(endpoint, directories, [.. files.Select(f => (f, Path.Combine(folder, Path.GetFileName(f))))]);
        Console.WriteLine(watch.Elapsed.TotalSeconds.ToString("0.0000", CultureInfo.InvariantCulture));
    }

    static async Task PullAsync(SftpEndpoint endpoint, WorkDirectories directories, (string From, string To)[] files)
    {
        await using var sessions = new SftpSessions(Options.Create(new SftpOptions()), directories, TimeProvider.System, NullLogger<SftpSession>.Instance);
        var spool = new SftpSpool(sessions, endpoint, Path.GetDirectoryName(files[0].From)!);
        await Parallel.ForEachAsync(files, new ParallelOptions { MaxDegreeOfParallelism = new JobSettings().FetchingSlots }, async (file, ct) =>
        {
            using var target = new Target(file.To);
            var fetch = new SpoolFetch(spool, Path.GetFileName(file.From), Seen(file.From), TimeProvider.System);
            if (!await fetch.ReadAllAsync(target.WriteAsync, ct))
                throw new InvalidOperationException($"{file.From} is no longer what was seen.");
        });
    }

    // What a worker knows from its last look into the folder; the server's files lie on this machine.
    static SpoolStat Seen(string path)
    {
        var file = new FileInfo(path);
        return new SpoolStat(file.Length, DateTimeOffset.FromUnixTimeSeconds(new DateTimeOffset(file.LastWriteTimeUtc).ToUnixTimeSeconds()));
    }

    static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    sealed class Target(string path) : IDisposable
    {
        readonly SafeFileHandle _file = File.OpenHandle(path, FileMode.Create, FileAccess.Write);
        long _written;

        public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct)
        {
            RandomAccess.Write(_file, bytes.Span, _written);
            _written += bytes.Length;
            return default;
        }

        public void Dispose() => _file.Dispose();
    }
}
