using System.Text;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Story;

/// <summary>What was recorded lies nowhere in the clear: not in the store, the database, the logs or temporary folders.</summary>
public sealed class PlaintextTests(PostgresCluster cluster)
{
    [Fact]
    public async Task No_plaintext_is_left_anywhere()
    {
        await using var platform = await StartAsync();
        using var admin = await platform.SignInAsync("admin");
        var id = await Platform.UploadAsync(admin, SampleMedia.Speech);
        await platform.WaitForAsync(admin, id, "ready");
        var search = new PlaintextSearch(SampleMedia.Speech, await admin.GetByteArrayAsync($"api/v1/recordings/{id}/stream"),
            await admin.GetByteArrayAsync($"api/v1/recordings/{id}/stream?quality=low"), await admin.GetByteArrayAsync($"api/v1/recordings/{id}/waveform"));

        // The search is worth something only when it finds what is there.
        var planted = Path.Combine(platform.StoreFolder, "planted");
        await File.WriteAllBytesAsync(planted, [.. new byte[1001], .. search.AnyWindow, .. new byte[77]]);
        Assert.Equal([planted], search.FindIn(platform.Folder));
        File.Delete(planted);

        await platform.WriteDatabaseToDiskAsync();
        Assert.Empty(search.FindIn(platform.Folder));
        Assert.Empty(search.FindIn(cluster.DataFolder));
        Assert.False(search.IsIn(Encoding.UTF8.GetBytes(platform.Api.Said + platform.Worker.Said)));
        // The job is done: its work directory is gone, not merely unreadable.
        Assert.Empty(WorkFiles(platform));
    }

    [Fact]
    public async Task A_killed_workers_plaintext_is_wiped_before_the_next_one_is_ready()
    {
        await using var platform = await StartAsync();
        using var admin = await platform.SignInAsync("admin");
        // Long enough that the worker is still busy with it when it is killed.
        var speech = SampleMedia.LongSpeech(TimeSpan.FromMinutes(22));
        var search = new PlaintextSearch(SampleMedia.Speech);
        await Platform.UploadAsync(admin, speech);
        await Until.TrueAsync(() => Task.FromResult(search.FindIn(platform.WorkFolder).Count > 0), TimeSpan.FromSeconds(60), "the worker holds plaintext to work on");
        await platform.Worker.KillAsync();
        Assert.NotEmpty(search.FindIn(platform.WorkFolder));

        await platform.Workers[0].StartAsync();
        Assert.Empty(search.FindIn(platform.WorkFolder));
    }

    // Its temporary folder lies below its own, where the search looks.
    Task<Platform> StartAsync() => Platform.StartAsync(cluster);

    static IEnumerable<string> WorkFiles(Platform platform) =>
        Directory.EnumerateFiles(platform.WorkFolder, "original*", SearchOption.AllDirectories);
}
