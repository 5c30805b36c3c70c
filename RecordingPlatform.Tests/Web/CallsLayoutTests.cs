using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace RecordingPlatform.Tests.Web;

/// <summary>History, completeness, sources and failed jobs on a phone and on a desk, light and dark. Pictures go to <c>shots</c>, for eyes.</summary>
public sealed class CallsLayoutTests : IClassFixture<Portal>
{
    const string Long = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen";
    readonly Portal _portal;
    readonly Browser _browser;

    public CallsLayoutTests(Portal portal, Browser browser)
    {
        (_portal, _browser) = (portal, browser);
        portal.Api.Reset();
        portal.Api.Permissions.AddRange(StandInApi.OfAdministrators);
    }

    public static TheoryData<string, int, ColorScheme> All => PageLooks.Of(
        "history", "history-player", "history-video", "history-filtered", "history-empty", "conversation",
        "completeness", "completeness-marking", "completeness-clear", "mark-absent",
        "sources", "sources-empty", "source", "source-tested", "source-rooms", "source-refused", "source-reader", "kinds", "new-source",
        "jobs", "jobs-empty", "jobs-reader");

    [Theory, MemberData(nameof(All))]
    public async Task A_page_fits_its_window_accessibly_and_without_complaint(string name, int width, ColorScheme scheme)
    {
        await using var window = await PageLooks.OpenAsync(_browser, width, scheme);
        await window.SignInAsync(_portal, "/upload");
        await (name.Split('-')[0] switch
        {
            "history" or "conversation" => ArrangeHistoryAsync(name, window.Page),
            "completeness" or "mark" => ArrangeCompletenessAsync(name, window.Page),
            "jobs" => ArrangeJobsAsync(name, window.Page),
            _ => ArrangeSourcesAsync(name, window.Page),
        });
        await PageLooks.AssertGoodAsync(window, $"calls-{name}-{width}-{scheme}", fullPage: true, failsToLoad: name is "source-refused" or "mark-absent");
    }

    async Task ArrangeHistoryAsync(string name, IPage page)
    {
        if (name != "history-empty")
            AddConversations();
        var path = name switch
        {
            "history-filtered" => "/history?number=%2B45+1234&kind=call&direction=inbound&media=missing&participant=Li",
            "conversation" => $"/history/{_portal.Api.Conversations[2]["id"]}",
            _ => "/history",
        };
        if (name == "history")
        {
            for (var i = 0; i < 25; i++)
                _portal.Api.Conversations.Add(new JsonObject(Sample.Conversation().Select(p => KeyValuePair.Create(p.Key, p.Key == "started_at" ? "2026-03-12T10:00:00Z" : p.Value?.DeepClone()))));
        }
        await page.GotoAsync(_portal.Address + path);
        if (name is not ("history-player" or "history-video"))
            return;
        await page.GetByRole(AriaRole.Link, new() { Name = name == "history-video" ? "Play video" : "Play audio" }).First.ClickAsync();
        await Expect(page.Locator("recording-player[data-drawn]")).ToBeVisibleAsync();
        // A picture of a standing waveform is the same every time.
        await page.GetByRole(AriaRole.Button, new() { Name = "Pause" }).ClickAsync();
        await page.GetByRole(AriaRole.Slider, new() { Name = "Position" }).ClickAsync(new() { Position = new() { X = 120, Y = 30 } });
    }

    void AddConversations()
    {
        JsonObject[] made =
        [
            Call("call", "inbound", "Mira Castellanos-Featherstonehaugh", null, "2026-03-14T21:30:00Z", 184),
            Call("alarm", "inbound", null, "Fire alarm, cellar", "2026-03-14T19:02:00Z", 41),
            Call("session", "none", "Mira Castellanos", "Session 14 · couples therapy", "2026-03-14T15:00:00Z", 3125),
            Call("meeting", "none", $"Dr. {Long}", Long, "2026-03-13T13:00:00Z", 5412),
            Call("call", "outbound", null, null, "2026-03-13T09:12:00Z", 642),
            Call("call", "internal", null, "Transfer to the night desk", "2026-03-13T08:00:00Z", null),
        ];
        _portal.Api.AddMedium(made[0]);
        _portal.Api.AddExpectation(made[1], "late");
        _portal.Api.AddExpectation(made[1], "expected", "video");
        _portal.Api.AddMedium(made[2]);
        _portal.Api.AddMedium(made[2], "video");
        _portal.Api.AddMedium(made[3], "video", "processing");
        _portal.Api.AddMedium(made[3], "audio", "damaged");
        _portal.Api.AddMedium(made[3], "audio", "receiving");
        _portal.Api.AddExpectation(made[3], "expected", "composition");
        _portal.Api.AddExpectation(made[4], "absent");
        _portal.Api.Conversations.Reverse();
        (made[0]["legal_hold"], made[3]["legal_hold"]) = (true, true);

        JsonObject Call(string kind, string direction, string? person, string? title, string at, double? seconds) => _portal.Api.AddConversation(c =>
        {
            (c["kind"], c["direction"], c["title"], c["started_at"], c["duration_seconds"]) = (kind, direction, title, at, seconds);
            c["ended_at"] = seconds is null ? null : at;
            c["source"] = kind is "session" or "meeting" ? "jibri" : "freepbx";
            if (kind is "session" or "meeting")
                (c["caller_phone"], c["receiver_phone"]) = (null, null);
            if (person is not null)
                c["participants"] = new JsonArray(Sample.Participant(person, "+4512345678"), Sample.Participant("Dr. Lindqvist"));
        });
    }

