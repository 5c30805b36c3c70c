using System.Text.Json.Nodes;
using Microsoft.Playwright;
using RecordingPlatform.Tests.Fixtures;
using static Microsoft.Playwright.Assertions;

namespace RecordingPlatform.Tests.Web;

/// <summary>Notes, titles and the head of a recording's page in a browser, while others change them too.</summary>
public sealed class NotesLiveTests : IClassFixture<Portal>
{
    readonly Portal _portal;
    readonly Browser _browser;
    readonly JsonObject _recording;

    public NotesLiveTests(Portal portal, Browser browser)
    {
        (_portal, _browser) = (portal, browser);
        portal.Api.Reset();
        _recording = portal.Api.Add();
        portal.Api.Media[Id] = Sample.Wav(channels: 2);
    }

    string Id => (string)_recording["id"]!;

    async Task<IPage> OpenAsync(Window window, string query = "")
    {
        await window.SignInAsync(_portal, $"/recordings/{Id}{query}");
        await Expect(window.Page.Locator("recording-player[data-drawn]")).ToBeVisibleAsync();
        await Until.TrueAsync(() => Task.FromResult(_portal.Api.Events.Open >= 1), TimeSpan.FromSeconds(20), "the page listens");
        return window.Page;
    }

    static Task<double> NowAsync(IPage page) => page.EvaluateAsync<double>("() => document.querySelector('recording-player').now");

    [Fact]
    public async Task A_note_is_written_at_the_moment_that_is_heard_marked_on_the_waveform_and_leads_back_there()
    {
        await using var window = await _browser.OpenAsync();
        var page = await OpenAsync(window, "?t=30");
        await Expect(page.GetByLabel("At", new() { Exact = true })).ToHaveValueAsync("0:30");
        await page.GetByRole(AriaRole.Heading, new() { Level = 1 }).ClickAsync();
        await page.Keyboard.PressAsync("n");
        var text = page.GetByRole(AriaRole.Textbox, new() { Name = "Note" });
        await Expect(text).ToBeFocusedAsync();
        await text.FillAsync("The turning point");
        await page.Keyboard.PressAsync("Control+Enter");
        var note = page.GetByRole(AriaRole.Listitem).Filter(new() { HasText = "The turning point" });
        await Expect(note).ToContainTextAsync("0:30");
        await Expect(text).ToHaveValueAsync("");
        var mark = page.Locator(".wave-marker");
        await Expect(mark).ToHaveAttributeAsync("title", "0:30 The turning point");
        var lanes = (await page.Locator("[data-lanes]").BoundingBoxAsync())!;
        var place = (await mark.BoundingBoxAsync())!;
        Assert.InRange(place.X + (place.Width / 2), lanes.X + (lanes.Width / 2) - 2, lanes.X + (lanes.Width / 2) + 2);

        await page.GetByRole(AriaRole.Slider, new() { Name = "Position" }).FocusAsync();
        await page.Keyboard.PressAsync("Home");
        await note.GetByRole(AriaRole.Link, new() { Name = "Play from 0:30" }).ClickAsync();
        await Until.TrueAsync(async () => await NowAsync(page) is > 30.1 and < 50, TimeSpan.FromSeconds(15), "it plays from the note");
        await Expect(note).ToHaveClassAsync(new System.Text.RegularExpressions.Regex("heard"));
        window.AssertQuiet();
    }

    [Fact]
    public async Task What_one_writes_the_other_sees_without_a_reload_and_what_they_are_writing_stays()
    {
        await using var one = await _browser.OpenAsync();
        await using var two = await _browser.OpenAsync();
        var writer = await OpenAsync(one);
        var reader = await OpenAsync(two);
        await Until.TrueAsync(() => Task.FromResult(_portal.Api.Events.Open == 2), TimeSpan.FromSeconds(20), "both pages listen");
        await reader.GetByRole(AriaRole.Textbox, new() { Name = "Note" }).FillAsync("half a sent");
        await writer.GetByRole(AriaRole.Textbox, new() { Name = "Note" }).FillAsync("Seen by both");
        await writer.GetByRole(AriaRole.Button, new() { Name = "Add note" }).ClickAsync();
        await Expect(writer.Locator("#note-list")).ToContainTextAsync("Seen by both");
        _portal.Api.Events.Tell("recording.notes_changed", _recording);
        await Expect(reader.Locator("#note-list")).ToContainTextAsync("Seen by both");
        await Expect(reader.GetByRole(AriaRole.Textbox, new() { Name = "Note" })).ToHaveValueAsync("half a sent");

        await writer.GetByRole(AriaRole.Link, new() { Name = "Edit note" }).ClickAsync();
        var edited = writer.Locator("#note-edit-text");
        await Expect(edited).ToBeFocusedAsync();
        await edited.FillAsync("Seen by both, twice");
        _portal.Api.Notes.Add("Meanwhile", 5, "Dr. Lindqvist");
        _portal.Api.Events.Tell("recording.notes_changed", _recording);
        await Expect(reader.Locator("#note-list")).ToContainTextAsync("Meanwhile");
        await Expect(edited).ToHaveValueAsync("Seen by both, twice");
        await writer.GetByRole(AriaRole.Button, new() { Name = "Save note" }).ClickAsync();
        await Expect(writer.Locator("#note-list")).ToContainTextAsync("Seen by both, twice");
        await Expect(writer.Locator("#note-list")).ToContainTextAsync("Meanwhile");

        await writer.GetByRole(AriaRole.Link, new() { Name = "Edit note" }).ClickAsync();
        await Expect(writer.Locator("#note-edit-text")).ToBeFocusedAsync();
        await writer.Keyboard.PressAsync("Escape");
        await Expect(writer.Locator("#note-edit-text")).ToHaveCountAsync(0);
        await writer.GetByRole(AriaRole.Link, new() { Name = "Delete note" }).ClickAsync();
        await writer.GetByRole(AriaRole.Button, new() { Name = "Delete note" }).ClickAsync();
        await Expect(writer.Locator("#note-list")).Not.ToContainTextAsync("twice");
        one.AssertQuiet();
        two.AssertQuiet();
    }

