using Microsoft.Playwright;

namespace RecordingPlatform.Tests.Web;

/// <summary>Pages on a phone and on a desk, light and dark. Pictures go to <c>shots</c> beside the tests' program, for eyes.</summary>
internal static class PageLooks
{
    public static TheoryData<string, int, ColorScheme> Of(params string[] pages)
    {
        var data = new TheoryData<string, int, ColorScheme>();
        foreach (var page in pages)
        {
            foreach (var scheme in new[] { ColorScheme.Light, ColorScheme.Dark })
            {
                data.Add(page, 1440, scheme);
                data.Add(page, 390, scheme);
            }
        }
        return data;
    }

    public static Task<Window> OpenAsync(Browser browser, int width, ColorScheme scheme) => browser.OpenAsync(width, width < 500 ? 844 : 900, scheme);

    /// <summary>Fits its window, is drawn without complaint and is accessible.</summary>
    /// <param name="window">Where the page is, in the state to look at.</param>
    /// <param name="shot">The picture's name.</param>
    /// <param name="fullPage">Whether the picture shows what lies below the window too.</param>
    /// <param name="failsToLoad">Whether the state is one in which something cannot be loaded.</param>
    public static async Task AssertGoodAsync(Window window, string shot, bool fullPage, bool failsToLoad)
    {
        await window.AssertNoSidewaysScrollAsync();
        await ShootAsync(window.Page, shot, fullPage);
        if (failsToLoad)
            window.Forgive("Failed to load resource");
        window.AssertQuiet();
        // Last, because it tries a style element of its own, which the policy refuses.
        await Axe.AssertAccessibleAsync(window.Page);
    }

    public static async Task ShootAsync(IPage page, string name, bool fullPage)
    {
        var shots = Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, "shots"));
        await page.ScreenshotAsync(new() { Path = Path.Combine(shots.FullName, $"{name}.png"), FullPage = fullPage });
    }
}