    async Task ArrangeCompletenessAsync(string name, IPage page)
    {
        var marked = "";
        if (name != "completeness-clear")
        {
            AddConversations();
            var calls = _portal.Api.Conversations;
            marked = (string)_portal.Api.AddExpectation(calls[0], "late", with: e => e["last_problem"] = "sftp://recordings@pbx.example answers, but there is no folder 2026/03/14: the exchange's clock may be in another time zone.")["id"]!;
            _portal.Api.AddExpectation(calls[3], "late", "video", e => (e["looking"], e["looks"]) = (false, 41));
            _portal.Api.AddExpectation(calls[4], "expected", with: e => e["next_look_at"] = null);
        }
        AddDays(late: name != "completeness-clear");
        if (name == "completeness-clear")
            _portal.Api.AddExpectation(_portal.Api.AddConversation(), "received");
        if (name == "mark-absent")
        {
            await page.GotoAsync($"{_portal.Address}/completeness/{marked}/absent");
            await page.GetByLabel("Why is there no recording?").FillAsync("no!");
            // As without script.
            await page.EvaluateAsync("() => document.querySelector('#absent-form').submit()");
            await Expect(page.GetByRole(AriaRole.Alert)).ToBeVisibleAsync();
            return;
        }
        await page.GotoAsync(_portal.Address + "/completeness" + (name == "completeness-marking" ? "?state=all&source=freepbx&done=retry" : ""));
        if (name != "completeness-marking")
            return;
        await page.Locator($"#mark-{marked}").ClickAsync();
        await Expect(page.GetByLabel("Why is there no recording?")).ToBeFocusedAsync();
    }

