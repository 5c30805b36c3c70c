using System.Text.Json.Nodes;
using Microsoft.Playwright;
using RecordingPlatform.Tests.Fixtures;
using static Microsoft.Playwright.Assertions;

namespace RecordingPlatform.Tests.Web;

public sealed class BrowserTests : IClassFixture<Portal>
{
    static readonly byte[] Sound = Sample.Wav();
    readonly Portal _portal;
    readonly Browser _browser;

    public BrowserTests(Portal portal, Browser browser)
    {
        (_portal, _browser) = (portal, browser);
        portal.Api.Reset();
    }

    string AddPlayable(string title = "Intake session")
    {
        var id = (string)_portal.Api.Add(title: title)["id"]!;
        _portal.Api.Media[id] = Sound;
        return id;
    }

    static Task<double> TimeAsync(IPage page) => page.EvaluateAsync<double>("() => document.querySelector('[data-media]').currentTime");

    static async Task ReachesAsync(IPage page, double from, double to)
    {
        var now = -1.0;
        try
        {
            await Until.TrueAsync(async () => (now = await TimeAsync(page)) >= from && now <= to, TimeSpan.FromSeconds(15), $"the recording is between {from} and {to} s");
        }
        catch (TimeoutException failure)
        {
            Assert.Fail($"{failure.Message} It is at {now} s.");
        }
    }

    [Fact]
    public async Task A_recording_is_found_opened_played_and_sought()
    {
        AddPlayable();
        AddPlayable("Another one");
        await using var window = await _browser.OpenAsync();
        var page = window.Page;
        await window.SignInAsync(_portal);
        await page.GetByRole(AriaRole.Link, new() { Name = "Intake session" }).ClickAsync();
        await Expect(page.Locator("recording-player[data-drawn]")).ToBeVisibleAsync();
        Assert.DoesNotContain(_portal.Api.Asked, call => call.Contains("/media/", StringComparison.Ordinal));

        await page.GetByRole(AriaRole.Button, new() { Name = "Play" }).ClickAsync();
        await ReachesAsync(page, 0.3, 20);
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Pause" })).ToBeVisibleAsync();

        var wave = page.GetByRole(AriaRole.Slider, new() { Name = "Position" });
        var box = (await wave.BoundingBoxAsync())!;
        await wave.ClickAsync(new() { Position = new() { X = box.Width / 2, Y = box.Height / 2 } });
        await ReachesAsync(page, 29, 40);

        await page.GetByRole(AriaRole.Button, new() { Name = "Pause" }).ClickAsync();
        var paused = await TimeAsync(page);
        await page.GetByRole(AriaRole.Button, new() { Name = "Forward 10 seconds" }).ClickAsync();
        await ReachesAsync(page, paused + 9.9, paused + 10.1);
        await page.GetByRole(AriaRole.Button, new() { Name = "Back 10 seconds" }).ClickAsync();
        await ReachesAsync(page, paused - 0.1, paused + 0.1);

        await wave.FocusAsync();
        await page.Keyboard.PressAsync("ArrowRight");
        await ReachesAsync(page, paused + 4.9, paused + 5.1);
        await page.Keyboard.PressAsync("Home");
        await ReachesAsync(page, 0, 0.01);
        await Expect(wave).ToHaveAttributeAsync("aria-valuetext", "0:00 of 1:00");
        await page.Keyboard.PressAsync("End");
        await ReachesAsync(page, 59.9, 60.1);
        await page.Keyboard.PressAsync("j");
        await ReachesAsync(page, 49.9, 50.1);

        await page.GetByLabel("Speed").SelectOptionAsync("2");
        await page.Keyboard.PressAsync("Escape");
        await page.GetByRole(AriaRole.Heading, new() { Level = 1 }).ClickAsync();
        await page.Keyboard.PressAsync("k");
        await ReachesAsync(page, 51, 60);
        Assert.Equal(2, await page.EvaluateAsync<double>("() => document.querySelector('[data-media]').playbackRate"));
        window.AssertQuiet();
    }

    [Fact]
    public async Task A_position_chosen_before_playing_is_where_playing_begins()
    {
        var id = AddPlayable();
        await using var window = await _browser.OpenAsync();
        var page = window.Page;
        await window.SignInAsync(_portal, $"/recordings/{id}");
        await Expect(page.Locator("recording-player[data-drawn]")).ToBeVisibleAsync();
        var wave = page.GetByRole(AriaRole.Slider, new() { Name = "Position" });
        var box = (await wave.BoundingBoxAsync())!;
        await wave.ClickAsync(new() { Position = new() { X = box.Width * 0.76f, Y = box.Height / 2 } });
        await Expect(page.Locator("[data-now]")).ToHaveTextAsync("0:45");
        await page.GetByRole(AriaRole.Button, new() { Name = "Play" }).ClickAsync();
        await ReachesAsync(page, 45.2, 60);
        window.AssertQuiet();
    }

