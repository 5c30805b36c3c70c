using System.Text.Json.Nodes;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace RecordingPlatform.Tests.Web;

/// <summary>Every page on a phone and on a desk, light and dark. Pictures go to <c>shots</c> beside the tests' program, for eyes.</summary>
public sealed class LayoutTests : IClassFixture<Portal>
{
    const string Id = "0197f000-0000-7000-8000-0000000000aa";
    readonly Portal _portal;
    readonly Browser _browser;

    public LayoutTests(Portal portal, Browser browser)
    {
        (_portal, _browser) = (portal, browser);
        portal.Api.Reset();
    }

    public static TheoryData<string, int, ColorScheme> All => PageLooks.Of("sign-in", "overview", "overview-empty", "overview-outage", "list", "chosen", "deleting", "deleted", "filtered", "empty", "outage", "recording", "mono", "processing", "held", "upload", "account", "missing", "error", "menu");

    [Theory, MemberData(nameof(All))]
    public async Task A_page_fits_its_window_accessibly_and_without_complaint(string name, int width, ColorScheme scheme)
    {
        await using var window = await PageLooks.OpenAsync(_browser, width, scheme);
        var page = window.Page;
        if (name != "sign-in")
            await window.SignInAsync(_portal, "/upload");
        await ArrangeAsync(name, page);
        await PageLooks.AssertGoodAsync(window, $"{name}-{width}-{scheme}", fullPage: name != "menu",
            failsToLoad: name is "outage" or "error" or "missing" or "held" or "sign-in" or "upload");
    }

    async Task ArrangeAsync(string name, IPage page)
    {
        switch (name)
        {
            case "sign-in":
                await page.GotoAsync(_portal.Address + "/sign-in");
                await page.GetByLabel("E-mail").FillAsync("ada@clinic.example");
                await page.GetByLabel("Password").FillAsync("wrong");
                await page.Keyboard.PressAsync("Enter");
                await Expect(page.GetByRole(AriaRole.Alert)).ToBeVisibleAsync();
                return;
            case "list":
                AddMany();
                _portal.Api.NextCursor = "more";
                await page.GotoAsync(_portal.Address + "/recordings");
                return;
            case "overview" or "overview-empty" or "overview-outage":
                await ArrangeOverviewAsync(name, page);
                return;
            case "chosen":
                AddMany();
                AddFilters();
                await page.GotoAsync(_portal.Address + "/recordings?status=ready");
                await page.GetByLabel("Select Follow-up call").CheckAsync();
                await page.GetByLabel("Select Weekly supervision").CheckAsync();
                await Expect(page.GetByText("2 selected")).ToBeVisibleAsync();
                return;
            case "deleting" or "deleted":
                AddMany();
                await page.GotoAsync(_portal.Address + "/recordings/delete?" + string.Join('&', _portal.Api.Recordings.Take(5).Select(r => $"ids={r["id"]}")) + "&ids=0197f000-0000-7000-8000-00000000dead");
                if (name == "deleting")
                    return;
                await page.GetByLabel("Reason").FillAsync("recorded by mistake");
                await page.GetByRole(AriaRole.Button, new() { Name = "Delete 5 recordings" }).ClickAsync();
                await Expect(page.GetByRole(AriaRole.Alert)).ToBeVisibleAsync();
                return;
            case "filtered":
                AddFilters();
                await page.GotoAsync(_portal.Address + "/recordings?q=nobody&status=ready&from=2026-01-01&source=freepbx&has_video=true&participant=%2B4512345678");
                await page.GetByText("Save filter").ClickAsync();
                return;
            case "empty":
                await page.GotoAsync(_portal.Address + "/recordings");
                return;
            case "outage":
                _portal.Api.Fail("/api/v1/recordings", 503, "unavailable", retryAfter: 20);
                await page.GotoAsync(_portal.Address + "/recordings");
                return;
            case "recording" or "mono":
                _portal.Api.Add(title: "Intake session with Dr. Lindqvist", with: r => r["id"] = Id);
                _portal.Api.MonoWaveform = name == "mono";
                _portal.Api.Media[Id] = Sample.Wav();
                await page.GotoAsync(_portal.Address + "/recordings/" + Id);
                await Expect(page.Locator("recording-player[data-drawn]")).ToBeVisibleAsync();
                var wave = page.GetByRole(AriaRole.Slider, new() { Name = "Position" });
                await wave.ClickAsync(new() { Position = new() { X = 120, Y = 30 } });
                await Expect(page.Locator("[data-now]")).Not.ToHaveTextAsync("0:00");
                return;
            case "processing":
                _portal.Api.Add("processing", "Alarm 112 – night desk", r => r["id"] = Id);
                await page.GotoAsync(_portal.Address + "/recordings/" + Id);
                return;
            case "held":
                _portal.Api.Add(title: "Complaint about invoice 20417", with: r => (r["id"], r["legal_hold"]) = (Id, true));
                await page.GotoAsync(_portal.Address + "/recordings/" + Id);
                await page.GetByRole(AriaRole.Link, new() { Name = "Delete" }).ClickAsync();
                await page.GetByLabel("Reason").FillAsync("old");
                await page.GetByRole(AriaRole.Button, new() { Name = "Delete recording" }).ClickAsync();
                await Expect(page.GetByRole(AriaRole.Alert)).ToBeVisibleAsync();
                return;
            case "upload":
                _portal.Api.UploadGate = new();
                _portal.Api.Permissions.Add("recordings.edit");
                await page.GotoAsync(_portal.Address + "/upload");
                await page.Locator("[data-files]").SetInputFilesAsync(new FilePayload[]
                {
                    new() { Name = "A long consultation with a name that does not fit.wav", MimeType = "audio/wav", Buffer = new byte[24 * 1024 * 1024] },
                    new() { Name = "short.wav", MimeType = "audio/wav", Buffer = new byte[5000] },
                    new() { Name = "notes.txt", MimeType = "text/plain", Buffer = "hello"u8.ToArray() },
                });
                await Expect(page.Locator("[data-state=done]")).ToHaveCountAsync(1);
                await Expect(page.Locator("[data-state=failed]")).ToHaveCountAsync(1);
                return;
            case "account":
                _portal.Api.AddDevice("0197f000-0000-7000-8000-0000000000d1", true, "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36");
                _portal.Api.AddDevice("0197f000-0000-7000-8000-0000000000d2", false, "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1");
                _portal.Api.AddDevice("0197f000-0000-7000-8000-0000000000d3", false, "curl/8.5.0", "bearer");
                await page.GotoAsync(_portal.Address + "/account");
                return;
            case "missing":
                await page.GotoAsync(_portal.Address + "/no/such/page");
                return;
            case "error":
                _portal.Api.Fail("/internal/portal/session", 500, "internal");
                await page.GotoAsync(_portal.Address + "/recordings");
                return;
            case "menu":
                AddMany();
                await page.GotoAsync(_portal.Address + "/recordings");
                var menu = page.GetByRole(AriaRole.Button, new() { Name = "Menu", Exact = true });
                if (await menu.IsVisibleAsync())
                    await menu.ClickAsync();
                return;
            default:
                throw new ArgumentOutOfRangeException(nameof(name), name, null);
        }
    }