    void AddDays(bool late)
    {
        var today = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime);
        foreach (var (source, every, lateOn) in new[] { ("freepbx", 1, 3), ("jibri", 2, 99), ("azure_communication_services", 3, 99) })
        {
            for (var i = 0; i < 30; i += every)
            {
                _portal.Api.Days.Add(new JsonObject
                {
                    ["date"] = today.AddDays(-i).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), ["source"] = source, ["received"] = 40 - i, ["late"] = late && (i == lateOn || (i == 17 && every == 1)) ? 2 + (8 * i) : 0,
                    ["expected"] = i == 0 && every == 1 ? 5 : 0, ["absent"] = i % 7 == 6 ? 1 : 0,
                });
            }
        }
    }

    async Task ArrangeSourcesAsync(string name, IPage page)
    {
        if (name is "sources-empty" or "sources")
        {
            if (name == "sources")
                AddSources();
            await page.GotoAsync(_portal.Address + "/sources");
            return;
        }
        if (name is "kinds" or "new-source")
        {
            await page.GotoAsync(_portal.Address + (name == "kinds" ? "/sources/new" : "/sources/new?kind=freepbx"));
            return;
        }
        var source = _portal.Api.AddSource(name == "source-rooms" ? "jibri" : "freepbx", s =>
        {
            (s["name"], s["refused_24h"], s["missing"]) = ("switchboard", name == "source" ? 12 : 0, name == "source" ? 3 : 0);
            s["retrieval_stopped"] = name == "source-reader" ? Stop() : null;
            s["settings"]!["cameras"] = new JsonArray(new JsonObject { ["id"] = "door", ["url"] = "rtsp://10.0.0.7/stream" });
            s["secrets"] = new JsonObject { ["webhook_secrets"] = name == "source-rooms" ? 2 : 1, ["ssh_private_key"] = true, ["ssh_public_key"] = StandInApi.PublicLine, ["s3_keys"] = true, ["camera_credentials"] = new JsonArray("door") };
        });
        AddReports();
        if (name == "source-reader")
            _portal.Api.Permissions.Remove("sources.manage");
        _portal.Api.AddFinding("host_key", true, "The machine shows the key that is set.");
        _portal.Api.AddFinding("sign_in", true, "Signed in as recordings.");
        _portal.Api.AddFinding("path", false, "There is no folder /var/spool/asterisk/monitor/2026: correct the media location, or let the account read it.");
        await page.GotoAsync($"{_portal.Address}/sources/{source["id"]}{(name is "source-tested" ? $"?test={_portal.Api.SourceTest["id"]}&done=settings" : "")}");
        switch (name)
        {
            case "source":
                await page.GetByText("Example", new() { Exact = true }).ClickAsync();
                await page.GetByRole(AriaRole.Button, new() { Name = "Make a new secret" }).ClickAsync();
                await Expect(page.Locator("#new-secret")).ToBeVisibleAsync();
                await page.GetByText("Example", new() { Exact = true }).ClickAsync();
                break;
            case "source-refused":
                _portal.Api.SourceRefusal = (422, "media_location_invalid", "An SFTP location names its user and host: sftp://user@host/path.");
                await page.GetByLabel("Media location").FillAsync("sftp://pbx.example/monitor");
                await page.GetByRole(AriaRole.Button, new() { Name = "Save settings" }).ClickAsync();
                await Expect(page.GetByRole(AriaRole.Alert)).ToBeVisibleAsync();
                break;
        }
    }

    async Task ArrangeJobsAsync(string name, IPage page)
    {
        if (name == "jobs-empty")
        {
            await page.GotoAsync(_portal.Address + "/jobs?done=superseded");
            return;
        }
        if (name == "jobs-reader")
            _portal.Api.Permissions.Remove("jobs.requeue");
        for (var i = 0; i < 24; i++)
            _portal.Api.AddJob("spool.fetch");
        _portal.Api.AddJob("vendor.ask_again", j => j["errors"] = Errors($"RecordingPlatform.Core.Ingest.{Long}Exception: {Long}{Long}"));
        _portal.Api.AddJob("source.check", j => (j["failures"], j["errors"]) = (0, Errors("Its deadline passed while it was queued.")));
        _portal.Api.AddJob(with: j => j["recording_id"] = "0197f000-0000-7000-8000-0000000000aa");
        await page.GotoAsync(_portal.Address + (name == "jobs" ? "/jobs?done=requeued" : "/jobs?refused=job_not_dead"));
        foreach (var error in (ILocator[])[page.GetByText("The whole error").First, page.GetByText("The whole error").Nth(2)])
            await error.ClickAsync();

        static JsonArray Errors(string error) => new(new JsonObject { ["at"] = "2026-03-14T21:31:00Z", ["attempt"] = 5, ["error"] = error });
    }

    static JsonObject Stop() => new()
    {
        ["reason"] = "pbx.example:22 shows another host key (SHA256:SG5hV4h5LQ5tlTPw2C7oQ6R1M0hWzYy1mQh3C3Z1m2E) than the pinned one. Compare it with the one on the machine itself before it is pinned.",
        ["stopped_at"] = "2026-03-14T22:30:00Z",
    };

    void AddSources()
    {
        _portal.Api.AddSource("freepbx", s => (s["name"], s["refused_24h"], s["missing"]) = ("switchboard", 12, 3));
        _portal.Api.AddSource("jibri", s => s["name"] = "rooms");
        _portal.Api.AddSource("jibri", s => (s["name"], s["last_event_at"], s["events_24h"]) = ($"rooms-{Long.ToLowerInvariant()[..40]}", null, 0));
        _portal.Api.AddSource("freepbx", s => (s["name"], s["enabled"], s["events_24h"]) = ("old-exchange", false, 0));
        _portal.Api.AddSource("freepbx", s => (s["name"], s["retrieval_stopped"]) = ("branch", Stop()));
        _portal.Api.AddSource("upload");
    }

    void AddReports()
    {
        foreach (var (kind, state, refusal) in new[] { ("call_ended", "received", null), ("call_ended", "applied", null), ("call_parked", "ignored", null), ("call_started", "refused", "The camera “gate” is not configured: add it to the source's cameras, or leave it out of the report.") })
        {
            _portal.Api.Reports.Add(new JsonObject
            {
                ["id"] = Guid.CreateVersion7().ToString(), ["kind"] = kind, ["state"] = state, ["refusal"] = refusal, ["received_at"] = "2026-03-14T21:31:02Z", ["applied_at"] = null, ["attempts"] = state == "refused" ? 3 : 1,
                ["conversation_id"] = state == "applied" ? "0197f000-0000-7000-8000-0000000000c1" : null, ["recording_id"] = null,
            });
        }
        _portal.Api.RefusedDeliveries.Add(new JsonObject { ["code"] = "signature_wrong", ["detail"] = "The signature does not match any secret of this source.", ["hour"] = "2026-03-14T21:00:00Z", ["count"] = 12, ["last_at"] = "2026-03-14T21:58:00Z" });
        _portal.Api.NextCursor = "older";
    }
}
