using System.Net;
using System.Text.RegularExpressions;

namespace RecordingPlatform.Tests.Web;

/// <summary>The list without a browser: what works before any script has run.</summary>
public sealed partial class ListPageTests : IClassFixture<Portal>
{
    readonly Portal _portal;
    readonly Visitor _visitor;

    public ListPageTests(Portal portal)
    {
        _portal = portal;
        portal.Api.Reset();
        _visitor = portal.SignedIn();
    }

    [Fact]
    public async Task Every_filter_is_in_the_address_has_a_chip_and_goes_alone()
    {
        _portal.Api.Add(with: r => r["source"] = "freepbx");
        var page = (await _visitor.GetAsync("/recordings?q=anna&status=failed&source=freepbx&participant=%2B45&has_video=true&from=2026-03-01&to=2026-03-02&call_id=c%261&cursor=abc")).Expect(HttpStatusCode.OK);
        Assert.Contains(_portal.Api.Asked, asked => asked.StartsWith("GET /api/v1/recordings?q=anna&status=failed&source=freepbx&participant=%2B45&has_video=true&call_id=c%261&from=2026-03-01T00%3A00%3A00Z&to=2026-03-03T00%3A00%3A00Z&cursor=abc&", StringComparison.Ordinal));
        foreach (var chip in new[] { "Search: anna", "Status: Failed", "Source: FreePBX", "From: 1 Mar 2026", "To: 2 Mar 2026", "Participant: +45", "Media: With video", "Call: c&1" })
            page.Shows(chip);
        // Without the page: there it would be another one.
        Assert.Contains("href=\"/recordings?q=anna&amp;source=freepbx&amp;participant=%2B45&amp;has_video=true&amp;from=2026-03-01&amp;to=2026-03-02&amp;call_id=c%261\" aria-label=\"Remove filter Failed\"", page.Html);
        // A filter that has no field stays when another one is used.
        Assert.Contains("<input type=\"hidden\" name=\"call_id\" value=\"c&amp;1\"", page.Html);
        (await _visitor.GetAsync("/recordings")).ShowsNot("Clear");
    }

    [Fact]
    public async Task Ten_thousand_recordings_are_paged_there_and_back_by_addresses_that_can_be_shared()
    {
        for (var i = 0; i < 10_000; i++)
            _portal.Api.Add(title: $"Call number {i:00000}");
        _portal.Api.GivesPages = true;
        var first = (await _visitor.GetAsync("/recordings?status=ready")).Expect(HttpStatusCode.OK);
        first.Shows("More than 1,000");
        first.Shows("Call number 00024");
        first.ShowsNot("Call number 00025");
        first.ShowsNot("Newer");
        var second = await _visitor.GetAsync(PageOf(first, "next"));
        second.Shows("Call number 00025");
        second.ShowsNot("Call number 00024");
        var deep = await _visitor.GetAsync("/recordings?status=ready&cursor=9000");
        deep.Shows("Call number 09000");
        deep.Shows("Call number 09024");
        deep.Shows("Older");
        var newer = await _visitor.GetAsync(PageOf(deep, "prev"));
        newer.Shows("Call number 08975");
        newer.ShowsNot("Call number 09000");
        Assert.Contains("status=ready", PageOf(newer, "next"));
        var again = await _visitor.GetAsync(PageOf(newer, "next"));
        again.Shows("Call number 09000");
        var last = await _visitor.GetAsync("/recordings?status=ready&cursor=9975");
        last.Shows("Call number 09999");
        last.ShowsNot("Older");
        // The way back ends on the newest page under its own address.
        Assert.Equal("/recordings?status=ready", (await _visitor.GetAsync(PageOf(second, "prev"))).Expect(HttpStatusCode.Redirect).Location);
    }

    [Fact]
    public async Task A_filter_is_saved_shown_as_a_tab_and_forgotten_without_script()
    {
        var saved = await _visitor.SubmitAsync("/recordings?status=failed&q=night", "save-filter", "/recordings?q=night&status=failed", ("name", "Night desk"));
        Assert.Equal("/recordings?q=night&status=failed", saved.Expect(HttpStatusCode.Redirect).Location);
        Assert.Equal(("Night desk", "q=night&status=failed"), ((string?)_portal.Api.Filters.Single()["name"], (string?)_portal.Api.Filters.Single()["query"]));
        var page = await _visitor.GetAsync("/recordings");
        Assert.Contains("href=\"/recordings?q=night&amp;status=failed\">Night desk</a>", page.Html);
        page.ShowsNot("Save filter");
        // In whatever order an address has its filters, on whatever page.
        var chosen = await _visitor.GetAsync("/recordings?status=failed&q=night&cursor=3");
        Assert.Contains("aria-current=\"page\">Night desk</a>", chosen.Html);
        chosen.ShowsNot("Save filter");
        (await _visitor.GetAsync("/recordings?status=failed")).Shows("Save filter");

        var twice = (await _visitor.SubmitAsync("/recordings?status=failed", "save-filter", "/recordings?status=failed", ("name", "Night desk"))).Expect(HttpStatusCode.Conflict);
        twice.Shows("You have a filter of that name already.");
        Assert.Contains("value=\"Night desk\"", twice.Html);

        var gone = await _visitor.SubmitAsync("/recordings?q=night&status=failed", "/recordings/filters/delete", "/recordings/filters/delete");
        Assert.Equal("/recordings", gone.Expect(HttpStatusCode.Redirect).Location);
        Assert.Empty(_portal.Api.Filters);
    }

