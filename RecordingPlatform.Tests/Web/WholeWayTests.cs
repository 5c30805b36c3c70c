using Microsoft.Playwright;
using RecordingPlatform.Tests.Fixtures;
using static Microsoft.Playwright.Assertions;

namespace RecordingPlatform.Tests.Web;

/// <summary>The portal in a browser over the real platform: what the stand-in only imitates.</summary>
public sealed class WholeWayTests(PostgresCluster cluster, Browser browser)
{
    [Fact]
    public async Task What_a_person_uploads_in_a_browser_is_heard_saved_and_deleted_there()
    {
        var origin = $"http://127.0.0.1:{Ports.Free()}";
        await using var platform = await Platform.StartAsync(cluster, new PlatformSettings { Environment = new Dictionary<string, string> { ["Portal__Origin"] = origin } });
        await using var portal = await PortalProcess.StartAsync(platform.Url.GetLeftPart(UriPartial.Authority), ("Portal__ApiKey", Platform.PortalKey), ("ASPNETCORE_URLS", origin));
        await using var window = await browser.OpenAsync();
        var page = window.Page;
        var (email, password) = platform.UserOf("practice_manager");

        await page.GotoAsync(origin + "/upload");
        await page.GetByLabel("E-mail").FillAsync(email);
        await page.GetByLabel("Password").FillAsync("not " + password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("not right");
        await page.GetByLabel("Password").FillAsync(password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await page.WaitForURLAsync(origin + "/upload");

        await page.GetByText("Add details").ClickAsync();
        await page.GetByLabel("Call id").FillAsync("call-whole-way");
        await page.GetByLabel("Recorded at").FillAsync("2026-03-14T23:30:05");
        await page.Locator("[data-files]").SetInputFilesAsync(new FilePayload { Name = "Whole way.wav", MimeType = "audio/wav", Buffer = Sample.Wav() });
        await page.GetByRole(AriaRole.Link, new() { Name = "Open Whole way.wav" }).ClickAsync();

        // Nothing is reloaded: the page itself becomes the player once the worker is done.
        await Expect(page.Locator("recording-player[data-drawn]")).ToBeVisibleAsync(new() { Timeout = 120_000 });
        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Whole way");
        await Expect(page.Locator(".recording-line time")).ToHaveTextAsync("14 Mar 2026, 23:30");
        await page.GetByRole(AriaRole.Button, new() { Name = "Play" }).ClickAsync();
        await PlaysAsync(page, 0.3, 20);
        var wave = page.GetByRole(AriaRole.Slider, new() { Name = "Position" });
        var box = (await wave.BoundingBoxAsync())!;
        await wave.ClickAsync(new() { Position = new() { X = box.Width / 2, Y = box.Height / 2 } });
        await PlaysAsync(page, 29, 45);
        await page.GetByLabel("Quality").SelectOptionAsync("low");
        await PlaysAsync(page, 29.5, 60);

        var saved = await page.RunAndWaitForDownloadAsync(() => page.GetByRole(AriaRole.Link, new() { Name = "Download" }).ClickAsync());
        Assert.Equal(Sample.Wav(), await File.ReadAllBytesAsync(await saved.PathAsync()));

        await page.GotoAsync(origin + "/recordings?q=whole");
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Whole way" })).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Whole way" }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Delete" }).ClickAsync();
        await page.GetByLabel("Reason").FillAsync("recorded by mistake");
        await page.GetByRole(AriaRole.Button, new() { Name = "Delete recording" }).ClickAsync();
        await Expect(page.GetByText("This recording was deleted.")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await Expect(page.GetByText("You are signed out.")).ToBeVisibleAsync();

        window.Forgive("401 (Unauthorized)");
        window.AssertQuiet();
    }

    static Task PlaysAsync(IPage page, double from, double to) => Until.TrueAsync(
        async () => await page.EvaluateAsync<bool>("range => { const m = document.querySelector('[data-media]'); return !m.paused && m.currentTime >= range[0] && m.currentTime <= range[1]; }", new[] { from, to }),
        TimeSpan.FromSeconds(30), $"it plays between {from} and {to} s");
}
