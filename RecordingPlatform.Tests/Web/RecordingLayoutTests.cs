using System.Text.Json.Nodes;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace RecordingPlatform.Tests.Web;

/// <summary>The page of a recording in its states, on a phone and on a desk, light and dark. Pictures go to <c>shots</c>, for eyes.</summary>
public sealed class RecordingLayoutTests : IClassFixture<Portal>
{
    const string Id = "0197f000-0000-7000-8000-0000000000bb";
    const string Long = "Follow-up with Dr. Lindqvist-Featherstonehaugh about Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen and the transfer to Aarhus";
    readonly Portal _portal;
    readonly Browser _browser;

    public RecordingLayoutTests(Portal portal, Browser browser)
    {
        (_portal, _browser) = (portal, browser);
        portal.Api.Reset();
    }

    public static TheoryData<string, int, ColorScheme> All => PageLooks.Of("full", "video", "editing", "renaming", "keys", "failing", "deleted", "bare");

    [Theory, MemberData(nameof(All))]
    public async Task A_recordings_page_fits_its_window_accessibly_and_without_complaint(string name, int width, ColorScheme scheme)
    {
        await using var window = await PageLooks.OpenAsync(_browser, width, scheme);
        var page = window.Page;
        if (name == "full")
            _portal.Api.Permissions.Add("audit.read");
        if (name == "bare")
            _portal.Api.Permissions.Remove("notes.read");
        await window.SignInAsync(_portal, "/upload");
        await ArrangeAsync(name, page);
        await PageLooks.AssertGoodAsync(window, $"recording-{name}-{width}-{scheme}", fullPage: name != "keys", failsToLoad: name == "failing");
    }

    async Task ArrangeAsync(string name, IPage page)
    {
        _portal.Api.Media[Id] = Sample.Wav(channels: 2);
        var recording = _portal.Api.Add(name == "deleted" ? "deleted" : "ready", name is "full" or "renaming" ? Long : "Intake session", r => r["id"] = Id);
        if (name == "full")
            AddEverything(recording);
        if (name == "video")
            (recording["video_codec"], recording["width"], recording["height"], recording["mime_type"]) = ("h264", 1280, 720, "video/mp4");
        if (name is "editing")
            AddNotes();
        if (name == "bare")
        {
            recording["permissions"] = new JsonArray("play");
            recording["channels"] = 1;
            _portal.Api.MonoWaveform = true;
        }
        if (name == "failing")
        {
            _portal.Api.Permissions.Add("audit.read");
            _portal.Api.Fail($"/api/v1/recordings/{Id}/", 503, "database_unavailable");
        }
        await page.GotoAsync($"{_portal.Address}/recordings/{Id}{(name == "full" ? "?t=21" : "")}");
        if (name != "deleted")
            await Expect(page.Locator("recording-player[data-drawn]")).ToBeVisibleAsync();
        switch (name)
        {
            case "full":
                await page.GetByRole(AriaRole.Slider, new() { Name = "Position" }).HoverAsync(new() { Position = new() { X = 200, Y = 40 } });
                await Expect(page.Locator(".wave-marker")).ToHaveCountAsync(2);
                break;
            case "editing":
                await page.GetByRole(AriaRole.Link, new() { Name = "Edit note" }).First.ClickAsync();
                await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Save note" })).ToBeVisibleAsync();
                break;
            case "renaming":
                await page.GetByRole(AriaRole.Link, new() { Name = "Rename" }).ClickAsync();
                await Expect(page.GetByRole(AriaRole.Textbox, new() { Name = "Title" })).ToBeFocusedAsync();
                break;
            case "keys":
                await page.Keyboard.PressAsync("?");
                await Expect(page.GetByRole(AriaRole.Dialog)).ToBeVisibleAsync();
                break;
            case "failing":
                await page.GetByRole(AriaRole.Button, new() { Name = "Play" }).ClickAsync();
                await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Try again" })).ToBeVisibleAsync();
                break;
        }
    }

    void AddEverything(JsonObject recording)
    {
        recording["legal_hold"] = true;
        recording["held_since"] = "2026-03-18T09:12:00Z";
        recording["call_id"] = "CA7d1f3b9e4c2a4f6b8d0e1f2a3b4c5d6e7f";
        recording["participants"] = new JsonArray(
            Person("Mira Castellanos-Featherstonehaugh", "patient", 1, ("recording", "given"), ("transcription", "refused")),
            Person("Dr. Lindqvist", "clinician", 2, ("recording", "given")));
        recording["others"] = new JsonArray(
            Other("Video of the session", "ready", video: true, 3124),
            Other("Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen", "processing", video: false, null));
        AddNotes();
        foreach (var (action, name, outcome, reason) in new (string, string?, string, string?)[]
        {
            ("notes_listed", "Ada Berg", "done", null), ("recording_played", "Helena Novak", "done", "Complaint 17/2026, asked by the patient's lawyer"),
            ("access_denied", null, "denied", null), ("download_recording", "Ada Berg", "done", null), ("view_recording", "Dr. Lindqvist-Featherstonehaugh", "done", null),
        })
        {
            _portal.Api.AuditEntries.Add(new JsonObject { ["id"] = 1, ["at"] = "2026-03-19T14:05:00Z", ["action"] = action, ["outcome"] = outcome, ["actor_kind"] = "user", ["actor_name"] = name, ["reason"] = reason });
        }
    }

    void AddNotes()
    {
        _portal.Api.Notes.Add("Asked for a copy; told her how long it is kept.", null, "Ada Berg", "edit", "delete");
        _portal.Api.Notes.Add("Describes the incident in her own words. Compare with the written report of 12 March before the next session.", 14.25, "Dr. Lindqvist", "delete");
        _portal.Api.Notes.Add("Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen-Donaudampfschifffahrtsgesellschaft?", 41, "Ada Berg", "edit", "delete")["updated_at"] = "2026-03-15T09:00:00Z";
    }

    static JsonObject Person(string name, string role, int channel, params (string Purpose, string State)[] consents) => new()
    {
        ["name"] = name, ["role"] = role, ["channel"] = channel,
        ["consents"] = new JsonArray([.. consents.Select(c => new JsonObject { ["purpose"] = c.Purpose, ["state"] = c.State, ["decided_at"] = "2026-03-14T22:00:00Z" })]),
    };

    static JsonObject Other(string title, string status, bool video, double? seconds) => new()
    {
        ["id"] = $"{Guid.CreateVersion7()}", ["title"] = title, ["status"] = status, ["video"] = video, ["duration_seconds"] = seconds, ["recorded_at"] = "2026-03-14T22:30:00Z",
    };
}