    [Fact]
    public async Task The_list_is_of_use_while_filters_cannot_be_had()
    {
        _portal.Api.Add(title: "Morning call");
        _portal.Api.Fail("/api/v1/me/filters", 503, "unavailable");
        (await _visitor.GetAsync("/recordings?status=ready")).Expect(HttpStatusCode.OK).Shows("Morning call");
    }

    [Fact]
    public async Task Ticked_recordings_are_deleted_each_on_its_own_and_what_stays_says_why()
    {
        var (one, held, other) = (_portal.Api.Add(title: "One"), _portal.Api.Add(title: "Held", with: r => r["legal_hold"] = true), _portal.Api.Add(title: "Other"));
        var untouched = _portal.Api.Add(title: "Untouched");
        var address = $"/recordings/delete?ids={one["id"]}&ids={held["id"]}&ids={other["id"]}&ids=0197f000-0000-7000-8000-00000000dead&ids=x&return=%2Frecordings%3Fstatus%3Dready";
        var asked = (await _visitor.GetAsync(address)).Expect(HttpStatusCode.OK);
        asked.Shows("Delete 3 recordings?");
        asked.Shows("1 more recording that you ticked is gone");
        asked.Shows("Legal hold: stays");
        asked.ShowsNot("Untouched");

        var without = (await _visitor.SubmitAsync(address, "delete-selection", "/recordings/delete", ("reason", " "))).Expect(HttpStatusCode.BadRequest);
        without.Shows("Say why, in a few words.");
        without.Shows("Delete 3 recordings?");
        Assert.Equal("ready", (string?)one["status"]);

        var done = (await _visitor.SubmitAsync(address, "delete-selection", "/recordings/delete", ("reason", "by mistake"))).Expect(HttpStatusCode.OK);
        done.Shows("2 recordings deleted, 1 kept.");
        done.Shows("Kept Held The matter \"Case 12/2026\" holds this recording.");
        Assert.Equal(["deleted", "ready", "deleted", "ready"], new[] { one, held, other, untouched }.Select(r => (string?)r["status"]));
        Assert.Contains($"DELETE /api/v1/recordings/{one["id"]}?reason=by%20mistake", _portal.Api.Asked);
        Assert.Contains("href=\"/recordings?status=ready\">Back to the list</a>", done.Html);
        Assert.Contains($"href=\"/recordings/delete?ids={held["id"]}&amp;return=%2Frecordings%3Fstatus%3Dready\"", done.Html);
    }

    [Fact]
    public async Task What_is_not_ones_to_do_is_not_offered()
    {
        var id = _portal.Api.Add()["id"];
        var all = await _visitor.GetAsync("/recordings");
        all.Shows("Delete…");
        all.Shows("Download ZIP");
        Assert.Contains($"name=\"ids\" value=\"{id}\" form=\"selection\"", all.Html);
        _portal.Api.Permissions.Remove("recordings.delete");
        var some = await _visitor.GetAsync("/recordings");
        some.ShowsNot("Delete…");
        some.Shows("Download ZIP");
        (await _visitor.GetAsync($"/recordings/delete?ids={id}")).Expect(HttpStatusCode.Forbidden);
        _portal.Api.Permissions.Remove("recordings.download");
        var none = await _visitor.GetAsync("/recordings");
        none.ShowsNot("Download ZIP");
        Assert.DoesNotContain("name=\"ids\"", none.Html);
    }

    [Fact]
    public async Task A_download_that_is_refused_is_an_error_page_and_nothing_ticked_leads_back()
    {
        Assert.Equal("/recordings?status=ready", (await _visitor.GetAsync("/recordings/export?return=%2Frecordings%3Fstatus%3Dready")).Expect(HttpStatusCode.Redirect).Location);
        Assert.Equal("/recordings", (await _visitor.GetAsync("/recordings/export?return=%2F%2Fevil.example")).Expect(HttpStatusCode.Redirect).Location);
        (await _visitor.GetAsync("/recordings/delete")).Expect(HttpStatusCode.OK).Shows("Nothing is selected");
        _portal.Api.Fail("/api/v1/recordings/export", 503, "unavailable");
        (await _visitor.GetAsync($"/recordings/export?ids={Guid.CreateVersion7()}")).Expect(HttpStatusCode.ServiceUnavailable).Shows("The platform cannot be reached");
    }

    [Fact]
    public async Task A_recording_with_a_picture_is_marked_as_one()
    {
        _portal.Api.Add(with: r => r["has_video"] = true);
        var icon = IconOf(await _visitor.GetAsync("/recordings"));
        _portal.Api.Recordings.Single()["has_video"] = false;
        Assert.NotEqual(icon, IconOf(await _visitor.GetAsync("/recordings")));

        static string IconOf(Page page) => Tile().Match(page.Html).Value is { Length: > 0 } tile ? tile : throw new InvalidOperationException(page.Html);
    }

    static string PageOf(Page page, string rel) =>
        WebUtility.HtmlDecode(Link().Matches(page.Html).Single(m => m.Value.Contains($"rel=\"{rel}\"", StringComparison.Ordinal)).Groups["href"].Value);

    [GeneratedRegex("<a [^>]*href=\"(?<href>[^\"]*)\"[^>]*>", RegexOptions.None, 1000)] private static partial Regex Link();
    [GeneratedRegex("<span class=\"tile\">.*?</span>", RegexOptions.Singleline, 1000)] private static partial Regex Tile();
}
