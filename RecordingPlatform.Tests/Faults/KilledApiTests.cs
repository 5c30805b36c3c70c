using System.Net;
using RecordingPlatform.Tests.Fixtures;
using RecordingPlatform.Tests.Story;

namespace RecordingPlatform.Tests.Faults;

public sealed class KilledApiTests(PostgresCluster cluster)
{
    [Fact]
    public async Task An_upload_that_a_killed_api_cut_off_leaves_nothing_and_can_be_sent_again()
    {
        await using var platform = await Platform.StartAsync(cluster, new PlatformSettings { Apis = 2, Workers = 2, Environment = Quick.Leases });
        using var other = await platform.SignInAsync("admin", api: 1);
        var media = SampleMedia.LongSpeech(TimeSpan.FromMinutes(4));
        foreach (var percent in (int[])[25, 50, 75])
        {
            using var client = await platform.SignInAsync("admin");
            using var body = new HaltingUpload(media, media.Length * percent / 100);
            var sending = client.PostAsync("api/v1/recordings", body.Content);
            await body.Halted;
            await Until.TrueAsync(async () => await platform.QueryAsync("select id from objects where state = 'writing'") is not [], TimeSpan.FromSeconds(30), "the object's row is there");
            await platform.Apis[0].KillAsync();
            body.GoOn(); // a client notices at its next write
            await Assert.ThrowsAnyAsync<HttpRequestException>(() => sending);
            await platform.Apis[0].StartAsync();
        }
        Assert.Equal(0, (await Platform.ReadAsync(await other.GetAsync("api/v1/recordings"), 200)).GetProperty("total").GetInt32());

        var id = await Platform.UploadAsync(other, media);
        await platform.WaitForAsync(other, id, "ready");
        using var again = await platform.SignInAsync("admin");
        Assert.Equal(media, await again.GetByteArrayAsync($"api/v1/recordings/{id}/download"));
        await Books.AssertBalancedAsync(platform);
        Assert.Single(await platform.QueryAsync("select id from recordings"));
    }

    [Fact]
    public async Task An_api_killed_between_the_object_and_its_row_leaves_neither()
    {
        await using var platform = await Platform.StartAsync(cluster, new PlatformSettings { Apis = 2, Workers = 1, Environment = Quick.Leases });
        using var client = await platform.SignInAsync("admin");
        using var other = await platform.SignInAsync("admin", api: 1);
        using var body = new HaltingUpload(SampleMedia.Speech, SampleMedia.Speech.Length / 2);
        var sending = client.PostAsync("api/v1/recordings", body.Content);
        await body.Halted;
        await Until.TrueAsync(async () => await platform.QueryAsync("select id from objects where state = 'writing'") is [_], TimeSpan.FromSeconds(30), "the object's row is there");
        await using (var held = await HeldLock.TakeAsync(platform, "lock table objects in share mode"))
        {
            body.GoOn();
            await held.StopsAsync("update objects");
            // The whole object is in the store, and nothing that was committed knows a recording.
            Assert.Single(Directory.GetFiles(platform.StoreFolder, "*@", SearchOption.AllDirectories));
            await platform.Apis[0].KillAsync();
        }
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => sending);
        Assert.Empty(await platform.QueryAsync("select id from recordings"));
        await Books.AssertBalancedAsync(platform);
        Assert.Empty(Directory.GetFiles(platform.StoreFolder, "*@", SearchOption.AllDirectories));
        await Platform.UploadAsync(other, SampleMedia.Speech);
        await Books.AssertBalancedAsync(platform);
    }

    [Fact]
    public async Task Apis_killed_in_turn_under_load_lose_nothing_that_was_acknowledged()
    {
        await using var platform = await Platform.StartAsync(cluster, new PlatformSettings { Apis = 2, Workers = 2, Environment = Quick.Leases });
        await using var traffic = await Traffic.StartAsync(platform);
        for (var turn = 0; turn < 4; turn++)
        {
            await traffic.FlowsAsync(5);
            await platform.Apis[turn % 2].KillAsync();
            await platform.Apis[turn % 2].StartAsync();
        }
        await traffic.FlowsAsync(5);
        await traffic.EndAsync();
        Assert.NotEqual(0, traffic.Broken);
        traffic.AssertNobodyWasMisled();
        Assert.Equal(HttpStatusCode.OK, (await platform.Anonymous.GetAsync("alive")).StatusCode);
        await traffic.AssertNothingIsLostAsync();
        await Books.AssertBalancedAsync(platform);
    }
}
