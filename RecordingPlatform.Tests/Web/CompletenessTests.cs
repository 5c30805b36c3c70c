using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Playwright;
using RecordingPlatform.Tests.Fixtures;
using static Microsoft.Playwright.Assertions;

namespace RecordingPlatform.Tests.Web;

/// <summary>What should exist and does not: the page with and without script.</summary>
public sealed class CompletenessTests : IClassFixture<Portal>
{
    readonly Portal _portal;
    readonly Browser _browser;
    readonly Visitor _visitor;

    public CompletenessTests(Portal portal, Browser browser)
    {
        (_portal, _browser) = (portal, browser);
        portal.Api.Reset();
        portal.Api.Permissions.AddRange(StandInApi.OfAdministrators);
        _visitor = portal.SignedIn();
    }

    JsonObject Add(string state, string caller = "+4512345678", string medium = "audio", Action<JsonObject>? with = null) =>
        _portal.Api.AddExpectation(_portal.Api.AddConversation(c => c["caller_phone"] = caller), state, medium, with);

    void AddDay(DateOnly day, string source, int received, int late = 0, int expected = 0, int absent = 0) => _portal.Api.Days.Add(new JsonObject
    {
        ["date"] = day.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture), ["source"] = source, ["received"] = received, ["late"] = late, ["expected"] = expected, ["absent"] = absent,
    });

    [Fact]
    public async Task It_shows_what_is_open_and_says_in_words_what_is_done_about_it()
    {
        Add("late", with: e => e["last_problem"] = "The folder 2026/03/14 does not exist.");
        Add("expected", "+4522222222", "video", e => e["next_look_at"] = null);
        Add("late", "+4533333333", with: e => (e["looking"], e["looks"]) = (false, 1));
        Add("absent", "+4544444444");
        Add("received", "+4555555555", with: e => (e["recording_id"], e["last_problem"]) = ("0197f000-0000-7000-8000-0000000000aa", "The recording here lacks its end."));
        var page = (await _visitor.GetAsync("/completeness")).Expect(HttpStatusCode.OK);
        Assert.Contains(_portal.Api.Asked, a => a.StartsWith("GET /api/v1/completeness?from=", StringComparison.Ordinal) && a.Contains("&state=open&time_zone=UTC&page_size=25", StringComparison.Ordinal));
        page.Shows("One that is not here when it is due is late");
        page.Shows("Late 2 Expected 1 Arrived 1 Marked absent 1");
        page.Shows("Audio of an inbound call from FreePBX, 14 Mar 2026, 21:30");
        page.Shows("Late Due 14 Mar 2026, 21:41 The folder 2026/03/14 does not exist. Looked for 7 times. Looks again 14 Mar 2026, 22:11 , until 15 Mar 2026, 21:31 .");
        page.Shows("Not looked for yet. Looking now.");
        page.Shows("Looked for once. Nobody looks for it by itself any more.");
        page.ShowsNot("+4544444444");

        var all = await _visitor.GetAsync("/completeness?state=all");
        Assert.DoesNotContain("state=", _portal.Api.Asked.Last(a => a.StartsWith("GET /api/v1/completeness", StringComparison.Ordinal)));
        all.Shows("There is none: The caller hung up before anybody answered.");
        all.Shows("Here since 14 Mar 2026, 21:35 The recording here lacks its end. Open the recording");
        Assert.Contains("href=\"/recordings/0197f000-0000-7000-8000-0000000000aa\"", all.Html);
    }

    [Fact]
    public async Task Each_day_of_each_source_says_what_it_draws_and_a_source_that_is_all_right_says_so()
    {
        var today = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime);
        AddDay(today, "freepbx", 12, late: 2, absent: 1);
        AddDay(today.AddDays(-1), "freepbx", 40);
        AddDay(today.AddDays(-1), "jibri", 3);
        AddDay(today, "twilio", 1, expected: 4);
        var page = (await _visitor.GetAsync("/completeness")).Expect(HttpStatusCode.OK);
        var written = today.ToString("dddd d MMMM", System.Globalization.CultureInfo.GetCultureInfo("en-GB"));
        page.Shows($"{written}: 12 arrived, 2 late, 1 marked absent");
        page.Shows("FreePBX 2 late");
        page.Shows("Jibri All is here");
        page.Shows("Twilio 4 still expected, none late");
        Assert.Contains($"href=\"/completeness?state=all&amp;source=jibri&amp;from={today.AddDays(-1):yyyy-MM-dd}&amp;to={today.AddDays(-1):yyyy-MM-dd}\"", page.Html);
    }

    [Fact]
    public async Task Nothing_missing_nothing_due_and_nothing_to_be_had_each_say_so()
    {
        (await _visitor.GetAsync("/completeness")).Expect(HttpStatusCode.OK).Shows("Nothing was due in these days.");
        Add("received");
        (await _visitor.GetAsync("/completeness")).Shows("Every recording that was due in these days has arrived or is accounted for.");
        (await _visitor.GetAsync("/completeness?state=absent&source=jibri")).Shows("Nothing matches");
        (await _visitor.GetAsync("/completeness?from=2026-03-02&to=2026-03-01")).Shows("These dates are the wrong way round");
        _portal.Api.Fail("/api/v1/completeness", 503, "unavailable");
        (await _visitor.GetAsync("/completeness")).Expect(HttpStatusCode.ServiceUnavailable).Shows("Completeness cannot be shown");
    }

    [Fact]
    public async Task Whoever_may_only_read_sees_no_buttons_and_whoever_may_not_sees_no_page()
    {
        var id = Add("late")["id"];
        Assert.Contains("Look again", (await _visitor.GetAsync("/completeness")).Text);
        _portal.Api.Permissions.Remove("completeness.manage");
        var page = (await _visitor.GetAsync("/completeness")).Expect(HttpStatusCode.OK);
        page.ShowsNot("Look again");
        page.ShowsNot("Mark as absent");
        (await _visitor.GetAsync($"/completeness/{id}/absent")).Expect(HttpStatusCode.Forbidden);
        _portal.Api.Permissions.Remove("completeness.read");
        (await _visitor.GetAsync("/completeness")).Expect(HttpStatusCode.Forbidden);
        (await _visitor.GetAsync("/recordings")).ShowsNot("Completeness");
    }

    [Fact]
    public async Task Without_script_a_look_is_asked_for_and_the_list_says_what_came_of_it()
    {
        var expectation = Add("late", with: e => (e["looking"], e["next_look_at"]) = (false, null));
        var answer = await LookAsync();
        Assert.Equal($"/completeness?source=freepbx&done=retry#x-{expectation["id"]}", answer.Expect(HttpStatusCode.Redirect).Location);
        (await _visitor.GetAsync("/completeness?source=freepbx&done=retry")).Shows("The platform looks for it now, and goes on for 24 hours.");
        Assert.True((bool?)expectation["looking"]);

        _portal.Api.CannotLook = true;
        var refused = (await LookAsync()).Expect(HttpStatusCode.Redirect).Location!;
        (await _visitor.GetAsync(refused.Split('#')[0])).Shows("This source sends its recordings itself");
        expectation["state"] = "late";
        var fields = (await _visitor.GetAsync("/completeness?source=freepbx")).HiddenFieldsOf($"/{expectation["id"]}/look");
        expectation["state"] = "received";
        var late = (await _visitor.PostAsync($"/completeness/{expectation["id"]}/look", [.. fields])).Location!;
        (await _visitor.GetAsync(late.Split('#')[0])).Shows("the recording has arrived meanwhile");

        Task<Page> LookAsync() => _visitor.SubmitAsync("/completeness?source=freepbx", $"/{expectation["id"]}/look", $"/completeness/{expectation["id"]}/look");
    }

    [Fact]
    public async Task Without_script_something_is_marked_as_absent_on_a_page_that_keeps_what_was_typed()
    {
        var expectation = Add("late");
        var path = $"/completeness/{expectation["id"]}/absent?return=%2Fcompleteness%3Fstate%3Dlate";
        Assert.Contains(path, WebUtility.HtmlDecode((await _visitor.GetAsync("/completeness?state=late")).Html));
        (await MarkAsync("  ")).Expect(HttpStatusCode.BadRequest).Shows("Say why, in a few words.");
        var refused = (await MarkAsync("no!")).Expect(HttpStatusCode.BadRequest);
        refused.Shows("Give a reason of 4 to 500 characters.");
        Assert.Contains("value=\"no!\"", refused.Html);
        Assert.Matches("aria-invalid=\"true\"[^>]*aria-describedby=\"[^\"]*refusal-", refused.Html);
        Assert.Equal("late", (string?)expectation["state"]);

        var done = await MarkAsync("the caller hung up");
        Assert.Equal($"/completeness?state=late&done=absent#x-{expectation["id"]}", done.Expect(HttpStatusCode.Redirect).Location);
        Assert.Equal(("absent", "the caller hung up"), ((string?)expectation["state"], (string?)expectation["absent_reason"]));
        expectation["state"] = "received";
        (await MarkAsync("the caller hung up")).Expect(HttpStatusCode.Conflict).Shows("The recording has arrived meanwhile.");

        Task<Page> MarkAsync(string reason) => _visitor.SubmitAsync(path, "absent-form", path, ("reason", reason));
    }

    [Theory, InlineData(1440), InlineData(390)]
    public async Task Something_is_marked_as_absent_in_place_while_the_list_moves(int width)
    {
        var expectation = Add("late");
        await using var window = await _browser.OpenAsync(width, 900);
        var page = window.Page;
        await window.SignInAsync(_portal, "/completeness");
        await Until.TrueAsync(() => Task.FromResult(_portal.Api.Events.Open == 1), TimeSpan.FromSeconds(20), "the page listens");
        var line = page.Locator($"#x-{expectation["id"]}");
        await line.GetByRole(AriaRole.Link, new() { Name = "Mark as absent" }).ClickAsync();
        var reason = page.GetByLabel("Why is there no recording?");
        await Expect(reason).ToBeFocusedAsync();
        await reason.FillAsync("no!");
        await page.Keyboard.PressAsync("Enter");
        await Expect(line.GetByRole(AriaRole.Alert)).ToHaveTextAsync("Give a reason of 4 to 500 characters.");
        await Expect(reason).ToHaveValueAsync("no!");
        await reason.FillAsync("the caller");

        // Another one becomes late meanwhile: what is being written stays.
        var other = Add("late", "+4599999999");
        _portal.Api.Events.TellOf("expectation.changed", _portal.Api.Conversations[0]);
        await Expect(page.Locator($"#x-{other["id"]}")).ToBeVisibleAsync();
        await Expect(reason).ToHaveValueAsync("the caller");
        await reason.PressSequentiallyAsync(" hung up");
        await window.AssertNoSidewaysScrollAsync();
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByText("It is marked as absent.")).ToBeVisibleAsync();
        await Expect(line).ToHaveCountAsync(0);
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Marked absent: 1" })).ToBeVisibleAsync();
        Assert.Equal("the caller hung up", (string?)expectation["absent_reason"]);

        var second = page.Locator($"#x-{other["id"]}");
        await second.GetByRole(AriaRole.Link, new() { Name = "Mark as absent" }).ClickAsync();
        await Expect(reason).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Escape");
        await Expect(reason).ToHaveCountAsync(0);
        await Expect(second.GetByRole(AriaRole.Link, new() { Name = "Mark as absent" })).ToBeFocusedAsync();
        await second.GetByRole(AriaRole.Button, new() { Name = "Look again" }).ClickAsync();
        await Expect(page.GetByText("The platform looks for it now")).ToBeVisibleAsync();
        await Expect(second).ToContainTextAsync("Looking now.");
        window.Forgive("400");
        window.AssertQuiet();
    }
}
