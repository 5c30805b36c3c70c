using System.Diagnostics;
using System.Runtime.Versioning;
using Microsoft.Extensions.Logging;
using RecordingPlatform.Core.Storage;

namespace RecordingPlatform.Tests.Storage;

/// <summary>
/// What a disk store promises about writers that are other processes: they die, and their disk is full. The other process is this
/// test program, running one of the tests below that are only run by name.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class DiskObjectStoreProcessTests : IDisposable
{
    const string PathVariable = "RECORDINGS_TEST_STORE";
    const int HalfBytes = 5_000_000;
    const int MiB = 1024 * 1024;

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    readonly DiskContainer container = new();

    public void Dispose() => container.Dispose();

    [Fact]
    public async Task A_writer_killed_in_the_middle_leaves_nothing_visible_and_is_swept_once_dead_and_old()
    {
        var logs = new WrittenLogs();
        using var writer = Start(ProgramRunning(nameof(Child_that_writes_half_an_object_and_waits)));
        try
        {
            await UntilAsync(() => container.UploadsUnderWay().Sum(file => new FileInfo(file).Length) == HalfBytes, writer);
            Assert.Empty(await ListAsync(container.Open()));

            container.Clock.Advance(container.Options.SweepAfter * 24);
            await WriteAsync(container.Open(logs));
            Assert.Single(container.UploadsUnderWay()); // old, but its writer lives
        }
        finally
        {
            writer.Kill();
            await writer.WaitForExitAsync(Ct);
        }

        container.Clock.Advance(-container.Options.SweepAfter * 24);
        await WriteAsync(container.Open(logs));
        Assert.Single(container.UploadsUnderWay()); // dead, but not old
        Assert.Empty(logs.Lines);

        container.Clock.Advance(container.Options.SweepAfter + TimeSpan.FromMinutes(1));
        var last = container.Open(logs);
        await WriteAsync(last);

        Assert.Empty(container.UploadsUnderWay());
        Assert.Equal([$"Removed what a dead writer had left: 1 uploads, {HalfBytes} bytes"], logs.Lines);
        Assert.Empty(await ListAsync(last));
        await using var upload = await last.CreateAsync("half", Ct);
        Assert.Equal(PutOutcome.Created, await upload.CommitAsync(Ct));
    }

    [Fact]
    public async Task A_replica_sweeps_again_while_it_runs()
    {
        var store = container.Open();
        await WriteAsync(store);
        var dead = Directory.CreateDirectory(Path.Combine(container.Incoming, "0123"));
        await File.WriteAllTextAsync(Path.Combine(dead.FullName, "upload"), "half", Ct);

        container.Clock.Advance(container.Options.SweepAfter + TimeSpan.FromMinutes(1));
        Assert.Equal(StoreProbe.Healthy, await store.ProbeAsync(Ct));

        Assert.False(dead.Exists && Directory.Exists(dead.FullName));
    }

    [Fact]
    public async Task A_full_disk_is_its_own_error_and_keeps_nothing_of_what_did_not_fit()
    {
        const string Mounts = """mkdir -p "$0" && mount -t tmpfs -o size=64m,mode=700 tmpfs "$0" && exec "$@" """;
        string[] isolation = ["unshare", "-rm", "sh", "-c"];
        var (possible, why) = await RunAsync([.. isolation, Mounts, container.Options.Path, "true"]);
        Assert.SkipUnless(possible == 0, $"a file system of 64 MiB cannot be mounted here: {why}");

        var (exit, output) = await RunAsync(
            [.. isolation, Mounts, container.Options.Path, .. ProgramRunning(nameof(Child_that_fills_a_file_system_of_64_MiB))]);

        Assert.True(exit == 0, output);
    }

    [Fact(Explicit = true)]
    public async Task Child_that_writes_half_an_object_and_waits()
    {
        using var shared = SharedContainer();
        await using var upload = await shared.Open().CreateAsync("half", Ct);
        await upload.Content.WriteAsync(new byte[HalfBytes], Ct);
        await upload.Content.FlushAsync(Ct);
        await Task.Delay(Timeout.Infinite, Ct);
    }

    [Fact(Explicit = true)]
    public async Task Child_that_fills_a_file_system_of_64_MiB()
    {
        using var shared = SharedContainer();
        var store = shared.Open();
        await PutAsync(store, "before", 10 * MiB);

        await using (var upload = await store.CreateAsync("too-large", Ct))
        {
            var full = await Assert.ThrowsAsync<ObjectStoreFullException>(async () =>
            {
                for (var i = 0; i < 64; i++)
                    await upload.Content.WriteAsync(new byte[MiB], Ct);
            });
            Assert.Contains("'recordings'", full.Message, StringComparison.Ordinal);
            Assert.Empty(shared.UploadsUnderWay());
            await Assert.ThrowsAsync<InvalidOperationException>(() => upload.CommitAsync(Ct));
        }

        await PutAsync(store, "after", 50 * MiB); // its space is back

        // Now full to the last page: a small object is gathered in memory and meets the disk at its commit.
        await using (var filler = new FileStream(Path.Combine(shared.Options.Path, "filler"), FileMode.CreateNew))
        {
            await Assert.ThrowsAsync<IOException>(async () =>
            {
                while (true)
                {
                    await filler.WriteAsync(new byte[4096], Ct);
                    await filler.FlushAsync(Ct);
                }
            });
        }

        await using (var upload = await store.CreateAsync("small", Ct))
        {
            await upload.Content.WriteAsync(new byte[5_000], Ct);
            await Assert.ThrowsAsync<ObjectStoreFullException>(() => upload.CommitAsync(Ct));
        }

        await Assert.ThrowsAsync<ObjectStoreFullException>(() => store.SetTierAsync("before", StorageTier.Archive, Ct));
        Assert.Equal(new TierState(StorageTier.Hot), await store.GetTierAsync("before", Ct));
        Assert.Equal(new StoreProbe(Writable: false, "out of space"), await store.ProbeAsync(Ct));
        Assert.Empty(shared.UploadsUnderWay());
        Assert.Equal(["after", "before"], await ListAsync(store));

        Assert.True(await store.DeleteAsync("before", Ct));
        await PutAsync(store, "small", 5_000);
        Assert.Equal(StoreProbe.Healthy, await store.ProbeAsync(Ct));
    }

    static DiskContainer SharedContainer() =>
        new(Environment.GetEnvironmentVariable(PathVariable) ?? throw new InvalidOperationException($"{PathVariable} is not set: only a test starts this."));

    static async Task WriteAsync(DiskObjectStore store) => await (await store.CreateAsync("any", Ct)).DisposeAsync();

    static async Task PutAsync(DiskObjectStore store, string name, int length)
    {
        await using var upload = await store.CreateAsync(name, Ct);
        await upload.Content.WriteAsync(new byte[length], Ct);
        Assert.Equal(PutOutcome.Created, await upload.CommitAsync(Ct));
    }

    static async Task<string[]> ListAsync(DiskObjectStore store)
    {
        List<string> names = [];
        await foreach (var stored in store.ListAsync("", Ct))
            names.Add(stored.Name);
        return [.. names.Order(StringComparer.Ordinal)];
    }

    static string[] ProgramRunning(string test) =>
    [
        Path.ChangeExtension(typeof(DiskObjectStoreProcessTests).Assembly.Location, null),
        "--filter-method", $"{typeof(DiskObjectStoreProcessTests).FullName}.{test}", "--explicit", "only", "--no-progress", "--no-ansi",
    ];

    Process Start(string[] command)
    {
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment[PathVariable] = container.Options.Path;
        return Process.Start(start) ?? throw new InvalidOperationException($"{command[0]} did not start.");
    }

    async Task<(int Exit, string Output)> RunAsync(string[] command)
    {
        Process process;
        try
        {
            process = Start(command);
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            return (-1, missing.Message);
        }

        using (process)
        {
            var output = process.StandardOutput.ReadToEndAsync(Ct);
            var errors = process.StandardError.ReadToEndAsync(Ct);
            await process.WaitForExitAsync(Ct);
            return (process.ExitCode, $"{await output}{await errors}".Trim());
        }
    }

    static async Task UntilAsync(Func<bool> condition, Process process)
    {
        var deadline = Stopwatch.StartNew();
        while (!condition())
        {
            if (process.HasExited || deadline.Elapsed > TimeSpan.FromSeconds(60))
                Assert.Fail($"The other process {(process.HasExited ? $"ended: {await process.StandardOutput.ReadToEndAsync(Ct)}" : "never wrote")}");
            await Task.Delay(20, Ct);
        }
    }

    sealed class WrittenLogs : ILoggerFactory, ILogger
    {
        public List<string> Lines { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Add(formatter(state, exception));

        public void Dispose()
        {
        }
    }
}
