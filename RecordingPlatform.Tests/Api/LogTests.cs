using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Api;

/// <summary>What the api says at the level that it is delivered with.</summary>
public sealed class LogTests(PostgresCluster cluster)
{
    [Fact]
    public async Task What_people_searched_for_and_the_tickets_that_play_stay_out_of_the_log()
    {
        await using var platform = await Platform.StartAsync(cluster, new PlatformSettings { Environment = new Dictionary<string, string> { ["Logging__LogLevel__Default"] = "Information" } });
        using var admin = await platform.SignInAsync("admin");
        var id = await Platform.UploadAsync(admin, Story.SampleMedia.Speech, "call.wav", ("title", "Quarrel about Aurelia"));
        await platform.WaitForAsync(admin, id, "ready");
        var link = (await Platform.ReadAsync(await admin.GetAsync($"api/v1/recordings/{id}/playback-url"), 200)).GetProperty("url").GetString()!;
        (await platform.Anonymous.GetAsync(link)).EnsureSuccessStatusCode();
        await Platform.ReadAsync(await admin.GetAsync("api/v1/history?number=442079460131&q=Aurelia"), 200);
        await Platform.ReadAsync(await admin.GetAsync("api/v1/recordings?q=Aurelia"), 200);

        var said = platform.Api.Said + platform.Worker.Said;
        Assert.Contains("is done", said, StringComparison.Ordinal);
        Assert.DoesNotContain("442079460131", said, StringComparison.Ordinal);
        Assert.DoesNotContain("Aurelia", said, StringComparison.Ordinal);
        Assert.DoesNotContain(link.Split('/')[^1], said, StringComparison.Ordinal);
    }
}