    [Fact]
    public async Task An_expired_address_is_renewed_where_it_stopped()
    {
        var id = AddPlayable();
        _portal.Api.TicketLifetime = TimeSpan.FromSeconds(1);
        await using var window = await _browser.OpenAsync();
        var page = window.Page;
        await window.SignInAsync(_portal, $"/recordings/{id}");
        await page.GetByRole(AriaRole.Button, new() { Name = "Play" }).ClickAsync();
        await ReachesAsync(page, 0.2, 30);
        await page.GetByRole(AriaRole.Button, new() { Name = "Forward 10 seconds" }).ClickAsync();
        await ReachesAsync(page, 10, 30);
        await page.GetByRole(AriaRole.Button, new() { Name = "Pause" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Play" })).ToBeVisibleAsync();
        var stopped = await TimeAsync(page);
        var before = await page.Locator("[data-media]").GetAttributeAsync("src");
        await page.GetByRole(AriaRole.Button, new() { Name = "Play" }).ClickAsync();
        await Expect(page.Locator("[data-media]")).Not.ToHaveAttributeAsync("src", before!);
        await ReachesAsync(page, stopped + 0.2, stopped + 20);
        window.AssertQuiet();
    }

    [Fact]
    public async Task Media_that_cannot_be_read_is_said_in_words()
    {
        var id = (string)_portal.Api.Add()["id"]!;
        await using var window = await _browser.OpenAsync();
        var page = window.Page;
        await window.SignInAsync(_portal, $"/recordings/{id}");
        await page.GetByRole(AriaRole.Button, new() { Name = "Play" }).ClickAsync();
        await Expect(page.Locator("[data-note]")).ToContainTextAsync("download the recording");
        window.Forgive("404");
        window.AssertQuiet();
    }

    [Fact]
    public async Task Whoever_must_give_a_reason_is_asked_for_it_before_anything_is_fetched()
    {
        var id = AddPlayable();
        _portal.Api.Recordings.Single()["permissions"] = new JsonArray("play", "reason");
        await using var window = await _browser.OpenAsync();
        var page = window.Page;
        await window.SignInAsync(_portal, $"/recordings/{id}");
        await page.GetByRole(AriaRole.Button, new() { Name = "Play" }).ClickAsync();
        var question = page.GetByLabel("Why do you need to hear this recording?");
        await Expect(question).ToBeFocusedAsync();
        Assert.DoesNotContain(_portal.Api.Asked, call => call.Contains("playback-url", StringComparison.Ordinal));
        await question.FillAsync("complaint 7");
        await page.GetByRole(AriaRole.Button, new() { Name = "Play" }).ClickAsync();
        await ReachesAsync(page, 0.2, 30);
        Assert.Contains($"GET /api/v1/recordings/{id}/playback-url?quality=high&reason=complaint%207", _portal.Api.Asked);
        window.AssertQuiet();
    }

    [Fact]
    public async Task A_recording_becomes_playable_while_its_page_is_open()
    {
        var recording = _portal.Api.Add("processing");
        await using var window = await _browser.OpenAsync();
        var page = window.Page;
        await window.SignInAsync(_portal, $"/recordings/{recording["id"]}");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Processing" })).ToBeVisibleAsync();
        _portal.Api.Media[(string)recording["id"]!] = Sound;
        recording["duration_seconds"] = Sample.Seconds;
        recording["status"] = "ready";
        _portal.Api.Events.Tell("recording.ready", recording);
        await Expect(page.Locator("recording-player[data-drawn]")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Play" }).ClickAsync();
        await ReachesAsync(page, 0.2, 30);
        window.AssertQuiet();
    }

    [Fact]
    public async Task Deleting_asks_in_a_dialog_that_the_keyboard_can_leave()
    {
        var id = AddPlayable();
        await using var window = await _browser.OpenAsync();
        var page = window.Page;
        await window.SignInAsync(_portal, $"/recordings/{id}");
        await page.GetByRole(AriaRole.Link, new() { Name = "Delete" }).ClickAsync();
        var dialog = page.GetByRole(AriaRole.Dialog);
        await Expect(dialog).ToBeVisibleAsync();
        await Expect(page.GetByLabel("Reason")).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Escape");
        await Expect(dialog).ToBeHiddenAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Delete" }).ClickAsync();
        await page.GetByLabel("Reason").FillAsync("recorded by mistake");
        await page.GetByRole(AriaRole.Button, new() { Name = "Delete recording" }).ClickAsync();
        await Expect(page.GetByText("This recording was deleted.")).ToBeVisibleAsync();
        window.AssertQuiet();
    }

    [Fact]
    public async Task The_theme_follows_the_system_until_chosen_and_then_stays()
    {
        await using var window = await _browser.OpenAsync(scheme: ColorScheme.Dark);
        var page = window.Page;
        await window.SignInAsync(_portal);
        var html = page.Locator("html");
        await Expect(html).ToHaveAttributeAsync("data-bs-theme", "dark");
        await page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Light });
        await Expect(html).ToHaveAttributeAsync("data-bs-theme", "light");
        await page.GetByRole(AriaRole.Button, new() { Name = "Dark theme" }).ClickAsync();
        await Expect(html).ToHaveAttributeAsync("data-bs-theme", "dark");
        var drawn = await (await page.ReloadAsync())!.TextAsync();
        Assert.Contains("<html lang=\"en\" data-bs-theme=\"dark\"", drawn);
        window.AssertQuiet();
    }

    [Fact]
    public async Task The_keyboard_reaches_the_content_first()
    {
        AddPlayable();
        await using var window = await _browser.OpenAsync();
        var page = window.Page;
        await window.SignInAsync(_portal);
        await page.ReloadAsync();
        await page.Keyboard.PressAsync("Tab");
        var skip = page.GetByRole(AriaRole.Link, new() { Name = "Skip to content" });
        await Expect(skip).ToBeFocusedAsync();
        await Expect(skip).ToBeInViewportAsync();
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("#content")).ToBeFocusedAsync();
        window.AssertQuiet();
    }

    [Fact]
    public async Task On_a_phone_the_menu_is_a_drawer()
    {
        await using var window = await _browser.OpenAsync(390, 844);
        var page = window.Page;
        await window.SignInAsync(_portal);
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Upload" }).First).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Menu", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Navigation, new() { Name = "Main" }).GetByRole(AriaRole.Link, new() { Name = "Upload" }).ClickAsync();
        await page.WaitForURLAsync(_portal.Address + "/upload");
        window.AssertQuiet();
    }
}