    [Fact]
    public async Task A_note_that_cannot_be_saved_keeps_its_text_and_says_so()
    {
        await using var window = await _browser.OpenAsync();
        var page = await OpenAsync(window);
        var text = page.GetByRole(AriaRole.Textbox, new() { Name = "Note" });
        await text.FillAsync("Do not lose this");
        await page.GetByLabel("At", new() { Exact = true }).FillAsync("12:00");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add note" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("outside of the recording");
        await page.RouteAsync("**/notes", route => route.AbortAsync());
        await page.GetByRole(AriaRole.Button, new() { Name = "Add note" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("could not be saved");
        await Expect(text).ToHaveValueAsync("Do not lose this");
        await page.UnrouteAsync("**/notes");
        await page.GetByLabel("At", new() { Exact = true }).FillAsync("0:12");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add note" }).ClickAsync();
        await Expect(page.Locator("#note-list")).ToContainTextAsync("Do not lose this");
        await Expect(page.Locator("#note-refusal")).ToBeHiddenAsync();
        window.Forgive("422");
        window.Forgive("net::ERR_FAILED");
        window.Forgive("Failed to fetch");
        window.AssertQuiet();
    }

    [Fact]
    public async Task Title_buttons_and_facts_follow_what_happens_and_nobody_is_interrupted_while_listening()
    {
        await using var window = await _browser.OpenAsync();
        var page = await OpenAsync(window);
        await page.EvaluateAsync("() => document.querySelector('recording-player').kept = true");
        await page.GetByRole(AriaRole.Button, new() { Name = "Play" }).ClickAsync();
        await Until.TrueAsync(async () => await NowAsync(page) > 0.2, TimeSpan.FromSeconds(15), "it plays");
        (_recording["title"], _recording["legal_hold"], _recording["held_since"]) = ("Renamed elsewhere", true, "2026-03-18T09:12:00Z");
        _recording["permissions"] = new JsonArray("play", "edit");
        _portal.Api.Events.Tell("recording.changed", _recording);
        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Renamed elsewhere");
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Download" })).ToHaveCountAsync(0);
        await Expect(page.GetByText("On legal hold")).ToBeVisibleAsync();
        Assert.True(await page.EvaluateAsync<bool>("() => document.querySelector('recording-player').kept && !document.querySelector('[data-media]').paused"));

        _recording["status"] = "deleted";
        _portal.Api.Events.Tell("recording.deleted", _recording);
        await Expect(page.GetByText("This recording was deleted.")).ToBeVisibleAsync();
        await Expect(page.Locator("recording-player")).ToHaveCountAsync(0);
        await Expect(page.Locator("#notes")).ToHaveCountAsync(0);
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Rename" })).ToHaveCountAsync(0);
        window.AssertQuiet();
    }

    [Fact]
    public async Task A_title_is_changed_in_its_place_by_keyboard_and_not_overwritten_while_it_is_typed()
    {
        await using var window = await _browser.OpenAsync();
        var page = await OpenAsync(window);
        await page.GetByRole(AriaRole.Link, new() { Name = "Rename" }).FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        var field = page.GetByRole(AriaRole.Textbox, new() { Name = "Title" });
        await Expect(field).ToBeFocusedAsync();
        await field.FillAsync("Half a ti");
        _recording["source"] = "zoom";
        _portal.Api.Events.Tell("recording.changed", _recording);
        await Expect(page.Locator("#recording-line")).ToContainTextAsync("Zoom");
        await Expect(field).ToHaveValueAsync("Half a ti");
        await field.FillAsync("refused");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByRole(AriaRole.Alert).Filter(new() { HasText = "Another title" })).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Title" }).FillAsync("A whole title");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("A whole title");
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Rename" })).ToBeFocusedAsync();
        await Expect(page).ToHaveTitleAsync(new System.Text.RegularExpressions.Regex("A whole title"));
        await page.Keyboard.PressAsync("Enter");
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Title" }).FillAsync("Never mind");
        await page.Keyboard.PressAsync("Escape");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("A whole title");
        window.Forgive("422");
        window.AssertQuiet();
    }
}
