using System.Text.Json.Nodes;
using Microsoft.Playwright;
using RecordingPlatform.Tests.Fixtures;
using static Microsoft.Playwright.Assertions;

namespace RecordingPlatform.Tests.Web;

/// <summary>The history in a browser: media are played in place, and what happens appears by itself.</summary>
public sealed class HistoryBrowserTests : IClassFixture<Portal>
{
    readonly Portal _portal;
    readonly Browser _browser;

    public HistoryBrowserTests(Portal portal, Browser browser)
    {
        (_portal, _browser) = (portal, browser);
        portal.Api.Reset();
    }

    async Task<IPage> OpenAsync(Window window, string path = "/history")
    {
        await window.SignInAsync(_portal, path);
        await Until.TrueAsync(() => Task.FromResult(_portal.Api.Events.Open == 1), TimeSpan.FromSeconds(20), "the page listens");
        return window.Page;
    }

    static Task AtAsync(IPage page, double from, double to) => Until.TrueAsync(
        async () => await page.EvaluateAsync<double>("() => document.querySelector('recording-player')?.now ?? -1") is var now && now >= from && now <= to, TimeSpan.FromSeconds(15), $"the player is between {from} and {to} s");

    static ILocator Line(IPage page, string text) => page.Locator(".conversation").Filter(new() { HasText = text });

    [Theory, InlineData(1440), InlineData(390)]
    public async Task A_medium_plays_below_its_line_one_at_a_time_and_escape_leads_back(int width)
    {
        var (first, second) = (_portal.Api.AddConversation(c => c["caller_phone"] = "+4511111111"), _portal.Api.AddConversation(c => c["caller_phone"] = "+4522222222"));
        var recording = _portal.Api.AddMedium(first);
        _portal.Api.AddMedium(second);
        await using var window = await _browser.OpenAsync(width, 900);
        var page = await OpenAsync(window);
        var one = Line(page, "+4511111111").GetByRole(AriaRole.Link, new() { Name = "Play audio, 1:00" });
        await one.FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await AtAsync(page, 0.2, 30);
        await Expect(page.Locator("recording-player[data-drawn]")).ToBeVisibleAsync();
        await Expect(Line(page, "+4511111111").Locator("recording-player")).ToBeVisibleAsync();
        await Expect(one).ToHaveAttributeAsync("aria-expanded", "true");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Pause" })).ToBeFocusedAsync();
        Assert.Equal(_portal.Address + "/history", page.Url);

        // Seeking by pointing at the waveform.
        var wave = (await page.GetByRole(AriaRole.Slider, new() { Name = "Position" }).BoundingBoxAsync())!;
        await page.Mouse.ClickAsync(wave.X + (wave.Width / 2), wave.Y + 20);
        await AtAsync(page, 29, 45);
        await window.AssertNoSidewaysScrollAsync();

        await Line(page, "+4522222222").GetByRole(AriaRole.Link, new() { Name = "Play audio, 1:00" }).ClickAsync();
        await Expect(Line(page, "+4522222222").Locator("recording-player[data-playing]")).ToBeVisibleAsync();
        await Expect(page.Locator("recording-player")).ToHaveCountAsync(1);
        await Expect(one).ToHaveAttributeAsync("aria-expanded", "false");

        await page.Keyboard.PressAsync("?");
        await Expect(page.GetByRole(AriaRole.Dialog)).ToBeVisibleAsync();
        await page.Keyboard.PressAsync("Escape");
        await Expect(page.GetByRole(AriaRole.Dialog)).ToBeHiddenAsync();
        await Expect(page.Locator("recording-player")).ToHaveCountAsync(1);
        await page.GetByRole(AriaRole.Button, new() { Name = "Pause" }).FocusAsync();
        await page.Keyboard.PressAsync("Escape");
        await Expect(page.Locator("recording-player")).ToHaveCountAsync(0);
        await Expect(Line(page, "+4522222222").GetByRole(AriaRole.Link, new() { Name = "Play audio, 1:00" })).ToBeFocusedAsync();

        await one.ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Close player" }).ClickAsync();
        await Expect(one).ToBeFocusedAsync();
        await one.ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Open recording" }).ClickAsync();
        await page.WaitForURLAsync($"{_portal.Address}/recordings/{recording["id"]}");
        window.AssertQuiet();
    }

