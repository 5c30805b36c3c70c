using Microsoft.Playwright;
using RecordingPlatform.Tests.Fixtures;
using static Microsoft.Playwright.Assertions;

namespace RecordingPlatform.Tests.Web;

/// <summary>How pages keep themselves up to date, over a stand-in: one stream for all tabs, only while somebody looks.</summary>
public sealed class LiveTests : IClassFixture<Portal>
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    readonly Portal _portal;
    readonly Browser _browser;

    public LiveTests(Portal portal, Browser browser)
    {
        (_portal, _browser) = (portal, browser);
        portal.Api.Reset();
    }

    [Fact]
    public async Task New_rows_appear_and_statuses_change_without_touching_what_the_reader_does()
    {
        var recording = _portal.Api.Add("processing", "Morning call");
        await using var window = await _browser.OpenAsync();
        var page = window.Page;
        await window.SignInAsync(_portal);
        await OpenAsync(1);
        await page.GetByRole(AriaRole.Link, new() { Name = "Morning call" }).FocusAsync();
        recording["status"] = "ready";
        _portal.Api.Events.Tell("recording.ready", recording);
        await Expect(Row(page, "Morning call")).ToContainTextAsync("Ready");
        _portal.Api.Events.Tell("recording.stored", _portal.Api.Add("stored", "Evening call"));
        await Expect(Row(page, "Evening call")).ToContainTextAsync("Waiting");
        await Expect(page.Locator("#recordings-count")).ToContainTextAsync("2");
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Morning call" })).ToBeFocusedAsync();
        Assert.Equal(_portal.Address + "/recordings", page.Url);
        window.AssertQuiet();
    }

    [Fact]
    public async Task A_refresh_keeps_the_filter_and_says_that_nobody_asked_for_it()
    {
        var recording = _portal.Api.Add("processing");
        await using var window = await _browser.OpenAsync();
        await window.SignInAsync(_portal, "/recordings?q=intake&status=processing");
        await OpenAsync(1);
        _portal.Api.Events.Tell("recording.ready", recording);
        await Until.TrueAsync(() => Task.FromResult(_portal.Api.Asked.Any(a => a.StartsWith("GET /api/v1/recordings?", StringComparison.Ordinal)
            && a.Contains("q=intake", StringComparison.Ordinal) && a.Contains("status=processing", StringComparison.Ordinal) && a.EndsWith("&live=true", StringComparison.Ordinal))), Patience, "the list asks with its filter");
        window.AssertQuiet();
    }

    [Fact]
    public async Task Progress_moves_the_bar_without_asking()
    {
        var recording = _portal.Api.Add("processing", with: r => r["progress"] = 0.2);
        await using var window = await _browser.OpenAsync();
        await window.SignInAsync(_portal, $"/recordings/{recording["id"]}");
        await OpenAsync(1);
        var asked = _portal.Api.Asked.Count;
        _portal.Api.Events.Tell("recording.progress", recording, 0.7);
        await Expect(window.Page.Locator("progress")).ToHaveJSPropertyAsync("value", 0.7);
        Assert.Equal(asked, _portal.Api.Asked.Count);
        window.AssertQuiet();
    }

    [Fact]
    public async Task Tabs_share_one_stream_which_ends_with_the_last_look_and_goes_on_from_there()
    {
        var recording = _portal.Api.Add("processing", "Shared call");
        await using var window = await _browser.OpenAsync();
        var first = window.Page;
        await window.SignInAsync(_portal);
        await OpenAsync(1);
        var second = await first.Context.NewPageAsync();
        await second.GotoAsync($"{_portal.Address}/recordings/{recording["id"]}");
        await Expect(second.GetByRole(AriaRole.Heading, new() { Name = "Processing" })).ToBeVisibleAsync();
        _portal.Api.Events.Tell("recording.progress", recording, 0.5);
        await Expect(second.Locator("progress")).ToHaveJSPropertyAsync("value", 0.5);
        Assert.Equal(1, _portal.Api.Events.Open);

        await LookAsync(first, away: true);
        await LookAsync(second, away: true);
        await OpenAsync(0);
        // Missed while nobody looked.
        recording["status"] = "failed";
        _portal.Api.Events.Tell("recording.failed", recording);
        await LookAsync(second, away: false);
        await Expect(second.GetByRole(AriaRole.Heading, new() { Name = "Failed" })).ToBeVisibleAsync();
        await LookAsync(first, away: false);
        await Expect(Row(first, "Shared call")).ToContainTextAsync("Failed");
        Assert.Equal(1, _portal.Api.Events.Open);
        window.AssertQuiet();
    }

    [Fact]
    public async Task What_happens_between_the_drawing_of_a_page_and_its_stream_is_not_lost()
    {
        var recording = _portal.Api.Add("processing", "Early call");
        await using var window = await _browser.OpenAsync();
        var page = window.Page;
        await window.SignInAsync(_portal, "/upload");
        // The page is drawn; its script comes only after the event.
        var held = new TaskCompletionSource();
        await page.RouteAsync("**/js/live*.js", async route =>
        {
            await held.Task;
            await route.ContinueAsync();
        });
        await page.GotoAsync(_portal.Address + "/recordings", new() { WaitUntil = WaitUntilState.Commit });
        await Expect(Row(page, "Early call")).ToContainTextAsync("Processing");
        recording["status"] = "ready";
        _portal.Api.Events.Tell("recording.ready", recording);
        held.SetResult();
        await Expect(Row(page, "Early call")).ToContainTextAsync("Ready");
    }

    [Fact]
    public async Task A_refresh_that_fails_takes_nothing_away_and_is_tried_again()
    {
        var recording = _portal.Api.Add("processing", "Unlucky call");
        await using var window = await _browser.OpenAsync();
        var page = window.Page;
        await window.SignInAsync(_portal);
        await OpenAsync(1);
        _portal.Api.Fail("/api/v1/recordings", 503, "database_unavailable");
        recording["status"] = "ready";
        var refused = page.WaitForResponseAsync(answer => answer.Status == 503);
        _portal.Api.Events.Tell("recording.ready", recording);
        await refused;
        await Expect(Row(page, "Unlucky call")).ToContainTextAsync("Processing");
        // The database is back, and nothing else happens.
        _portal.Api.Fail("/nothing", 500, "");
        await Expect(Row(page, "Unlucky call")).ToContainTextAsync("Ready", new() { Timeout = 20_000 });
        window.Forgive("503");
        window.AssertQuiet();
    }

    Task OpenAsync(int streams) => Until.TrueAsync(() => Task.FromResult(_portal.Api.Events.Open == streams), Patience, $"{streams} streams are open");

    static ILocator Row(IPage page, string title) => page.GetByRole(AriaRole.Row).Filter(new() { HasText = title });

    static async Task LookAsync(IPage page, bool away) => await page.EvaluateAsync(
        "away => { Object.defineProperty(document, 'hidden', { value: away, configurable: true }); document.dispatchEvent(new Event('visibilitychange')); }", away);
}
