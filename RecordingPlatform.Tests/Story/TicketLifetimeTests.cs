using System.Net;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Story;

public sealed class TicketLifetimeTests(PostgresCluster cluster)
{
    [Fact]
    public async Task A_playback_url_ends_with_its_lifetime()
    {
        await using var platform = await Platform.StartAsync(cluster, new PlatformSettings
        {
            Workers = 0,
            Environment = new Dictionary<string, string> { ["Access__PlaybackTicketLifetime"] = "00:00:03" },
        });
        using var admin = await platform.SignInAsync("admin");
        var id = await Platform.UploadAsync(admin, SampleMedia.Speech);
        // Not processed yet: the original is a WAV, which browsers play as it is.
        var url = (await Platform.ReadAsync(await admin.GetAsync($"api/v1/recordings/{id}/playback-url"), 200)).GetProperty("url").GetString()!;
        using (var early = await platform.Anonymous.GetAsync(url))
            Assert.Equal(HttpStatusCode.OK, early.StatusCode);
        await Until.TrueAsync(async () =>
        {
            using var late = await platform.Anonymous.GetAsync(url);
            return late.StatusCode == HttpStatusCode.Forbidden;
        }, TimeSpan.FromSeconds(10), "the link has expired");
    }
}