    [Fact]
    public async Task A_call_and_then_its_sound_appear_while_a_filter_is_typed_and_another_plays()
    {
        var playing = _portal.Api.AddConversation(c => c["caller_phone"] = "+4511111111");
        _portal.Api.AddMedium(playing);
        for (var i = 0; i < 20; i++)
            _portal.Api.AddConversation(c => (c["caller_phone"], c["started_at"]) = ($"+453333{i:0000}", "2026-03-13T08:00:00Z"));
        _portal.Api.Conversations.Sort((a, b) => string.CompareOrdinal((string?)b["started_at"], (string?)a["started_at"]));
        await using var window = await _browser.OpenAsync();
        var page = await OpenAsync(window);
        await Line(page, "+4511111111").GetByRole(AriaRole.Link, new() { Name = "Play audio, 1:00" }).ClickAsync();
        await AtAsync(page, 0.2, 30);
        await page.EvaluateAsync("() => document.querySelector('recording-player').mark = 'the same'");
        // Folded out and half written: not sent before it is left.
        await page.GetByText("More", new() { Exact = true }).ClickAsync();
        await page.RouteAsync("**/history?*participant*", route => route.AbortAsync());
        await page.GetByLabel("Participant").FocusAsync();
        await page.EvaluateAsync("() => { document.querySelector('#participant').value = 'Lindq'; scrollTo(0, 100); }");
        var before = await TopOfAsync("#participant");

        var fresh = _portal.Api.AddConversation(c => (c["caller_phone"], c["started_at"], c["duration_seconds"], c["ended_at"]) = ("+4544444444", "2026-03-14T22:10:00Z", null, null));
        var expectation = _portal.Api.AddExpectation(fresh, "expected");
        _portal.Api.Events.TellOf("conversation.changed", fresh);
        await Expect(Line(page, "+4544444444")).ToContainTextAsync("Audio expected");
        await Expect(Line(page, "+4544444444")).ToContainTextAsync("going on");
        await UndisturbedAsync();

        fresh["expectations"] = new JsonArray();
        fresh["duration_seconds"] = 60;
        expectation["state"] = "received";
        var sound = _portal.Api.AddMedium(fresh, status: "processing");
        _portal.Api.Events.TellOf("expectation.changed", fresh);
        await Expect(Line(page, "+4544444444")).ToContainTextAsync("Processing");
        await UndisturbedAsync();

        (sound["status"], _portal.Api.Media[(string)sound["id"]!]) = ("ready", Sample.Wav(channels: 2));
        (fresh["media"]![0]!["status"], fresh["media"]![0]!["playable"], fresh["media"]![0]!["duration_seconds"]) = ("ready", true, 60);
        // What plays gets another medium beside it: only its marks are drawn anew.
        _portal.Api.AddMedium(playing, "video", "processing");
        _portal.Api.Events.Tell("recording.ready", sound);
        await Expect(Line(page, "+4544444444").GetByRole(AriaRole.Link, new() { Name = "Play audio, 1:00" })).ToBeVisibleAsync();
        await Expect(Line(page, "+4511111111")).ToContainTextAsync("Processing");
        await UndisturbedAsync();

        // Further down new lines above push nothing away from under the eyes.
        await page.GetByRole(AriaRole.Button, new() { Name = "Pause" }).FocusAsync();
        await page.EvaluateAsync("() => scrollTo(0, 450)");
        var player = await TopOfAsync("recording-player");
        var newest = _portal.Api.AddConversation(c => (c["caller_phone"], c["started_at"]) = ("+4555555555", "2026-03-14T22:20:00Z"));
        _portal.Api.Events.TellOf("conversation.changed", newest);
        await Expect(Line(page, "+4555555555")).ToBeAttachedAsync();
        Assert.InRange(await TopOfAsync("recording-player"), player - 1, player + 1);

        await Line(page, "+4544444444").GetByRole(AriaRole.Link, new() { Name = "Play audio, 1:00" }).ClickAsync();
        await Expect(Line(page, "+4544444444").Locator("recording-player[data-playing]")).ToBeVisibleAsync();
        Assert.All(_portal.Api.Asked.Where(a => a.StartsWith("GET /api/v1/history", StringComparison.Ordinal)).Skip(1), asked => Assert.EndsWith("live=true", asked));
        window.AssertQuiet();

        Task<double> TopOfAsync(string selector) => page.EvaluateAsync<double>("selector => document.querySelector(selector).getBoundingClientRect().top", selector);

        async Task UndisturbedAsync()
        {
            Assert.Equal("the same", await page.EvaluateAsync<string>("() => document.querySelector('recording-player[data-playing]')?.mark"));
            Assert.Equal("Lindq", await page.GetByLabel("Participant").InputValueAsync());
            await Expect(page.GetByLabel("Participant")).ToBeFocusedAsync();
            Assert.InRange(await TopOfAsync("#participant"), before - 1, before + 1);
            await Expect(Line(page, "+4511111111").Locator(".medium-plays").First).ToHaveAttributeAsync("aria-expanded", "true");
        }
    }