    async Task ArrangeOverviewAsync(string name, IPage page)
    {
        _portal.Api.GivesPages = true;
        if (name == "overview")
        {
            AddMany();
            _portal.Api.Permissions.Add("jobs.read");
            _portal.Api.WithOverview = o =>
            {
                o["missing"] = new JsonObject
                {
                    ["late"] = 3,
                    ["expected"] = 12,
                    ["newest"] = new JsonArray([.. new[] { ("Couples session", "jibri", "video"), ("A first consultation with a very long name about nothing in particular", "twilio", "audio"), (null, "freepbx", "audio") }
                        .Select((m, i) => new JsonObject { ["expectation_id"] = Guid.CreateVersion7().ToString(), ["title"] = m.Item1, ["call_id"] = $"call-{i}", ["source"] = m.Item2, ["medium"] = m.Item3, ["due_at"] = "2026-03-14T22:30:00Z" })]),
                };
                o["queue"] = new JsonObject { ["due"] = 14, ["later"] = 3, ["running"] = 2, ["dead"] = 1, ["oldest_wait_seconds"] = 84.5 };
                o["storage"] = new JsonObject { ["bytes"] = 812_400_000_000, ["objects"] = 41_233, ["tiers"] = new JsonArray(
                    new JsonObject { ["tier"] = "hot", ["bytes"] = 210_000_000_000, ["objects"] = 22_000 }, new JsonObject { ["tier"] = "cool", ["bytes"] = 180_400_000_000, ["objects"] = 9_000 },
                    new JsonObject { ["tier"] = "cold", ["bytes"] = 22_000_000_000, ["objects"] = 3_233 }, new JsonObject { ["tier"] = "archive", ["bytes"] = 400_000_000_000, ["objects"] = 7_000 }) };
                o["holds"] = new JsonObject { ["active"] = 7, ["matters"] = 2 };
            };
        }
        if (name == "overview-empty")
        {
            _portal.Api.WithOverview = o =>
            {
                foreach (var day in o["intake"]!["days"]!.AsArray())
                    (day!["total"], day["by_status"]) = (0, new JsonObject());
                (o["intake"]!["by_source"], o["missing"]) = (new JsonArray(), null);
            };
        }
        if (name == "overview-outage")
        {
            AddMany();
            _portal.Api.Fail("/api/v1/overview", 503, "unavailable");
        }
        await page.GotoAsync(_portal.Address + "/");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Last 14 days" })).ToBeVisibleAsync();
    }

    void AddFilters()
    {
        foreach (var (name, query) in new[] { ("Ready", "status=ready"), ("Failed calls of the switchboard", "status=failed&source=freepbx"), ("Night desk", "q=night") })
            _portal.Api.Filters.Add(new JsonObject { ["id"] = Guid.CreateVersion7().ToString(), ["name"] = name, ["query"] = query });
    }

    void AddMany()
    {
        (string Status, string? Title, string Source, double? Seconds)[] some =
        [
            ("processing", "Session 14 · M. Andersen", "upload", null), ("ready", "Intake session with Dr. Lindqvist", "jibri", 3125), ("ready", null, "twilio", 184),
            ("ready", "Alarm 112 – night desk, second transfer to the fire brigade in Aarhus", "freepbx", 96), ("failed", "Weekly supervision", "zoom", null),
            ("damaged", null, "freepbx", 41), ("absent", "Couples session", "livekit", null), ("stored", "voicemail-2026-03-12", "upload", null),
            ("receiving", "Lecture: cognitive therapy II", "jibri", null), ("ready", "Follow-up call", "acs", 642), ("deleted", "Test recording", "upload", 12),
        ];
        for (var i = 0; i < some.Length; i++)
        {
            var (status, title, source, seconds) = some[i];
            _portal.Api.Add(status, title, r =>
            {
                r["source"] = source;
                r["duration_seconds"] = seconds;
                r["file_size_bytes"] = seconds is null ? null : JsonValue.Create((long)(seconds * 16_000));
                r["recorded_at"] = $"2026-03-{14 - i:00}T0{i % 9}:3{i % 6}:00Z";
                r["legal_hold"] = i is 3 or 5;
                r["participant_count"] = i % 4;
                r["has_video"] = source is "jibri" or "zoom";
            });
        }
    }
}
