using System.IO.Compression;
using Microsoft.Playwright;
using RecordingPlatform.Tests.Fixtures;
using static Microsoft.Playwright.Assertions;

namespace RecordingPlatform.Tests.Web;

public sealed class ListBrowserTests : IClassFixture<Portal>
{
    readonly Portal _portal;
    readonly Browser _browser;

    public ListBrowserTests(Portal portal, Browser browser)
    {
        (_portal, _browser) = (portal, browser);
        portal.Api.Reset();
    }

    [Fact]
    public async Task A_filter_is_saved_under_a_name_and_used_again()
    {
        _portal.Api.Add(title: "Morning call");
        await using var window = await _browser.OpenAsync();
        var page = window.Page;
        await window.SignInAsync(_portal);
        await page.GetByLabel("Status").SelectOptionAsync("ready");
        await page.GetByText("Save filter").ClickAsync();
        await page.GetByLabel("Name of this filter").FillAsync("All that is ready");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save", Exact = true }).ClickAsync();
        var tab = page.GetByRole(AriaRole.Navigation, new() { Name = "Saved filters" }).GetByRole(AriaRole.Link, new() { Name = "All that is ready" });
        await Expect(tab).ToHaveAttributeAsync("aria-current", "page");

        await page.GotoAsync(_portal.Address + "/recordings");
        await tab.ClickAsync();
        await Expect(page).ToHaveURLAsync(_portal.Address + "/recordings?status=ready");
        await Expect(page.GetByLabel("Status")).ToHaveValueAsync("ready");
        // Another filter beside it: the tab is not what is shown any more, and the new view can be saved.
        await page.GetByLabel("Search").PressSequentiallyAsync("call");
        await Expect(tab).Not.ToHaveAttributeAsync("aria-current", "page");
        await Expect(page.GetByText("Save filter")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Remove filter call" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Forget filter All that is ready" }).ClickAsync();
        await Expect(page).ToHaveURLAsync(_portal.Address + "/recordings");
        await Expect(tab).ToHaveCountAsync(0);
        window.AssertQuiet();
    }

    [Fact]
    public async Task Ticked_rows_stay_ticked_while_the_list_moves_and_what_leaves_it_is_let_go()
    {
        foreach (var title in new[] { "First call", "Second call", "Third call" })
            _portal.Api.Add("processing", title);
        await using var window = await _browser.OpenAsync();
        var page = window.Page;
        await window.SignInAsync(_portal);
        await Until.TrueAsync(() => Task.FromResult(_portal.Api.Events.Open == 1), TimeSpan.FromSeconds(20), "the stream is open");
        var bar = page.GetByRole(AriaRole.Form, new() { Name = "Selected recordings" });
        await Expect(bar).ToBeHiddenAsync();
        await page.GetByLabel("Select Second call").FocusAsync();
        await page.Keyboard.PressAsync("Space");
        await page.GetByLabel("Select Third call").CheckAsync();
        await Expect(bar.GetByRole(AriaRole.Status)).ToHaveTextAsync("2 selected");

        // A new row above, and one of the ticked changes.
        _portal.Api.Recordings[1]["status"] = "ready";
        _portal.Api.Recordings.Insert(0, Sample.Recording("stored", "Fresh call"));
        _portal.Api.Events.Tell("recording.stored", _portal.Api.Recordings[0]);
        await Expect(page.GetByLabel("Select Fresh call")).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Row).Filter(new() { HasText = "Second call" })).ToContainTextAsync("Ready");
        await Expect(page.GetByLabel("Select Second call")).ToBeCheckedAsync();
        await Expect(page.GetByLabel("Select Third call")).ToBeCheckedAsync();
        await Expect(page.GetByLabel("Select Fresh call")).Not.ToBeCheckedAsync();
        await Expect(page.GetByLabel("Select First call")).Not.ToBeCheckedAsync();
        await Expect(bar.GetByRole(AriaRole.Status)).ToHaveTextAsync("2 selected");

        var gone = _portal.Api.Recordings.Single(r => (string?)r["title"] == "Third call");
        _portal.Api.Recordings.Remove(gone);
        _portal.Api.Events.Tell("recording.deleted", gone);
        await Expect(bar.GetByRole(AriaRole.Status)).ToHaveTextAsync("1 selected");

        await page.GetByLabel("Select all on this page").CheckAsync();
        await Expect(bar.GetByRole(AriaRole.Status)).ToHaveTextAsync("3 selected");
        await page.GetByLabel("Select First call").UncheckAsync();
        Assert.True(await page.GetByLabel("Select all on this page").EvaluateAsync<bool>("box => box.indeterminate"));
        await bar.GetByRole(AriaRole.Button, new() { Name = "Clear selection" }).ClickAsync();
        await Expect(bar).ToBeHiddenAsync();
        await Expect(page.GetByLabel("Select Fresh call")).ToBeFocusedAsync();
        await page.GetByLabel("Select Fresh call").CheckAsync();
        await page.GetByLabel("Select Second call").ClickAsync(new() { Modifiers = [KeyboardModifier.Shift] });
        await Expect(bar.GetByRole(AriaRole.Status)).ToHaveTextAsync("3 selected");
        window.AssertQuiet();
    }

    [Theory, InlineData(1440), InlineData(390)]
    public async Task Ticked_recordings_are_saved_as_one_archive_and_deleted_for_a_reason(int width)
    {
        var (one, held) = (_portal.Api.Add(title: "One"), _portal.Api.Add(title: "Held", with: r => r["legal_hold"] = true));
        _portal.Api.Add(title: "Untouched");
        await using var window = await _browser.OpenAsync(width, 844);
        var page = window.Page;
        await window.SignInAsync(_portal, "/recordings?status=ready");
        await page.GetByLabel("Select One").CheckAsync();
        await page.GetByLabel("Select Held").CheckAsync();
        var download = await page.RunAndWaitForDownloadAsync(() => page.GetByRole(AriaRole.Button, new() { Name = "Download" }).ClickAsync());
        Assert.Equal("recordings-20260314-223000.zip", download.SuggestedFilename);
        using (var zip = ZipFile.OpenRead(await download.PathAsync()))
            Assert.Equal(new[] { $"{one["id"]}.wav", $"{held["id"]}.wav" }.Order(), zip.Entries.Select(e => e.Name).Order());
        Assert.Equal(_portal.Address + "/recordings?status=ready", page.Url);

        await page.GetByRole(AriaRole.Button, new() { Name = "Delete…" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Delete 2 recordings?" })).ToBeVisibleAsync();
        await Expect(page.GetByLabel("Reason")).ToBeFocusedAsync();
        await page.GetByLabel("Reason").FillAsync("recorded by mistake");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("1 recording deleted, 1 kept.");
        await Expect(page.GetByRole(AriaRole.Listitem).Filter(new() { HasText = "Held" })).ToContainTextAsync("Case 12/2026");
        await window.AssertNoSidewaysScrollAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Back to the list" }).ClickAsync();
        await Expect(page).ToHaveURLAsync(_portal.Address + "/recordings?status=ready");
        Assert.Equal("ready", (string?)_portal.Api.Recordings[2]["status"]);
        window.AssertQuiet();
    }

    [Fact]
    public async Task The_overview_follows_what_happens()
    {
        await using var window = await _browser.OpenAsync();
        var page = window.Page;
        await window.SignInAsync(_portal, "/");
        await Until.TrueAsync(() => Task.FromResult(_portal.Api.Events.Open == 1), TimeSpan.FromSeconds(20), "the stream is open");
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Recorded today: 0" })).ToBeVisibleAsync();
        await Expect(page.GetByText("No recordings yet")).ToBeVisibleAsync();
        _portal.Api.Events.Tell("recording.stored", _portal.Api.Add("stored", "Just in"));
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Recorded today: 1" })).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Just in" })).ToBeVisibleAsync();
        Assert.Contains(_portal.Api.Asked, asked => asked.StartsWith("GET /api/v1/overview?", StringComparison.Ordinal) && asked.EndsWith("&live=true", StringComparison.Ordinal));
        // An outage leaves what is shown.
        _portal.Api.Fail("/api/v1/overview", 503, "unavailable");
        var failed = page.WaitForResponseAsync(answer => answer.Url.EndsWith("/?live=true", StringComparison.Ordinal) && answer.Status == 503);
        _portal.Api.Events.Tell("recording.ready", _portal.Api.Recordings[0]);
        await failed;
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Recorded today: 1" })).ToBeVisibleAsync();
        window.Forgive("503");
        window.AssertQuiet();
    }

    [Theory, InlineData(0), InlineData(1), InlineData(10_000)]
    public async Task However_many_there_are_the_list_fits_a_phone_and_a_desk(int count)
    {
        for (var i = 0; i < count; i++)
            _portal.Api.Add(title: i % 3 == 0 ? $"An_intake_session_of_which_the_name_has_no_space_at_all_and_never_ends_{i:00000}" : $"Call {i:00000}", with: r => r["source"] = "azure_communication_services");
        _portal.Api.GivesPages = true;
        foreach (var width in new[] { 390, 1440 })
        {
            await using var window = await _browser.OpenAsync(width, 900);
            var page = window.Page;
            await window.SignInAsync(_portal, "/recordings");
            await Expect(page.Locator("tbody tr")).ToHaveCountAsync(Math.Min(count, 25));
            await window.AssertNoSidewaysScrollAsync();
            if (count > 25)
            {
                await page.GotoAsync(_portal.Address + "/recordings?cursor=9000");
                await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Call 09001" })).ToBeVisibleAsync();
                await window.AssertNoSidewaysScrollAsync();
                await page.GetByRole(AriaRole.Link, new() { Name = "Older" }).ClickAsync();
                await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Call 09025" })).ToBeVisibleAsync();
                await page.GetByRole(AriaRole.Link, new() { Name = "Newer" }).ClickAsync();
                await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Call 09001" })).ToBeVisibleAsync();
                await PageLooks.ShootAsync(page, $"many-{width}", fullPage: true);
            }
            window.AssertQuiet();
            await Axe.AssertAccessibleAsync(page);
        }
    }
}