    [Fact]
    public async Task Filtering_keeps_a_player_whose_line_stays_and_closes_one_whose_line_goes()
    {
        var (first, second) = (_portal.Api.AddConversation(c => c["caller_phone"] = "+4511111111"), _portal.Api.AddConversation(c => c["caller_phone"] = "+4522222222"));
        _portal.Api.AddMedium(first);
        _portal.Api.AddMedium(second);
        await using var window = await _browser.OpenAsync();
        var page = await OpenAsync(window);
        await Line(page, "+4511111111").GetByRole(AriaRole.Link, new() { Name = "Play audio, 1:00" }).ClickAsync();
        await AtAsync(page, 0.2, 30);
        _portal.Api.Conversations.Remove(second);
        await page.GetByLabel("Kind").SelectOptionAsync("call");
        await Expect(Line(page, "+4522222222")).ToHaveCountAsync(0);
        await Expect(page.Locator("recording-player[data-playing]")).ToBeVisibleAsync();
        await Expect(page).ToHaveURLAsync(_portal.Address + "/history?kind=call");
        _portal.Api.Conversations.Clear();
        await page.GetByLabel("Kind").SelectOptionAsync("alarm");
        await Expect(page.GetByText("No conversation matches")).ToBeVisibleAsync();
        await Expect(page.Locator("recording-player")).ToHaveCountAsync(0);
        window.AssertQuiet();
    }

    [Fact]
    public async Task What_is_deleted_meanwhile_stops_playing()
    {
        var call = _portal.Api.AddConversation();
        var recording = _portal.Api.AddMedium(call);
        await using var window = await _browser.OpenAsync();
        var page = await OpenAsync(window);
        await page.GetByRole(AriaRole.Link, new() { Name = "Play audio, 1:00" }).ClickAsync();
        await AtAsync(page, 0.2, 30);
        recording["status"] = "deleted";
        call["media"] = new JsonArray();
        _portal.Api.Events.Tell("recording.deleted", recording);
        await Expect(page.Locator("recording-player")).ToHaveCountAsync(0);
        await Expect(Line(page, "+4512345678")).ToContainTextAsync("No media");
        window.AssertQuiet();
    }

    [Fact]
    public async Task A_player_that_cannot_be_had_says_so_and_can_be_asked_for_again()
    {
        var recording = _portal.Api.AddMedium(_portal.Api.AddConversation());
        await using var window = await _browser.OpenAsync();
        var page = await OpenAsync(window);
        _portal.Api.Fail($"/api/v1/recordings/{recording["id"]}", 503, "database_unavailable");
        var medium = page.GetByRole(AriaRole.Link, new() { Name = "Play audio, 1:00" });
        await medium.ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("The player cannot be opened right now.");
        _portal.Api.Fail("/nothing", 500, "");
        await medium.ClickAsync();
        await medium.ClickAsync();
        await AtAsync(page, 0.2, 30);
        window.Forgive("503");
        window.AssertQuiet();
    }

    [Fact]
    public async Task Whoever_must_give_a_reason_is_asked_for_it_below_the_line()
    {
        var recording = _portal.Api.AddMedium(_portal.Api.AddConversation());
        recording["permissions"] = new JsonArray("play", "reason");
        await using var window = await _browser.OpenAsync();
        var page = await OpenAsync(window);
        await page.GetByRole(AriaRole.Link, new() { Name = "Play audio, 1:00" }).ClickAsync();
        var question = page.GetByLabel("Why do you need to hear this recording?");
        await Expect(question).ToBeFocusedAsync();
        Assert.DoesNotContain(_portal.Api.Asked, call => call.Contains("playback-url", StringComparison.Ordinal));
        await question.FillAsync("complaint 7");
        await page.GetByRole(AriaRole.Button, new() { Name = "Play", Exact = true }).ClickAsync();
        await AtAsync(page, 0.2, 30);
        window.AssertQuiet();
    }
}
