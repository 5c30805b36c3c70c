using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using RecordingPlatform.Tests.Fixtures;
using RecordingPlatform.Tests.Ingest;
using RecordingPlatform.Tests.Story;
using static Microsoft.Playwright.Assertions;

namespace RecordingPlatform.Tests.Web;

/// <summary>From a PBX's report to the operator's screen, over the real platform: the call, its sound, and the one that never came.</summary>
public sealed class CallsWholeWayTests(PostgresCluster cluster, Browser browser)
{
    [Fact]
    public async Task A_call_appears_then_its_audio_without_reload_and_completeness_names_the_call_whose_file_never_came()
    {
        var origin = $"http://127.0.0.1:{Ports.Free()}";
        await using var platform = await Platform.StartAsync(cluster, new PlatformSettings { Environment = new Dictionary<string, string> { ["Portal__Origin"] = origin } });
        using var admin = await platform.SignInAsync("admin");
        var spool = Directory.CreateDirectory(Path.Combine(platform.Folder, "monitor")).FullName;
        var (_, secret) = await WebhookSender.AddSourceAsync(admin, "pbx", "freepbx", spool);
        var pbx = new WebhookSender(platform.Anonymous, "webhooks/freepbx", secret);
        await using var portal = await PortalProcess.StartAsync(platform.Url.GetLeftPart(UriPartial.Authority), ("Portal__ApiKey", Platform.PortalKey), ("ASPNETCORE_URLS", origin));
        await using var window = await browser.OpenAsync();
        var page = window.Page;
        await window.SignInAsync(origin, "/history", platform.UserOf("operator"));
        await page.EvaluateAsync("() => { window.neverReloaded = true; }");

        var started = DateTimeOffset.UtcNow.AddSeconds(-20);
        var id = string.Create(CultureInfo.InvariantCulture, $"{started.ToUnixTimeSeconds()}.41");
        Assert.Equal(202, (await pbx.SendAsync(pbx.Sign(Report("call_started", id, "+442079460131", started)))).Status);
        var call = page.Locator(".conversation").Filter(new() { HasText = "+442079460131" });
        await Expect(call).ToBeVisibleAsync(new() { Timeout = 60_000 });
        await Expect(call).ToContainTextAsync("expected");

        // The PBX closes the file, then says that the call has ended.
        var day = Directory.CreateDirectory(Path.Combine(spool, started.ToString("yyyy/MM/dd", CultureInfo.InvariantCulture))).FullName;
        await File.WriteAllBytesAsync(Path.Combine(day, string.Create(CultureInfo.InvariantCulture, $"in-201-442079460131-{started:yyyyMMdd}-{started:HHmmss}-{id}.wav")), SampleMedia.Speech);
        Assert.Equal(202, (await pbx.SendAsync(pbx.Sign(Report("call_ended", id, "+442079460131", started, started.AddSeconds(11))))).Status);
        var play = call.GetByRole(AriaRole.Link, new() { NameRegex = new Regex("^Play audio", RegexOptions.None, TimeSpan.FromSeconds(1)) });
        await Expect(play).ToBeVisibleAsync(new() { Timeout = 120_000 });
        Assert.True(await page.EvaluateAsync<bool>("() => window.neverReloaded === true"));
        await play.ClickAsync();
        await Until.TrueAsync(
            async () => await call.Locator("recording-player [data-media]").EvaluateAllAsync<bool>("media => media.length === 1 && !media[0].paused && media[0].currentTime > 0.3"),
            TimeSpan.FromSeconds(30), "its audio plays");
        Assert.True(await page.EvaluateAsync<bool>("() => window.neverReloaded === true"));

        // Two hours ago, and no file: due long since.
        Assert.Equal(202, (await pbx.SendAsync(pbx.Sign(Report("call_ended", string.Create(CultureInfo.InvariantCulture, $"{started.AddHours(-2).ToUnixTimeSeconds()}.42"), "+442079460177", started.AddHours(-2), started.AddHours(-2).AddSeconds(30))))).Status);
        await Until.TrueAsync(async () => (await platform.QueryAsync("select count(*) from expectations where state = 'late'"))[0] == "1", TimeSpan.FromSeconds(60), "one is late");
        await page.GotoAsync(origin + "/completeness");
        await Expect(page.GetByText("+442079460177")).ToBeVisibleAsync();
        await Expect(page.GetByText("+442079460131")).ToHaveCountAsync(0);
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Look again" })).ToHaveCountAsync(1);
        window.AssertQuiet();
    }

    static string Report(string kind, string id, string from, DateTimeOffset started, DateTimeOffset? ended = null) =>
        JsonSerializer.Serialize(new { @event = kind, uniqueid = id, direction = "inbound", from, to = "201", started_at = started, ended_at = ended });
}
