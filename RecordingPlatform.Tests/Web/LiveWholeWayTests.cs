using System.Diagnostics;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using RecordingPlatform.Tests.Events;
using RecordingPlatform.Tests.Fixtures;
using RecordingPlatform.Tests.Story;
using static Microsoft.Playwright.Assertions;

namespace RecordingPlatform.Tests.Web;

/// <summary>From the commit to the screen over the real platform, and what goes over the wire meanwhile.</summary>
public sealed partial class LiveWholeWayTests(LivePlatform live, Browser browser) : IClassFixture<LivePlatform>
{
    static readonly TimeSpan Promised = TimeSpan.FromSeconds(2);

    [Fact]
    public async Task The_list_and_a_recordings_page_follow_within_two_seconds_and_an_idle_page_asks_nothing()
    {
        var platform = live.Platform;
        await using var portal = await PortalProcess.StartAsync(platform.Url.GetLeftPart(UriPartial.Authority), ("Portal__ApiKey", Platform.PortalKey),
            ("Logging__LogLevel__Microsoft.AspNetCore.Hosting.Diagnostics", "Information"));
        await using var window = await browser.OpenAsync();
        var page = window.Page;
        var (email, password) = platform.UserOf("practice_manager");
        await window.SignInAsync(portal.Address, "/recordings", (email, password));
        await StreamsAsync(portal, 1);

        // The upload answers once it is committed.
        var id = await Platform.UploadAsync(live.Admin, SampleMedia.Speech, "x.wav", ("title", "Just in"));
        var committed = Stopwatch.StartNew();
        var row = page.GetByRole(AriaRole.Row).Filter(new() { HasText = "Just in" });
        await Expect(row).ToBeVisibleAsync();
        Assert.True(committed.Elapsed < Promised, $"The row came after {committed.Elapsed}.");
        await ShownAfterItsCommitAsync(id, "recording.ready", () => Expect(row).ToContainTextAsync("Ready"));

        await AsksNothingAsync(page, portal, streams: 1);

        // A pointer that rests on the player is somebody about to listen: the page would ask for an address.
        await page.Mouse.MoveAsync(0, 0);
        await page.GotoAsync($"{portal.Address}/recordings/{id}");
        await Expect(page.Locator("recording-player[data-drawn]")).ToBeVisibleAsync();
        await StreamsAsync(portal, 2);
        await AsksNothingAsync(page, portal, streams: 2);
        using (var manager = await platform.SignInAsync("practice_manager"))
            await Platform.ReadAsync(await manager.DeleteAsync($"api/v1/recordings/{id}?reason=test"), 200);
        await ShownAfterItsCommitAsync(id, "recording.deleted", () => Expect(page.GetByText("This recording was deleted.")).ToBeVisibleAsync());
        window.AssertQuiet();

        // The list was listed once and the recording viewed once, whatever the pages refreshed.
        Assert.Equal(["1"], await platform.QueryAsync($"select count(*) from audit where action = 200 and actor_id = (select id from users where email = '{email}')"));
        Assert.Equal(["1"], await platform.QueryAsync($"select count(*) from audit where action = 201 and recording_id = '{id}' and actor_id = (select id from users where email = '{email}')"));
    }

    /// <summary>Waits for what the reader sees, and holds it against the time of the event's row, which is its commit but for milliseconds.</summary>
    async Task ShownAfterItsCommitAsync(Guid recording, string kind, Func<Task> shown)
    {
        await shown();
        var age = await live.Platform.QueryAsync($"select extract(epoch from app_now() - at) from events where recording_id = '{recording}' and kind = '{kind}'");
        Assert.InRange(double.Parse(age[0], System.Globalization.CultureInfo.InvariantCulture), 0, Promised.TotalSeconds);
    }

    // Nothing runs, so the page's clock may go on: every timer that would ask has had its turn.
    static async Task AsksNothingAsync(IPage page, PortalProcess portal, int streams)
    {
        var before = Requests(portal);
        await page.EvaluateAsync("() => { window.idleSince = performance.now(); }");
        await page.WaitForFunctionAsync("() => performance.now() - window.idleSince > 10000", null, new() { PollingInterval = 250 });
        Assert.Equal(before, Requests(portal));
        Assert.Equal(streams, before.Count(r => r.Contains("/events", StringComparison.Ordinal)));
    }

    static Task StreamsAsync(PortalProcess portal, int count) => Until.TrueAsync(
        () => Task.FromResult(Requests(portal).Count(r => r.Contains("/events", StringComparison.Ordinal)) == count), TimeSpan.FromSeconds(20), $"{count} streams were opened");

    /// <summary>All that browsers have asked the portal for, shared workers included: the portal's own log of it.</summary>
    static List<string> Requests(PortalProcess portal) => [.. Started().Matches(portal.Said).Select(m => m.Value)];

    [GeneratedRegex("Request starting [^\"]*", RegexOptions.None, 1000)]
    private static partial Regex Started();
}
