using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace RecordingPlatform.Tests.Web;

/// <summary>The history without a browser: what works before any script has run.</summary>
public sealed partial class HistoryPageTests : IClassFixture<Portal>
{
    readonly Portal _portal;
    readonly Visitor _visitor;

    public HistoryPageTests(Portal portal)
    {
        _portal = portal;
        portal.Api.Reset();
        _visitor = portal.SignedIn();
    }

    [Fact]
    public async Task A_line_says_who_spoke_when_how_long_and_with_which_media()
    {
        var call = _portal.Api.AddConversation(c => (c["participants"], c["legal_hold"]) = (new JsonArray(Sample.Participant("Mira <C>", "+4512345678")), true));
        var (audio, video) = (_portal.Api.AddMedium(call), _portal.Api.AddMedium(call, "video", "processing"));
        _visitor.Cookies["portal-zone"] = "Europe%2FCopenhagen";
        var page = (await _visitor.GetAsync("/history")).Expect(HttpStatusCode.OK);
        page.Shows("Inbound call Mira <C> to 200 Legal hold FreePBX 22:30 1:00");
        page.Shows("Saturday 14 March");
        Assert.Contains($"href=\"/recordings/{audio["id"]}\" data-plays=\"{audio["id"]}\" aria-label=\"Play audio, 1:00\"", page.Html);
        Assert.DoesNotContain($"data-plays=\"{video["id"]}\"", page.Html);
        page.Shows("Video: Processing");
        Assert.Contains("<a href=\"/history\" class=\"active\"", page.Html);
    }

