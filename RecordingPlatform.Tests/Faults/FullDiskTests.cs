using System.Net;
using RecordingPlatform.Tests.Fixtures;
using RecordingPlatform.Tests.Story;

namespace RecordingPlatform.Tests.Faults;

public sealed class FullDiskTests(PostgresCluster cluster)
{
    const long StoreBytes = 64 << 20;

    [Fact]
    public async Task A_full_store_refuses_an_upload_keeps_nothing_of_it_and_goes_on()
    {
        // Only a namespace of its own may mount a small file system.
        string[] within = ["unshare", "-rm", "sh", "-c", $"mkdir -p \"$0\" && mount -t tmpfs -o size={StoreBytes} tmpfs \"$0\" && exec \"$@\"", "{store}"];
        Assert.SkipUnless(await CanMountAsync(), "This machine lets no process mount a file system of its own (unshare -rm).");
        await using var platform = await Platform.StartAsync(cluster, new PlatformSettings { Workers = 0, ApiWithin = within });
        using var client = await platform.SignInAsync("admin");
        var first = await Platform.UploadAsync(client, SampleMedia.Speech);

        using (var body = Platform.Multipart(SampleMedia.Wave(new byte[StoreBytes]), "long.wav"))
        using (var refused = await client.PostAsync("api/v1/recordings", body))
        {
            var problem = await Platform.ReadAsync(refused, (int)HttpStatusCode.InsufficientStorage);
            Assert.Equal("store_full", problem.GetProperty("code").GetString());
        }

        Assert.Equal(SampleMedia.Speech, await client.GetByteArrayAsync($"api/v1/recordings/{first}/download"));
        var second = await Platform.UploadAsync(client, SampleMedia.Speech);
        Assert.Equal(SampleMedia.Speech, await client.GetByteArrayAsync($"api/v1/recordings/{second}/download"));
        Assert.Equal(2, Directory.GetFiles($"/proc/{platform.Api.Pid}/root{platform.StoreFolder}", "*", SearchOption.AllDirectories).Count(file => Path.GetFileName(file) != ".lock"));
        Assert.Equal(["published", "published"], await platform.QueryAsync("select state from objects"));
    }

    static async Task<bool> CanMountAsync()
    {
        using var tried = Run.Start("unshare", "-rm", "sh", "-c", "mount -t tmpfs tmpfs /mnt");
        await tried.WaitForExitAsync();
        return tried.ExitCode == 0;
    }
}
