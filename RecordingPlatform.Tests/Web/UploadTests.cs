using Microsoft.Playwright;
using RecordingPlatform.Tests.Fixtures;
using static Microsoft.Playwright.Assertions;

namespace RecordingPlatform.Tests.Web;

/// <summary>The upload page in a browser: what a person drops, follows, cancels and tries again.</summary>
public sealed class UploadTests : IClassFixture<Portal>
{
    static readonly byte[] Sound = Sample.Wav();
    readonly Portal _portal;
    readonly Browser _browser;

    public UploadTests(Portal portal, Browser browser)
    {
        (_portal, _browser) = (portal, browser);
        portal.Api.Reset();
    }

    [Fact]
    public async Task Several_files_are_uploaded_with_progress_and_opened()
    {
        var gate = _portal.Api.UploadGate = new();
        await using var window = await _browser.OpenAsync();
        var page = window.Page;
        await window.SignInAsync(_portal, "/upload");
        await page.GetByText("Add details").ClickAsync();
        await page.GetByLabel("Call id").FillAsync("call-9");
        await page.GetByLabel("Recorded at").FillAsync("2026-03-14T23:30:05");
        await page.Locator("[data-files]").SetInputFilesAsync(new FilePayload[]
        {
            new() { Name = "long consultation.wav", MimeType = "audio/wav", Buffer = new byte[24 * 1024 * 1024] },
            new() { Name = "short.wav", MimeType = "audio/wav", Buffer = Sound },
            new() { Name = "notes.txt", MimeType = "text/plain", Buffer = "hello"u8.ToArray() },
        });
        var rows = page.Locator(".upload-row");
        await Expect(rows).ToHaveCountAsync(3);

        var bar = rows.Nth(0).Locator("progress");
        await Until.TrueAsync(async () => await bar.EvaluateAsync<double>("bar => bar.value") is > 0 and < 1, TimeSpan.FromSeconds(15), "the long file is under way");
        await Expect(rows.Nth(0).Locator("[data-message]")).ToContainTextAsync("of 25.2 MB");
        await Expect(rows.Nth(2).Locator("[data-message]")).ToContainTextAsync("not an audio or video file");
        await Expect(rows.Nth(2).GetByRole(AriaRole.Button, new() { Name = "Try again" })).ToBeHiddenAsync();
        await Expect(rows.Nth(1).GetByRole(AriaRole.Link, new() { Name = "Open short.wav" })).ToBeVisibleAsync();
        gate.SetResult();
        await rows.Nth(0).GetByRole(AriaRole.Link, new() { Name = "Open long consultation.wav" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("long consultation");

        var sent = Assert.Single(_portal.Api.Uploads, u => u["file"] == "long consultation.wav");
        Assert.Equal(("25165824", "call-9", "2026-03-14T22:30:05.000Z"), (sent["bytes"], sent["callId"], sent["startTime"]));
        window.Forgive("415");
        window.AssertQuiet();
    }

    [Fact]
    public async Task A_failed_upload_can_be_tried_again()
    {
        await using var window = await _browser.OpenAsync();
        var page = window.Page;
        await window.SignInAsync(_portal, "/upload");
        _portal.Api.Fail("/api/v1/recordings", 507, "storage_full");
        await page.Locator("[data-files]").SetInputFilesAsync(new FilePayload { Name = "a.wav", MimeType = "audio/wav", Buffer = Sound });
        await Expect(page.Locator(".upload-row [data-message]")).ToContainTextAsync("storage is full");
        _portal.Api.Reset();
        await page.GetByRole(AriaRole.Button, new() { Name = "Try again" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Open a.wav" })).ToBeVisibleAsync();
        window.Forgive("507");
        window.AssertQuiet();
    }

    [Fact]
    public async Task Of_three_files_dropped_anywhere_on_the_page_two_arrive_and_one_is_refused_with_advice()
    {
        await using var window = await _browser.OpenAsync();
        var page = window.Page;
        await window.SignInAsync(_portal, "/upload");
        var dropped = await page.EvaluateHandleAsync("""
            () => { const d = new DataTransfer(); for (const name of ["one.wav", "notes.txt", "two.mp3"]) d.items.add(new File(["RIFF"], name)); return d; }
            """);
        await page.Locator("h1").DispatchEventAsync("dragenter", new { dataTransfer = dropped });
        await Expect(page.Locator("html[data-dropping]")).ToHaveCountAsync(1);
        await page.Locator("h1").DispatchEventAsync("drop", new { dataTransfer = dropped });

        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Open one.wav" })).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Open two.mp3" })).ToBeVisibleAsync();
        var refused = page.Locator(".upload-row").Filter(new() { HasText = "notes.txt" });
        await Expect(refused).ToContainTextAsync("Choose a WAV, MP3, M4A");
        await Expect(refused.GetByRole(AriaRole.Button)).ToHaveAccessibleNameAsync("Remove from this list: notes.txt");
        await Expect(page.Locator("[data-summary]")).ToHaveTextAsync("2 uploaded · 1 not uploaded");
        await Expect(page.Locator("html[data-dropping]")).ToHaveCountAsync(0);
        await refused.GetByRole(AriaRole.Button).ClickAsync();
        await Expect(page.Locator(".upload-row")).ToHaveCountAsync(2);
        window.Forgive("415");
        window.AssertQuiet();
    }

    [Fact]
    public async Task Whether_it_arrived_is_not_known_so_the_retry_keeps_its_key_and_a_refused_file_gets_another()
    {
        _portal.Api.Permissions.Add("recordings.edit");
        await using var window = await _browser.OpenAsync();
        var page = window.Page;
        await window.SignInAsync(_portal, "/upload");
        await page.GetByText("Add details").ClickAsync();
        await page.GetByLabel("Patient or customer").FillAsync("nobody");
        _portal.Api.Fail("/api/v1/recordings", 502, "bad_gateway");
        await ChooseAsync(page, "a.wav");
        await Expect(MessageOf(page)).ToContainTextAsync("nothing is stored twice");
        _portal.Api.Fail("/nothing", 500, "");
        await TryAgainAsync(page);
        await Expect(MessageOf(page)).ToContainTextAsync("no patient or customer with this id");
        await page.GetByLabel("Patient or customer").FillAsync("");
        await TryAgainAsync(page);
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Open a.wav" })).ToBeVisibleAsync();

        var keys = _portal.Api.UploadKeys.ToArray();
        Assert.Equal(3, keys.Length);
        Assert.Equal(keys[0], keys[1]);
        Assert.NotEqual(keys[1], keys[2]);
        Assert.All(keys, key => Assert.Equal(32, key.Length));
        window.Forgive("502");
        window.Forgive("422");
        window.AssertQuiet();
    }

    [Fact]
    public async Task A_busy_platform_is_asked_again_when_it_said_so()
    {
        await using var window = await _browser.OpenAsync();
        var page = window.Page;
        await window.SignInAsync(_portal, "/upload");
        _portal.Api.Fail("/api/v1/recordings", 429, "rate_limited", retryAfter: 1);
        await ChooseAsync(page, "a.wav");
        await Expect(MessageOf(page)).ToContainTextAsync("goes on by itself in 1 s");
        _portal.Api.Fail("/nothing", 500, "");
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Open a.wav" })).ToBeVisibleAsync();
        Assert.Single(_portal.Api.UploadKeys.Distinct());
        window.Forgive("429");
        window.AssertQuiet();
    }

    [Fact]
    public async Task Offline_it_waits_and_goes_on_by_itself()
    {
        await using var window = await _browser.OpenAsync();
        var page = window.Page;
        await window.SignInAsync(_portal, "/upload");
        await page.Context.SetOfflineAsync(true);
        await ChooseAsync(page, "a.wav");
        await Expect(MessageOf(page)).ToContainTextAsync("offline");
        await page.Context.SetOfflineAsync(false);
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Open a.wav" })).ToBeVisibleAsync();
        window.Forgive("ERR_INTERNET_DISCONNECTED");
        window.AssertQuiet();
    }

    [Fact]
    public async Task A_file_under_way_is_cancelled_and_taken_up_again()
    {
        var gate = _portal.Api.UploadGate = new();
        await using var window = await _browser.OpenAsync();
        var page = window.Page;
        await window.SignInAsync(_portal, "/upload");
        await page.Locator("[data-files]").SetInputFilesAsync(new FilePayload { Name = "long.wav", MimeType = "audio/wav", Buffer = new byte[24 * 1024 * 1024] });
        await Expect(MessageOf(page)).ToContainTextAsync("of 25.2 MB");
        await page.GetByRole(AriaRole.Button, new() { Name = "Cancel long.wav" }).ClickAsync();
        await Expect(MessageOf(page)).ToHaveTextAsync("25.2 MB · cancelled, nothing was kept");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Try again: long.wav" })).ToBeFocusedAsync();
        gate.SetResult();
        _portal.Api.UploadGate = null;
        await TryAgainAsync(page);
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Open long.wav" })).ToBeVisibleAsync();
        window.AssertQuiet();
    }

    [Fact]
    public async Task A_finished_file_tells_what_becomes_of_its_recording()
    {
        await using var window = await _browser.OpenAsync();
        var page = window.Page;
        await window.SignInAsync(_portal, "/upload");
        await ChooseAsync(page, "a.wav");
        await Expect(MessageOf(page)).ToContainTextAsync("uploaded");
        await Until.TrueAsync(() => Task.FromResult(_portal.Api.Events.Open > 0), TimeSpan.FromSeconds(15), "the page listens");
        var recording = Assert.Single(_portal.Api.Recordings);
        _portal.Api.Events.Tell("recording.progress", recording, 0.4);
        await Expect(MessageOf(page)).ToContainTextAsync("being made playable, 40 %");
        _portal.Api.Events.Tell("recording.ready", recording);
        await Expect(MessageOf(page)).ToContainTextAsync("ready to play");
        window.AssertQuiet();
    }

    [Fact]
    public async Task Leaving_the_page_is_asked_about_while_a_file_is_under_way()
    {
        var gate = _portal.Api.UploadGate = new();
        await using var window = await _browser.OpenAsync();
        var page = window.Page;
        await window.SignInAsync(_portal, "/upload");
        await page.Locator("[data-files]").SetInputFilesAsync(new FilePayload { Name = "long.wav", MimeType = "audio/wav", Buffer = new byte[24 * 1024 * 1024] });
        await Expect(MessageOf(page)).ToContainTextAsync("of 25.2 MB");
        Assert.True(await WouldAskAsync());
        gate.SetResult();
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Open long.wav" })).ToBeVisibleAsync();
        Assert.False(await WouldAskAsync());

        Task<bool> WouldAskAsync() => page.EvaluateAsync<bool>("() => !dispatchEvent(new Event('beforeunload', { cancelable: true }))");
    }

    static Task ChooseAsync(IPage page, string name) => page.Locator("[data-files]").SetInputFilesAsync(new FilePayload { Name = name, MimeType = "audio/wav", Buffer = Sound });

    static ILocator MessageOf(IPage page) => page.Locator(".upload-row [data-message]");

    static Task TryAgainAsync(IPage page) => page.GetByRole(AriaRole.Button, new() { Name = "Try again" }).ClickAsync();
}
