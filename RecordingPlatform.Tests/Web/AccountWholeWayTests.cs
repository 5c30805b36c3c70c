using Microsoft.Playwright;
using RecordingPlatform.Tests.Fixtures;
using static Microsoft.Playwright.Assertions;

namespace RecordingPlatform.Tests.Web;

/// <summary>The account page in a browser over the real platform.</summary>
public sealed class AccountWholeWayTests(PostgresCluster cluster, Browser browser)
{
    [Fact]
    public async Task Somebody_signs_another_device_out_and_replaces_their_password()
    {
        await using var platform = await Platform.StartAsync(cluster, new PlatformSettings { Workers = 0 });
        await using var portal = await PortalProcess.StartAsync(platform.Url.GetLeftPart(UriPartial.Authority), ("Portal__ApiKey", Platform.PortalKey));
        var (email, password) = platform.UserOf("operator");
        await using var desk = await browser.OpenAsync();
        await using var phone = await browser.OpenAsync(390, 844);
        await SignInAsync(phone.Page, portal, email, password);
        await SignInAsync(desk.Page, portal, email, password);

        // Both are this browser; the one that asks is marked, and cannot sign itself out here.
        var page = desk.Page;
        await page.GetByTitle("Account").ClickAsync();
        var devices = page.Locator(".device");
        await Expect(devices).ToHaveCountAsync(2);
        await Expect(devices.First).ToContainTextAsync("Chrome on Linux");
        await Expect(devices.First).ToContainTextAsync("This device");
        await Expect(devices.Last).ToContainTextAsync("127.0.0.1");
        await devices.Last.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await Expect(page.GetByText("1 device signed out.")).ToBeVisibleAsync();
        await Expect(devices).ToHaveCountAsync(1);
        await phone.Page.ReloadAsync();
        await Expect(phone.Page.GetByRole(AriaRole.Heading, new() { Name = "Sign in" })).ToBeVisibleAsync();

        await SignInAsync(phone.Page, portal, email, password);
        await ChangeAsync(page, "not the password", "twelve letters and more");
        await Expect(page.GetByRole(AriaRole.Alert)).ToHaveTextAsync("The current password is not right.");
        await ChangeAsync(page, password, "twelve letters and more");
        await Expect(page.GetByText("Your password is changed, and 1 other device signed out.")).ToBeVisibleAsync();
        await phone.Page.ReloadAsync();
        await SignInAsync(phone.Page, portal, email, "twelve letters and more");

        desk.Forgive("403 (Forbidden)");
        desk.AssertQuiet();
        phone.AssertQuiet();
    }

    static async Task SignInAsync(IPage page, PortalProcess portal, string email, string password)
    {
        await page.GotoAsync(portal.Address + "/sign-in");
        await page.GetByLabel("E-mail").FillAsync(email);
        await page.GetByLabel("Password").FillAsync(password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await Expect(page.GetByLabel("Password")).ToHaveCountAsync(0);
    }

    static async Task ChangeAsync(IPage page, string current, string chosen)
    {
        await page.GetByLabel("Current password").FillAsync(current);
        await page.GetByLabel("New password", new() { Exact = true }).FillAsync(chosen);
        await page.GetByLabel("New password again").FillAsync(chosen);
        await page.GetByRole(AriaRole.Button, new() { Name = "Change password" }).ClickAsync();
    }
}
