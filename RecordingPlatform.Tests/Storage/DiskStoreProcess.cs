using System.Runtime.Versioning;
using RecordingPlatform.Core.Storage;

namespace RecordingPlatform.Tests.Storage;

/// <summary>A disk store in another process, which ends with 0, or with what went wrong on its standard error.</summary>
[SupportedOSPlatform("linux")]
static class DiskStoreProcess
{
    public const int HalfBytes = 5_000_000;

    const int MiB = 1024 * 1024;
    const string FolderVariable = "RECORDINGS_TEST_FOLDER";
    const string TaskVariable = "RECORDINGS_TEST_TASK";

    public static string[] ThatWritesHalfAnObjectAndWaits(string folder) => Command(folder, nameof(WriteHalfAndWaitAsync));

    public static string[] ThatFillsItsFileSystemOf64MiB(string folder) => Command(folder, nameof(FillAsync));

    public static async Task RunAsync()
    {
        using var container = new DiskContainer(Environment.GetEnvironmentVariable(FolderVariable));
        var task = Environment.GetEnvironmentVariable(TaskVariable);
        await (task switch
        {
            nameof(WriteHalfAndWaitAsync) => WriteHalfAndWaitAsync(container.Open()),
            nameof(FillAsync) => FillAsync(container, container.Open()),
            _ => throw new InvalidOperationException($"{TaskVariable} is '{task}'."),
        });
    }

    static string[] Command(string folder, string task)
    {
        var program = typeof(DiskStoreProcess).Assembly.Location;
        return ["env", $"DOTNET_STARTUP_HOOKS={program}", $"{FolderVariable}={folder}", $"{TaskVariable}={task}", Path.ChangeExtension(program, null)];
    }

    static async Task WriteHalfAndWaitAsync(DiskObjectStore store)
    {
        await using var upload = await store.CreateAsync("half", default);
        await upload.Content.WriteAsync(new byte[HalfBytes]);
        await upload.Content.FlushAsync();
        // Its input ends with the test that started it, should that be killed itself.
        await Console.In.ReadToEndAsync();
    }

    static async Task FillAsync(DiskContainer container, DiskObjectStore store)
    {
        await PutAsync(store, "before", 10 * MiB);

        await using (var upload = await store.CreateAsync("too-large", default))
        {
            var full = await Assert.ThrowsAsync<ObjectStoreFullException>(async () =>
            {
                for (var i = 0; i < 64; i++)
                    await upload.Content.WriteAsync(new byte[MiB]);
            });
            Assert.Contains("'recordings'", full.Message, StringComparison.Ordinal);
            Assert.Empty(container.UploadsUnderWay());
            await Assert.ThrowsAsync<InvalidOperationException>(() => upload.CommitAsync(default));
        }

        await PutAsync(store, "after", 50 * MiB); // its space is back

        // Now full to the last page: a small object is gathered in memory and meets the disk at its commit.
        await using (var filler = new FileStream(Path.Combine(container.Options.Path, "filler"), FileMode.CreateNew))
        {
            await Assert.ThrowsAsync<IOException>(async () =>
            {
                while (true)
                {
                    await filler.WriteAsync(new byte[4096]);
                    await filler.FlushAsync();
                }
            });
        }

        await using (var upload = await store.CreateAsync("small", default))
        {
            await upload.Content.WriteAsync(new byte[5_000]);
            await Assert.ThrowsAsync<ObjectStoreFullException>(() => upload.CommitAsync(default));
        }

        await Assert.ThrowsAsync<ObjectStoreFullException>(() => store.SetTierAsync("before", StorageTier.Archive, default));
        Assert.Equal(new TierState(StorageTier.Hot), await store.GetTierAsync("before", default));
        Assert.Equal(new StoreProbe(Writable: false, "out of space"), await store.ProbeAsync(default));
        Assert.Empty(container.UploadsUnderWay());
        Assert.Equal(["after", "before"], await DiskContainer.ListAsync(store));

        Assert.True(await store.DeleteAsync("before", default));
        await PutAsync(store, "small", 5_000);
        Assert.Equal(StoreProbe.Healthy, await store.ProbeAsync(default));
    }

    static async Task PutAsync(DiskObjectStore store, string name, int length)
    {
        await using var upload = await store.CreateAsync(name, default);
        await upload.Content.WriteAsync(new byte[length]);
        Assert.Equal(PutOutcome.Created, await upload.CommitAsync(default));
    }
}
