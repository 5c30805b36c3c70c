using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Win32.SafeHandles;
using RecordingPlatform.Benchmarks.Measuring;
using RecordingPlatform.Worker.Media;
using RecordingPlatform.Worker.Sftp;

namespace RecordingPlatform.Benchmarks.Contenders;

/// <summary>
/// Fetches files into a folder as the worker does, and prints the seconds from the start of ssh to its end. Connection and
/// sign-in count; the runtime's own start, which a worker has behind it, does not.
/// </summary>
internal static class SftpPull
{
    /// <param name="arguments">Port, port for warming up, user, key file, host key, folder to write to, files or a file for warming up, files….</param>
    public static async Task RunAsync(string[] arguments)
    {
        if (arguments is not [var port, var warmPort, var user, var keyFile, var hostKey, var folder, var warmFile, .. var files])
            throw new ArgumentException("port, warm-up port, user, key, host key, folder, warm-up file, files", nameof(arguments));
        var endpoint = new SftpEndpoint { Host = "127.0.0.1", Port = Number(port), User = user, PrivateKey = await File.ReadAllTextAsync(keyFile), HostKeys = [hostKey] };
        using var directories = new WorkDirectories(Options.Create(new WorkdirOptions()), NullLogger<WorkDirectories>.Instance);
        // Until the code is compiled in its last form, as a worker's is after its first minutes.
        var compilation = new Compilation(Environment.ProcessId);
        while (!compilation.Rests())
            await PullAsync(endpoint with { Port = Number(warmPort) }, directories, [.. Enumerable.Repeat(warmFile, 200)], folder);

        var watch = Stopwatch.StartNew();
        await PullAsync(endpoint, directories, files, folder);
        Console.WriteLine(watch.Elapsed.TotalSeconds.ToString("0.0000", CultureInfo.InvariantCulture));
    }

    static async Task PullAsync(SftpEndpoint endpoint, WorkDirectories directories, string[] files, string folder)
    {
        await using var session = await SftpSession.OpenAsync(endpoint, new SftpOptions(), directories, TimeProvider.System, NullLogger.Instance, default);
        await session.ReadManyAsync([.. files.Select(f => new SftpFile(f))], file => new Target(Path.Combine(folder, Path.GetFileName(file.Path))).WriteAsync, Ended, default);
    }

    static ValueTask Ended(SftpFile file, SftpOutcome outcome, CancellationToken ct) => outcome.Failure is { } failure ? throw failure : default;

    static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    sealed class Target(string path)
    {
        readonly SafeFileHandle _file = File.OpenHandle(path, FileMode.Create, FileAccess.Write);
        long _written;

        public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct)
        {
            RandomAccess.Write(_file, bytes.Span, _written);
            _written += bytes.Length;
            return default;
        }
    }
}
