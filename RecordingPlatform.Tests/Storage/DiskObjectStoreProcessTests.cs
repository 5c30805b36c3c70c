using System.ComponentModel;
using System.Runtime.Versioning;
using Microsoft.Extensions.Logging;
using RecordingPlatform.Core.Storage;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Storage;

/// <summary>What a disk store promises when writers are other processes that die, and when its disk is full.</summary>
[SupportedOSPlatform("linux")]
public sealed class DiskObjectStoreProcessTests : IDisposable
{
    static CancellationToken Ct => TestContext.Current.CancellationToken;

    readonly DiskContainer container = new();

    public void Dispose() => container.Dispose();

    [Fact]
    public async Task A_writer_killed_in_the_middle_leaves_nothing_visible_and_is_swept_once_dead_and_old()
    {
        var logs = new WrittenLogs();
        using var writer = Run.Start(DiskStoreProcess.ThatWritesHalfAnObjectAndWaits(container.Options.Path));
        try
        {
            await Until.TrueAsync(
                async () =>
                {
                    if (writer.HasExited)
                        Assert.Fail($"The writer ended: {await writer.StandardError.ReadToEndAsync(Ct)}");
                    return container.UploadsUnderWay().Sum(file => new FileInfo(file).Length) == DiskStoreProcess.HalfBytes;
                },
                TimeSpan.FromSeconds(60), "half an object is written");
            Assert.Empty(await DiskContainer.ListAsync(container.Open()));

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
        Assert.Equal([$"Removed what a dead writer had left: 1 uploads, {DiskStoreProcess.HalfBytes} bytes"], logs.Lines);
        Assert.Empty(await DiskContainer.ListAsync(last));
        await using var upload = await last.CreateAsync("half", Ct);
        Assert.Equal(PutOutcome.Created, await upload.CommitAsync(Ct));
    }

    [Fact]
    public async Task A_replica_sweeps_again_while_it_runs()
    {
        var store = container.Open();
        await WriteAsync(store);
        var dead = Path.Combine(container.Incoming, "0123");
        Directory.CreateDirectory(dead);
        await File.WriteAllTextAsync(Path.Combine(dead, "upload"), "half", Ct);

        container.Clock.Advance(container.Options.SweepAfter + TimeSpan.FromMinutes(1));
        Assert.Equal(StoreProbe.Healthy, await store.ProbeAsync(Ct));

        Assert.False(Directory.Exists(dead));
    }

    [Fact]
    public async Task A_full_disk_is_its_own_error_and_keeps_nothing_of_what_did_not_fit()
    {
        string[] onItsOwnFileSystem =
        [
            "unshare", "-rm", "sh", "-c", """mkdir -p "$0" && mount -t tmpfs -o size=64m,mode=700 tmpfs "$0" && exec "$@" """, container.Options.Path,
        ];
        try
        {
            await Run.ToEndAsync([.. onItsOwnFileSystem, "true"]);
        }
        catch (Exception refused) when (refused is InvalidOperationException or Win32Exception)
        {
            Assert.Skip($"A file system of 64 MiB cannot be mounted here: {refused.Message}");
        }

        await Run.ToEndAsync([.. onItsOwnFileSystem, .. DiskStoreProcess.ThatFillsItsFileSystemOf64MiB(container.Options.Path)]);
    }

    static async Task WriteAsync(DiskObjectStore store) => await (await store.CreateAsync("any", Ct)).DisposeAsync();

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
