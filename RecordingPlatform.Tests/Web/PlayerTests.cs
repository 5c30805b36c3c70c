using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Playwright;
using RecordingPlatform.Tests.Fixtures;
using static Microsoft.Playwright.Assertions;

namespace RecordingPlatform.Tests.Web;

/// <summary>The player in a browser: lanes, keys, channels, links, and what it says when something is wrong.</summary>
public sealed class PlayerTests : IClassFixture<Portal>
{
    static readonly byte[] Stereo = Sample.Wav(channels: 2);
    readonly Portal _portal;
    readonly Browser _browser;

    public PlayerTests(Portal portal, Browser browser)
    {
        (_portal, _browser) = (portal, browser);
        portal.Api.Reset();
    }

    string Add(Action<JsonObject>? with = null)
    {
        var id = (string)_portal.Api.Add(with: with)["id"]!;
        _portal.Api.Media[id] = Stereo;
        return id;
    }

    async Task<IPage> OpenAsync(Window window, string path)
    {
        await window.SignInAsync(_portal, path);
        await Expect(window.Page.Locator("recording-player[data-drawn]")).ToBeVisibleAsync();
        return window.Page;
    }

    static Task AtAsync(IPage page, double from, double to) => Until.TrueAsync(
        async () => await page.EvaluateAsync<double>("() => document.querySelector('recording-player').now") is var now && now >= from && now <= to, TimeSpan.FromSeconds(15), $"the player is between {from} and {to} s");

