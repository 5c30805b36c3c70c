using System.Collections.Concurrent;
using System.Runtime.Versioning;
using Microsoft.Extensions.Logging;
using RecordingPlatform.Core.Storage;

namespace RecordingPlatform.Tests.Storage;

/// <summary>A folder of its own for a disk store, any number of replicas on it, and a clock that the test moves.</summary>
[SupportedOSPlatform("linux")]
sealed class DiskContainer : IDisposable
{
    public const string Name = "recordings";

    readonly ConcurrentBag<DiskObjectStore> opened = [];
    readonly bool keeps;

    public DiskContainer(string? existing = null)
    {
        keeps = existing is not null;
        Options.Path = existing ?? Path.Combine(Path.GetTempPath(), $"recordings-store-{Guid.CreateVersion7():n}");
    }

    public static TimeSpan RestoreDelay { get; } = TimeSpan.FromHours(5);

    public DiskStorageOptions Options { get; } = new() { RestoreDelay = RestoreDelay };

    public MovedClock Clock { get; } = new();

    public string Root => Path.Combine(Options.Path, Name);

    public string Incoming => Path.Combine(Root, ".incoming");

    public DiskObjectStore Open(ILoggerFactory? logs = null)
    {
        using var none = new LoggerFactory();
        var store = new DiskObjectStore(Options, Name, Clock, (logs ?? none).CreateLogger<DiskObjectStore>());
        opened.Add(store);
        return store;
    }

    public string[] UploadsUnderWay() => Directory.Exists(Incoming)
        ? [.. Directory.EnumerateFiles(Incoming, "*", SearchOption.AllDirectories).Where(file => Path.GetFileName(file) != ".lock")]
        : [];

    public static async Task<string[]> ListAsync(DiskObjectStore store)
    {
        List<string> names = [];
        await foreach (var stored in store.ListAsync("", default))
            names.Add(stored.Name);
        return [.. names.Order(StringComparer.Ordinal)];
    }

    public void Dispose()
    {
        foreach (var store in opened)
            store.Dispose();
        if (!keeps && Directory.Exists(Options.Path))
            Directory.Delete(Options.Path, recursive: true);
    }
}

sealed class MovedClock : TimeProvider
{
    TimeSpan ahead;

    public void Advance(TimeSpan by) => ahead += by;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + ahead;
}
