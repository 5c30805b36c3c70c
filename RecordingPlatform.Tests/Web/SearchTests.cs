using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace RecordingPlatform.Tests.Web;

public sealed class SearchTests : IClassFixture<Portal>
{
    readonly Portal _portal;
    readonly Browser _browser;

    public SearchTests(Portal portal, Browser browser)
    {
        (_portal, _browser) = (portal, browser);
        portal.Api.Reset();
    }

    [Fact]
    public async Task Typing_in_the_search_box_narrows_the_list_and_the_address()
    {
        _portal.Api.Add();
        await using var window = await _browser.OpenAsync();
        var page = window.Page;
        await window.SignInAsync(_portal);
        _portal.Api.Recordings.Clear();
        await page.GetByLabel("Search").PressSequentiallyAsync("anna");
        await Expect(page.GetByText("No recording matches")).ToBeVisibleAsync();
        await Expect(page).ToHaveURLAsync(_portal.Address + "/recordings?q=anna");
        await Expect(page.GetByLabel("Search")).ToBeFocusedAsync();
        Assert.Contains("GET /api/v1/recordings?q=anna&page_size=25", _portal.Api.Asked);
        await page.GetByLabel("Status").SelectOptionAsync("ready");
        await Expect(page).ToHaveURLAsync(_portal.Address + "/recordings?q=anna&status=ready");
        await page.GetByRole(AriaRole.Link, new() { Name = "Clear", Exact = true }).ClickAsync();
        await Expect(page).ToHaveURLAsync(_portal.Address + "/recordings");
        await page.GoBackAsync();
        await Expect(page.GetByLabel("Search")).ToHaveValueAsync("anna");
        window.AssertQuiet();
    }

    /// <summary>A request sent as the field loses focus would replace the link under the pointer, and the click would be lost.</summary>
    [Fact]
    public async Task Leaving_the_search_box_asks_nothing_again()
    {
        _portal.Api.Add();
        await using var window = await _browser.OpenAsync();
        var page = window.Page;
        await window.SignInAsync(_portal);
        _portal.Api.Recordings.Clear();
        await page.GetByLabel("Search").PressSequentiallyAsync("anna");
        await Expect(page.GetByText("No recording matches")).ToBeVisibleAsync();
        var asked = new List<string>();
        page.Request += (_, request) => asked.Add(request.Url);
        await page.GetByRole(AriaRole.Link, new() { Name = "Clear", Exact = true }).HoverAsync();
        await page.Mouse.DownAsync();
        await Expect(page.GetByLabel("Search")).Not.ToBeFocusedAsync();
        Assert.Empty(asked);
        await page.Mouse.UpAsync();
        await Expect(page).ToHaveURLAsync(_portal.Address + "/recordings");
        window.AssertQuiet();
    }
}