    [Fact]
    public async Task Each_channel_has_a_lane_with_the_name_of_who_is_heard_there()
    {
        var visitor = _portal.SignedIn();
        var unknown = await visitor.GetAsync($"/recordings/{Add()}");
        foreach (var text in (string[])["Hear only Left", "Mute Right", "Volume of Right"])
            Assert.Contains($"aria-label=\"{text}\"", unknown.Html, StringComparison.Ordinal);
        var known = await visitor.GetAsync($"/recordings/{Add(r => r["participants"] = new JsonArray(
            new JsonObject { ["name"] = "Mira <C>", ["role"] = "caller", ["channel"] = 2, ["consents"] = new JsonArray(new JsonObject { ["purpose"] = "recording", ["state"] = "given", ["decided_at"] = "2026-03-14T22:00:00Z" }) },
            new JsonObject { ["name"] = "Night desk", ["role"] = "agent", ["channel"] = null, ["consents"] = new JsonArray() }))}");
        Assert.Contains("aria-label=\"Mute Left\"", known.Html, StringComparison.Ordinal);
        Assert.Contains("aria-label=\"Mute Mira &lt;C&gt;\"", known.Html, StringComparison.Ordinal);
        foreach (var text in (string[])["People", "Caller · Right", "Night desk", "Recording: given"])
            known.Shows(text);
        var mono = await visitor.GetAsync($"/recordings/{Add(r => r["channels"] = 1)}");
        Assert.DoesNotContain("track-heads", mono.Html, StringComparison.Ordinal);
        Assert.Single(mono.Html.Split("data-lane>").Skip(1));
    }

    [Fact]
    public async Task Dragging_seeks_and_the_pointer_is_told_the_time_before_anything_is_fetched()
    {
        var id = Add();
        await using var window = await _browser.OpenAsync();
        var page = await OpenAsync(window, $"/recordings/{id}");
        var slider = page.GetByRole(AriaRole.Slider, new() { Name = "Position" });
        var box = (await slider.BoundingBoxAsync())!;
        await page.Mouse.MoveAsync(box.X + (box.Width / 4), box.Y + 20);
        await Expect(page.Locator("[data-hover]")).ToHaveTextAsync(new System.Text.RegularExpressions.Regex("0:1[45]"));
        await page.Mouse.DownAsync();
        await AtAsync(page, 14, 16);
        await page.Mouse.MoveAsync(box.X + (box.Width / 2), box.Y + 20, new() { Steps = 5 });
        await AtAsync(page, 29, 31);
        await page.Mouse.UpAsync();
        await page.Mouse.MoveAsync(box.X + (box.Width * 0.9f), box.Y + 20);
        await AtAsync(page, 29, 31);
        await page.Mouse.MoveAsync(5, 5);
        await Expect(page.Locator("[data-hover]")).ToBeHiddenAsync();
        Assert.DoesNotContain(_portal.Api.Asked, call => call.Contains("/media/", StringComparison.Ordinal));
        await page.GetByRole(AriaRole.Button, new() { Name = "Play" }).ClickAsync();
        await AtAsync(page, 29.2, 45);
        window.AssertQuiet();
    }

    [Fact]
    public async Task Keys_work_on_the_whole_page_except_in_fields_and_can_be_switched_off()
    {
        var id = Add();
        await using var window = await _browser.OpenAsync();
        var page = await OpenAsync(window, $"/recordings/{id}");
        await page.GetByRole(AriaRole.Heading, new() { Level = 1 }).ClickAsync();
        await PressAsync("l", "ArrowRight");
        await AtAsync(page, 14.9, 15.1);
        await PressAsync("j", "ArrowLeft");
        await AtAsync(page, 0, 0.1);
        await PressAsync("m");
        Assert.True(await page.EvaluateAsync<bool>("() => document.querySelector('[data-media]').muted"));
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Mute", Exact = true })).ToHaveAttributeAsync("aria-pressed", "true");
        await PressAsync("m", ">", "+");
        await Expect(page.GetByLabel("Speed")).ToHaveValueAsync("1.5");
        await PressAsync("<");
        await Expect(page.GetByLabel("Speed")).ToHaveValueAsync("1.25");
        await PressAsync(" ");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Pause" })).ToBeVisibleAsync();
        await PressAsync("k");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Play" })).ToBeVisibleAsync();

        var note = page.GetByRole(AriaRole.Textbox, new() { Name = "Note" });
        await note.FillAsync("");
        var before = await page.EvaluateAsync<double>("() => document.querySelector('recording-player').now");
        await note.PressSequentiallyAsync("kill jml");
        await Expect(note).ToHaveValueAsync("kill jml");
        await AtAsync(page, before, before);
        await note.FillAsync("");

        await page.GetByRole(AriaRole.Heading, new() { Level = 1 }).ClickAsync();
        await PressAsync("?");
        var dialog = page.GetByRole(AriaRole.Dialog, new() { Name = "Keyboard shortcuts" });
        await Expect(dialog).ToContainTextAsync("Back or forward 10 seconds");
        await dialog.GetByLabel("Use these keys").UncheckAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Close" }).ClickAsync();
        await page.GetByRole(AriaRole.Heading, new() { Level = 1 }).ClickAsync();
        await PressAsync("l");
        await AtAsync(page, before, before);
        // The player itself stays usable.
        await page.GetByRole(AriaRole.Slider, new() { Name = "Position" }).FocusAsync();
        await PressAsync("End");
        await AtAsync(page, 59.9, 60);
        window.AssertQuiet();

        async Task PressAsync(params string[] keys)
        {
            foreach (var key in keys)
                await page.Keyboard.PressAsync(key);
        }
    }

    [Fact]
    public async Task The_speed_is_kept_for_the_next_recording()
    {
        var (one, two) = (Add(), Add());
        await using var window = await _browser.OpenAsync();
        var page = await OpenAsync(window, $"/recordings/{one}");
        await page.GetByLabel("Speed").SelectOptionAsync("1.75");
        await page.GotoAsync($"{_portal.Address}/recordings/{two}");
        await Expect(page.GetByLabel("Speed")).ToHaveValueAsync("1.75");
        await page.GetByRole(AriaRole.Button, new() { Name = "Play" }).ClickAsync();
        await AtAsync(page, 0.2, 30);
        Assert.Equal(1.75, await page.EvaluateAsync<double>("() => document.querySelector('[data-media]').playbackRate"));
        window.AssertQuiet();
    }

    [Fact]
    public async Task The_volume_of_a_channel_changes_what_is_heard_of_it_and_of_no_other()
    {
        var id = Add();
        await using var window = await _browser.OpenAsync();
        // What goes through each gain is measured behind it.
        await window.Page.AddInitScriptAsync("""
            window.meters = [];
            const make = AudioContext.prototype.createGain;
            AudioContext.prototype.createGain = function () {
              const gain = make.call(this);
              const meter = this.createAnalyser();
              gain.connect(meter);
              meters.push(meter);
              return gain;
            };
            window.loud = i => { const a = new Float32Array(meters[i].fftSize); meters[i].getFloatTimeDomainData(a); return Math.max(...a.map(Math.abs)); };
            """);
        var page = await OpenAsync(window, $"/recordings/{id}");
        await page.GetByRole(AriaRole.Button, new() { Name = "Play" }).ClickAsync();
        await AtAsync(page, 0.2, 50);

        await page.GetByRole(AriaRole.Slider, new() { Name = "Volume of Left" }).FillAsync("1");
        await page.GetByRole(AriaRole.Button, new() { Name = "Mute Left" }).ClickAsync();
        await HeardAsync(left: (0, 0.001), right: (0.02, 0.05));
        await page.GetByRole(AriaRole.Button, new() { Name = "Mute Left" }).ClickAsync();
        await HeardAsync(left: (0.02, 0.05), right: (0.02, 0.05));
        await page.GetByRole(AriaRole.Slider, new() { Name = "Volume of Right" }).FillAsync("2");
        await HeardAsync(left: (0.02, 0.035), right: (0.05, 0.07));
        await page.GetByRole(AriaRole.Button, new() { Name = "Hear only Left" }).ClickAsync();
        await HeardAsync(left: (0.02, 0.05), right: (0, 0.001));
        await Expect(page.Locator(".lane-2")).ToHaveClassAsync(new System.Text.RegularExpressions.Regex("unheard"));
        // Media came with CORS: without it Web Audio is given silence.
        Assert.Equal("anonymous", await page.Locator("[data-media]").GetAttributeAsync("crossorigin"));
        window.AssertQuiet();

        async Task HeardAsync((double From, double To) left, (double From, double To) right)
        {
            double[] now = [];
            try
            {
                await Until.TrueAsync(async () => (now = await page.EvaluateAsync<double[]>("() => [loud(0), loud(1)]")) is [var l, var r] && l >= left.From && l <= left.To && r >= right.From && r <= right.To, TimeSpan.FromSeconds(15), "both are as loud as they should be");
            }
            catch (TimeoutException)
            {
                Assert.Fail($"Heard {string.Join(" and ", now)}, not {left} and {right}.");
            }
        }
    }

    [Fact]
    public async Task Reached_where_the_API_expects_no_portal_it_plays_all_the_same_with_channels_together()
    {
        var id = Add();
        var expected = _portal.Api.PortalOrigin;
        _portal.Api.PortalOrigin = "http://elsewhere.example";
        try
        {
            await using var window = await _browser.OpenAsync();
            var page = await OpenAsync(window, $"/recordings/{id}");
            await page.GetByRole(AriaRole.Button, new() { Name = "Play" }).ClickAsync();
            await AtAsync(page, 0.2, 30);
            await Expect(page.GetByRole(AriaRole.Group, new() { Name = "Channels" })).ToBeHiddenAsync();
            await Expect(page.Locator("[data-note]")).ToBeHiddenAsync();
            window.Forgive("CORS");
            window.Forgive("Failed to load resource");
            window.AssertQuiet();
        }
        finally
        {
            _portal.Api.PortalOrigin = expected;
        }
    }

    [Fact]
    public async Task A_link_begins_at_its_time_without_a_byte_and_can_be_copied_for_another_time()
    {
        var id = Add();
        await using var window = await _browser.OpenAsync();
        var page = await OpenAsync(window, $"/recordings/{id}?t=42.5");
        await Expect(page.Locator("[data-now]")).ToHaveTextAsync("0:42");
        Assert.DoesNotContain(_portal.Api.Asked, call => call.Contains("/media/", StringComparison.Ordinal));
        await page.GetByRole(AriaRole.Button, new() { Name = "Play" }).ClickAsync();
        await AtAsync(page, 42.6, 58);
        await page.GetByRole(AriaRole.Button, new() { Name = "Pause" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Back 10 seconds" }).ClickAsync();
        var now = Math.Floor(await page.EvaluateAsync<double>("() => document.querySelector('recording-player').now"));
        await page.GetByRole(AriaRole.Link, new() { Name = "Copy link at this time" }).ClickAsync();
        await Expect(page.Locator("[data-note]")).ToContainTextAsync("copied");
        await page.Context.GrantPermissionsAsync(["clipboard-read", "clipboard-write"]);
        Assert.Equal($"{_portal.Address}/recordings/{id}?t={now}", await page.EvaluateAsync<string>("() => navigator.clipboard.readText()"));
        window.AssertQuiet();
    }

    [Fact]
    public async Task A_waveform_that_cannot_be_had_leaves_a_player_that_plays_and_says_so()
    {
        var id = Add();
        await using var window = await _browser.OpenAsync();
        await window.SignInAsync(_portal, "/upload");
        _portal.Api.Fail($"/api/v1/recordings/{id}/waveform", 503, "database_unavailable");
        var page = window.Page;
        await page.GotoAsync($"{_portal.Address}/recordings/{id}?t=10");
        await Expect(page.GetByText("The waveform could not be loaded.")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Play" }).ClickAsync();
        await AtAsync(page, 10.2, 30);
        window.Forgive("503");
        window.AssertQuiet();
    }

    [Fact]
    public async Task A_player_that_cannot_get_its_media_offers_another_try()
    {
        var id = Add();
        await using var window = await _browser.OpenAsync();
        var page = await OpenAsync(window, $"/recordings/{id}");
        _portal.Api.Fail($"/api/v1/recordings/{id}/playback-url", 503, "database_unavailable");
        await page.GetByRole(AriaRole.Button, new() { Name = "Play" }).ClickAsync();
        await Expect(page.Locator("[data-note]")).ToContainTextAsync("cannot be reached right now");
        var playable = _portal.Api.Recordings.ToList();
        _portal.Api.Reset();
        _portal.Api.Recordings.AddRange(playable);
        await page.GetByRole(AriaRole.Button, new() { Name = "Try again" }).ClickAsync();
        await AtAsync(page, 0.2, 30);
        await Expect(page.Locator("[data-note]")).ToBeHiddenAsync();
        window.Forgive("503");
        window.AssertQuiet();
    }

    [Fact]
    public async Task The_address_of_the_media_says_that_it_is_asked_for_with_CORS()
    {
        var id = Add(r => (r["video_codec"], r["width"], r["height"]) = ("h264", 640, 480));
        var page = (await _portal.SignedIn().GetAsync($"/recordings/{id}")).Expect(HttpStatusCode.OK);
        Assert.Matches("<video data-media[^>]*crossorigin=\"anonymous\"[^>]*width=\"640\"[^>]*height=\"480\"", page.Html);
        Assert.Contains("Full screen", page.Html, StringComparison.Ordinal);
    }
}