    [Theory]
    [InlineData("session", "none", "Couples session", "Dr. Lindqvist, Mira, Jonas and 2 others", "Session")]
    [InlineData("meeting", "none", "Weekly supervision", "Dr. Lindqvist, Mira, Jonas and 2 others", "Meeting")]
    [InlineData("alarm", "inbound", null, "+4512345678 to 200", "Inbound alarm")]
    [InlineData("call", "internal", null, "+4512345678 to 200", "Internal call")]
    public async Task Each_kind_is_called_by_those_who_were_in_it(string kind, string direction, string? title, string who, string described)
    {
        _portal.Api.AddConversation(c =>
        {
            (c["kind"], c["direction"], c["title"]) = (kind, direction, title);
            if (title is not null)
            {
                (c["caller_phone"], c["receiver_phone"]) = (null, null);
                c["participants"] = new JsonArray([.. ((string[])["Dr. Lindqvist", "Mira", "Jonas", "Ada", "Helena"]).Select(n => Sample.Participant(n))]);
            }
        });
        var page = (await _visitor.GetAsync("/history")).Expect(HttpStatusCode.OK);
        page.Shows($"{described} {who}");
        page.Shows($"FreePBX{(title is null ? "" : $" · {title}")}");
        page.Shows("No media");
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public async Task Only_what_has_neither_an_end_nor_media_goes_on(int media, bool goesOn)
    {
        var call = _portal.Api.AddConversation(c => (c["duration_seconds"], c["ended_at"]) = (null, null));
        for (var i = 0; i < media; i++)
            _portal.Api.AddMedium(call);
        var page = (await _visitor.GetAsync("/history")).Expect(HttpStatusCode.OK);
        Assert.Equal(goesOn, page.Html.Contains("going on", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_is_missing_says_whether_it_is_late_or_expected_or_why_there_is_none()
    {
        var call = _portal.Api.AddConversation();
        _portal.Api.AddExpectation(call, "late", with: e => e["last_problem"] = "The folder <2026/03/14> does not exist.");
        _portal.Api.AddExpectation(call, "expected", "video");
        _portal.Api.AddExpectation(call, "absent", "composition");
        _portal.Api.AddExpectation(call, "received", "video");
        var page = (await _visitor.GetAsync("/history")).Expect(HttpStatusCode.OK);
        page.Shows("Audio late Video expected No composition: The caller hung up before anybody answered.");
        Assert.Contains("title=\"Due 14 Mar 2026, 21:41. The folder &lt;2026/03/14&gt; does not exist.\"", page.Html);
        Assert.Single(Missing().Matches(page.Html), m => m.Value.Contains("tone-warn", StringComparison.Ordinal));
        Assert.Equal(3, Missing().Count(page.Html));
    }

    [Fact]
    public async Task Every_filter_is_in_the_address_has_a_chip_and_goes_alone()
    {
        var page = (await _visitor.GetAsync("/history?q=anna&number=%2B45+12&kind=call&from=2026-03-01&to=2026-03-02&participant=Mira&direction=inbound&source=freepbx&media=missing&cursor=0")).Expect(HttpStatusCode.OK);
        Assert.Contains(_portal.Api.Asked, asked => asked == "GET /api/v1/history?from=2026-03-01T00%3A00%3A00Z&to=2026-03-03T00%3A00%3A00Z&number=%2B45%2012&participant=Mira&direction=inbound&source=freepbx&kind=call&media=missing&q=anna&cursor=0&page_size=30");
        foreach (var chip in new[] { "Search: anna", "Number: +45 12", "Kind: Call", "From: 1 Mar 2026", "To: 2 Mar 2026", "Participant: Mira", "Direction: Inbound", "Source: FreePBX", "Media: Incomplete" })
            page.Shows(chip);
        Assert.Contains("href=\"/history?q=anna&amp;number=%2B45%2012&amp;from=2026-03-01&amp;to=2026-03-02&amp;participant=Mira&amp;direction=inbound&amp;source=freepbx&amp;media=missing\" aria-label=\"Remove filter Call\"", page.Html);
        page.Shows("No conversation matches");
        (await _visitor.GetAsync("/history")).ShowsNot("Clear");
    }

    [Theory]
    [InlineData("q=an", "Type at least 3 characters for search.")]
    [InlineData("number=%2B4+5", "Type at least 3 characters for the number.")]
    [InlineData("participant=Mi", "Type at least 3 characters for the participant.")]
    public async Task What_is_too_short_to_find_by_does_not_filter_yet_and_says_so(string filter, string says)
    {
        _portal.Api.AddConversation();
        (await _visitor.GetAsync($"/history?{filter}")).Expect(HttpStatusCode.OK).Shows(says);
        Assert.Contains("GET /api/v1/history?page_size=30", _portal.Api.Asked);
    }

    [Fact]
    public async Task Conversations_are_paged_there_and_back_by_addresses_that_can_be_shared()
    {
        for (var i = 1999; i >= 0; i--)
            _portal.Api.AddConversation(c => c["caller_phone"] = $"+45{i:00000000}");
        var first = (await _visitor.GetAsync("/history?kind=call")).Expect(HttpStatusCode.OK);
        first.Shows("More than 1,000");
        first.Shows("+4500000029");
        first.ShowsNot("+4500000030");
        var second = await _visitor.GetAsync(PageOf(first, "next"));
        second.Shows("+4500000030");
        second.ShowsNot("+4500000029");
        Assert.Contains("kind=call", PageOf(second, "next"));
        Assert.Equal("/history?kind=call", (await _visitor.GetAsync(PageOf(second, "prev"))).Expect(HttpStatusCode.Redirect).Location);
        (await _visitor.GetAsync("/history?cursor=1970")).ShowsNot("Older");
    }

    [Fact]
    public async Task An_empty_history_an_outage_and_dates_the_wrong_way_round_each_say_so()
    {
        (await _visitor.GetAsync("/history")).Expect(HttpStatusCode.OK).Shows("No conversations yet");
        (await _visitor.GetAsync("/history?from=2026-03-02&to=2026-03-01")).Expect(HttpStatusCode.OK).Shows("These dates are the wrong way round");
        _portal.Api.Fail("/api/v1/history", 503, "unavailable", retryAfter: 20);
        (await _visitor.GetAsync("/history")).Expect(HttpStatusCode.ServiceUnavailable).Shows("The history cannot be shown");
    }

    [Fact]
    public async Task A_refresh_keeps_the_line_whose_player_is_open_though_newer_ones_fill_the_page()
    {
        var open = _portal.Api.AddConversation(c => (c["caller_phone"], c["started_at"]) = ("+4599999999", "2026-03-13T08:00:00Z"));
        for (var i = 0; i < 30; i++)
            _portal.Api.AddConversation();
        (await _visitor.GetAsync("/history?live=true")).ShowsNot("+4599999999");
        var page = (await _visitor.GetAsync($"/history?live=true&open={open["id"]}")).Expect(HttpStatusCode.OK);
        page.Shows("+4599999999");
        Assert.True(page.Text.IndexOf("Friday 13 March", StringComparison.Ordinal) > page.Text.IndexOf("Saturday 14 March", StringComparison.Ordinal));
        Assert.All(_portal.Api.Asked.Where(a => a.Contains("/api/v1/", StringComparison.Ordinal)), asked => Assert.EndsWith("live=true", asked));
    }

    [Fact]
    public async Task A_player_comes_with_the_reason_it_needs_and_without_one_that_is_not_open()
    {
        var call = _portal.Api.AddConversation();
        var recording = _portal.Api.AddMedium(call);
        var path = $"/history/{call["id"]}/player/{recording["id"]}";
        var page = (await _visitor.GetAsync(path)).Expect(HttpStatusCode.OK);
        Assert.Contains($"data-source=\"/recordings/{recording["id"]}/playback\"", page.Html);
        Assert.Contains($"href=\"/recordings/{recording["id"]}\"", page.Html);
        page.ShowsNot("Write a note");
        page.ShowsNot("reason");
        recording["permissions"] = new JsonArray("play", "reason");
        (await _visitor.GetAsync(path)).Shows("Why do you need to hear this recording?");
        recording["permissions"] = new JsonArray();
        (await _visitor.GetAsync(path)).Shows("Playback is not open to you");
        (await _visitor.GetAsync($"/history/{call["id"]}/player/0197f000-0000-7000-8000-00000000dead")).Expect(HttpStatusCode.NotFound);
        (await _portal.Stranger().GetAsync(path)).Expect(HttpStatusCode.Redirect);
    }

    [Fact]
    public async Task One_conversation_has_an_address_of_its_own()
    {
        var call = _portal.Api.AddConversation();
        _portal.Api.AddMedium(call);
        var page = (await _visitor.GetAsync($"/history/{call["id"]}")).Expect(HttpStatusCode.OK);
        page.Shows("+4512345678 → 200");
        page.Shows("Inbound call, known to FreePBX as 1741991400.42");
        Assert.Contains("data-plays", page.Html);
        (await _visitor.GetAsync("/history/0197f000-0000-7000-8000-00000000dead")).Expect(HttpStatusCode.NotFound).Shows("There is nothing here");
    }

    static string PageOf(Page page, string rel) =>
        WebUtility.HtmlDecode(Link().Matches(page.Html).Single(m => m.Value.Contains($"rel=\"{rel}\"", StringComparison.Ordinal)).Groups["href"].Value);

    [GeneratedRegex("<a [^>]*href=\"(?<href>[^\"]*)\"[^>]*>", RegexOptions.None, 1000)] private static partial Regex Link();
    [GeneratedRegex("<span class=\"medium medium-missing[^>]*>", RegexOptions.None, 1000)] private static partial Regex Missing();
}
