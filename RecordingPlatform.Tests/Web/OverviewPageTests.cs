using System.Net;
using System.Text.Json.Nodes;

namespace RecordingPlatform.Tests.Web;

public sealed class OverviewPageTests : IClassFixture<Portal>
{
    readonly Portal _portal;
    readonly Visitor _visitor;

    public OverviewPageTests(Portal portal)
    {
        _portal = portal;
        portal.Api.Reset();
        _visitor = portal.SignedIn();
    }

    [Fact]
    public async Task Each_bar_says_what_it_draws_and_leads_to_the_list_of_its_day()
    {
        _portal.Api.Add(title: "Morning call");
        _visitor.Cookies["portal-zone"] = "Europe%2FCopenhagen";
        var page = (await _visitor.GetAsync("/")).Expect(HttpStatusCode.OK);
        Assert.Contains("GET /api/v1/overview?time_zone=Europe%2FCopenhagen", _portal.Api.Asked);
        var yesterday = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(TimeProvider.System.GetUtcNow(), TimeZoneInfo.FindSystemTimeZoneById("Europe/Copenhagen")).DateTime).AddDays(-1);
        page.Shows($"{yesterday.ToString("dddd d MMMM", System.Globalization.CultureInfo.GetCultureInfo("en-GB"))}: 48 recordings");
        Assert.Contains($"href=\"/recordings?from={yesterday:yyyy-MM-dd}&amp;to={yesterday:yyyy-MM-dd}\"", page.Html);
        page.Shows("42 recordings, 3 need attention");
        page.Shows("Recorded today 1 Yesterday 48");
        page.Shows("09:00: 1 recording");
        page.Shows("Morning call");
        Assert.DoesNotContain(" style=", page.Html);
    }

    [Fact]
    public async Task Parts_that_are_not_the_readers_leave_no_trace()
    {
        var without = (await _visitor.GetAsync("/")).Expect(HttpStatusCode.OK);
        without.Shows("Every recording that is due has arrived.");
        foreach (var title in new[] { "Work queue", "Work waiting", "Storage", "Legal holds" })
            without.ShowsNot(title);
        _portal.Api.WithOverview = o =>
        {
            o["missing"] = null;
            o["queue"] = new JsonObject { ["due"] = 14, ["later"] = 3, ["running"] = 2, ["dead"] = 1, ["oldest_wait_seconds"] = 84.5 };
            o["storage"] = new JsonObject { ["bytes"] = 4_000_000, ["objects"] = 41, ["tiers"] = new JsonArray(new JsonObject { ["tier"] = "hot", ["bytes"] = 3_000_000, ["objects"] = 40 }, new JsonObject { ["tier"] = "archive", ["bytes"] = 1_000_000, ["objects"] = 1 }) };
            o["holds"] = new JsonObject { ["active"] = 7, ["matters"] = 2 };
        };
        var with = (await _visitor.GetAsync("/")).Expect(HttpStatusCode.OK);
        foreach (var text in new[] { "1 given up", "Oldest wait 1:24", "Dead letters 1", "Hot 3 MB 40 objects", "Archive 1 MB 1 object", "Legal holds 7 In 2 matters" })
            with.Shows(text);
        with.ShowsNot("What is missing");
        Assert.Contains("<rect class=\"tier-hot\" x=\"0\" y=\"0\" width=\"750\" height=\"10\"", with.Html);
    }

    [Fact]
    public async Task What_is_missing_is_named_and_leads_to_what_there_is_of_its_call()
    {
        var conversation = Guid.CreateVersion7();
        _portal.Api.WithOverview = o => o["missing"] = new JsonObject
        {
            ["late"] = 1000,
            ["expected"] = 4,
            ["newest"] = new JsonArray(new JsonObject { ["expectation_id"] = Guid.CreateVersion7().ToString(), ["conversation_id"] = conversation.ToString(), ["title"] = "Couples <i>session</i>", ["call_id"] = "call&7", ["source"] = "jibri", ["medium"] = "video", ["due_at"] = "2026-03-14T22:30:00Z" }),
        };
        var page = await _visitor.GetAsync("/");
        page.Shows("Couples <i>session</i>");
        page.Shows("Video from Jibri, due 14 Mar 2026, 22:30");
        page.Shows("Missing 1,000+ 4 more expected");
        Assert.Contains($"href=\"/history/{conversation}\"", page.Html);
        Assert.Contains("href=\"/completeness\"", page.Html);
    }

    [Fact]
    public async Task One_half_is_shown_without_the_other()
    {
        _portal.Api.Add(title: "Morning call");
        _portal.Api.Fail("/api/v1/overview", 503, "unavailable");
        var page = (await _visitor.GetAsync("/")).Expect(HttpStatusCode.OK);
        page.Shows("This cannot be reached right now.");
        page.Shows("Morning call");
        // A refresh that brings less than is there is no refresh.
        (await _visitor.GetAsync("/?live=true")).Expect(HttpStatusCode.ServiceUnavailable);

        _portal.Api.Fail("/api/v1/recordings", 503, "unavailable");
        page = (await _visitor.GetAsync("/")).Expect(HttpStatusCode.OK);
        page.Shows("This cannot be reached right now.");
        page.Shows("Yesterday 48");

        _portal.Api.Fail("/api/v1", 503, "unavailable");
        (await _visitor.GetAsync("/")).Expect(HttpStatusCode.ServiceUnavailable).Shows("Overview");
    }

    [Fact]
    public async Task An_empty_platform_says_so()
    {
        _portal.Api.WithOverview = o =>
        {
            foreach (var day in o["intake"]!["days"]!.AsArray())
                (day!["total"], day["by_status"]) = (0, new JsonObject());
        };
        var page = await _visitor.GetAsync("/");
        page.Shows("Nothing was recorded in the last 14 days.");
        page.Shows("Nothing was recorded today yet.");
        page.Shows("No recordings yet");
    }

    [Fact]
    public async Task A_patient_is_led_to_their_recordings_and_a_patient_who_works_here_is_not()
    {
        _portal.Api.Roles.Clear();
        _portal.Api.Roles.Add("patient");
        Assert.Equal("/recordings", (await _visitor.GetAsync("/")).Expect(HttpStatusCode.Redirect).Location);
        Assert.DoesNotContain(_portal.Api.Asked, asked => asked.Contains("/overview", StringComparison.Ordinal));
        (await _visitor.GetAsync("/recordings")).ShowsNot("Overview");
        _portal.Api.Roles.Add("operator");
        (await _visitor.GetAsync("/")).Expect(HttpStatusCode.OK);
        (await _visitor.GetAsync("/recordings")).Shows("Overview");
    }
}
