using System.Collections.Concurrent;
using Microsoft.Playwright;
using RecordingPlatform.Tests.Fixtures;

[assembly: AssemblyFixture(typeof(RecordingPlatform.Tests.Web.Browser))]

namespace RecordingPlatform.Tests.Web;

/// <summary>One Chromium for the run, started with the first test that wants a window.</summary>
public sealed class Browser : IAsyncDisposable
{
    readonly SemaphoreSlim _starting = new(1);
    IPlaywright? _playwright;
    IBrowser? _browser;

    public async Task<Window> OpenAsync(int width = 1440, int height = 900, ColorScheme scheme = ColorScheme.Light)
    {
        await _starting.WaitAsync();
        try
        {
            // A page that waits for two busy cores is slow, not wrong.
            Assertions.SetDefaultExpectTimeout(Window.PatienceMs);
            _playwright ??= await Playwright.CreateAsync();
            _browser ??= await _playwright.Chromium.LaunchAsync(new()
            {
                ExecutablePath = Programs.Find("chromium", []),
                // As root there is no sandbox; without a network Chromium's own calls home only cost time.
                Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--autoplay-policy=user-gesture-required"],
            });
        }
        finally
        {
            _starting.Release();
        }
        var context = await _browser.NewContextAsync(new() { ViewportSize = new() { Width = width, Height = height }, ColorScheme = scheme, TimezoneId = "Europe/Copenhagen", ReducedMotion = ReducedMotion.Reduce, Permissions = ["clipboard-write"] });
        return await Window.OfAsync(context);
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
            await _browser.DisposeAsync();
        _playwright?.Dispose();
        _starting.Dispose();
    }
}

/// <summary>A window with a profile of its own, which keeps every complaint of the page: a test ends with <see cref="AssertQuiet"/>.</summary>
public sealed class Window : IAsyncDisposable
{
    public const int PatienceMs = 20_000;

    readonly IBrowserContext _context;
    readonly ConcurrentQueue<string> _complaints = new();

    Window(IBrowserContext context, IPage page) => (_context, Page) = (context, page);

    public IPage Page { get; }

    internal static async Task<Window> OfAsync(IBrowserContext context)
    {
        var page = await context.NewPageAsync();
        page.SetDefaultTimeout(PatienceMs);
        var window = new Window(context, page);
        await page.AddInitScriptAsync("document.addEventListener('securitypolicyviolation', e => console.error(`policy: ${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}`))");
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
                window._complaints.Enqueue($"{message.Type}: {message.Text} ({message.Location})");
        };
        page.PageError += (_, error) => window._complaints.Enqueue($"uncaught: {error}");
        return window;
    }

    public Task SignInAsync(Portal portal, string path = "/recordings") => SignInAsync(portal.Address, path, ("ada@clinic.example", StandInApi.Password));

    /// <summary>Asks for a page, signs in on the way and ends on it.</summary>
    public async Task SignInAsync(string origin, string path, (string Email, string Password) user)
    {
        await Page.GotoAsync(origin + path);
        await Page.GetByLabel("E-mail").FillAsync(user.Email);
        await Page.GetByLabel("Password").FillAsync(user.Password);
        await Page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await Page.WaitForURLAsync(origin + path);
    }

    public void AssertQuiet() => Assert.True(_complaints.IsEmpty, string.Join('\n', _complaints));

    /// <summary>For a test whose subject is a failure, which browsers report by themselves.</summary>
    public void Forgive(string part)
    {
        var kept = _complaints.Where(c => !c.Contains(part, StringComparison.Ordinal)).ToList();
        _complaints.Clear();
        kept.ForEach(_complaints.Enqueue);
    }

    public async Task AssertNoSidewaysScrollAsync()
    {
        var wide = await Page.EvaluateAsync<string[]>("""
            () => document.documentElement.scrollWidth <= innerWidth ? []
              : [...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > innerWidth + 0.5).map(e => `${e.tagName}.${e.className} ${e.getBoundingClientRect().right}`)
            """);
        Assert.True(wide.Length == 0, $"{Page.Url} scrolls sideways: {string.Join('\n', wide)}");
    }

    public async ValueTask DisposeAsync() => await _context.DisposeAsync();
}
