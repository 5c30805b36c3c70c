using System.Net;
using System.Reflection;
using System.Text.Json.Nodes;
using Microsoft.Playwright;
using RecordingPlatform.Core.Jobs;
using RecordingPlatform.Web.Jobs;
using static Microsoft.Playwright.Assertions;

namespace RecordingPlatform.Tests.Web;

/// <summary>Jobs that were given up: the page with and without script.</summary>
public sealed class JobsTests : IClassFixture<Portal>
{
    readonly Portal _portal;
    readonly Browser _browser;
    readonly Visitor _visitor;

    public JobsTests(Portal portal, Browser browser)
    {
        (_portal, _browser) = (portal, browser);
        portal.Api.Reset();
        portal.Api.Permissions.AddRange(StandInApi.OfAdministrators);
        _visitor = portal.SignedIn();
    }

    [Fact]
    public async Task Each_job_says_what_it_was_to_do_since_when_it_waits_how_often_it_was_tried_and_why_it_failed_last()
    {
        var recording = Guid.CreateVersion7();
        _portal.Api.AddJob("spool.fetch");
        _portal.Api.AddJob("source.check", j => (j["failures"], j["errors"]) = (0, Errors("Its deadline passed while it ran.\nSystem.OperationCanceledException: The operation was canceled.")));
        _portal.Api.AddJob("vendor.ask_again", j => (j["failures"], j["errors"]) = (2, Errors("The vendor said: <b>no such call</b>.")));
        _portal.Api.AddJob(with: j => j["recording_id"] = $"{recording}");
        var page = (await _visitor.GetAsync("/jobs")).Expect(HttpStatusCode.OK);
        Assert.Contains("GET /api/v1/jobs?state=dead&page_size=25", _portal.Api.Asked);
        page.Shows("Failed jobs 4");
        page.Shows("Make a recording playable Tried 5 times Given up Since 14 Mar 2026, 21:31 The object store did not answer within 30 s.");
        page.Shows("The whole error Failed 14 Mar 2026, 21:31 System.TimeoutException: The object store did not answer within 30 s.");
        page.Shows("at RecordingPlatform.Core.Storage.DiskStore.GetAsync()");
        page.ShowsNot("The first of them.");
        Assert.Contains($"href=\"/recordings/{recording}\"", page.Html);
        page.Shows("Vendor ask again Tried twice");
        page.Shows("The vendor said: <b>no such call</b>.");
        page.Shows("Test a source Its time ran out Given up Since 14 Mar 2026, 21:31 Its deadline passed while it ran. The whole error");

        // One about no recording leads to none.
        Assert.Single(page.Html.Split("Open the recording")[1..]);
        string[] order = ["Make a recording playable", "Vendor ask again", "Test a source", "Fetch a call's recording"];
        Assert.Equal(order, order.OrderBy(title => page.Text.IndexOf(title, StringComparison.Ordinal)));
        Assert.All(order, page.Shows);

        static JsonArray Errors(string error) => new(new JsonObject { ["at"] = "2026-03-14T21:31:00Z", ["attempt"] = 1, ["error"] = error });
    }

    [Fact]
    public void Every_kind_of_job_is_called_by_words_that_people_understand()
    {
        string[] assemblies = ["RecordingPlatform.Core", "RecordingPlatform.Worker"];
        var kinds = assemblies.SelectMany(name => Assembly.Load(name).GetTypes())
            .Where(type => type.IsClass && type.IsAssignableTo(typeof(IJobArguments))).Select(type => (string)type.GetProperty("Kind")!.GetValue(null)!).ToList();
        Assert.NotEmpty(kinds);
        Assert.Empty(kinds.Except(JobLook.All.Select(look => look.Kind)));
        Assert.Equal(JobLook.All.Count, JobLook.All.DistinctBy(look => look.Look.Title).Count());
    }

    [Fact]
    public async Task Older_ones_are_on_further_pages()
    {
        for (var i = 0; i < 30; i++)
        {
            var recording = Recording(i);
            _portal.Api.AddJob(with: j => j["recording_id"] = recording);
        }
        var newest = (await _visitor.GetAsync("/jobs")).Expect(HttpStatusCode.OK);
        newest.Shows("Failed jobs 30");
        newest.ShowsNot("Newest");
        Assert.Contains("href=\"/jobs?cursor=25\" rel=\"next\"", newest.Html);
        Assert.Contains(Link(29), newest.Html);
        Assert.DoesNotContain(Link(4), newest.Html);
        var older = (await _visitor.GetAsync("/jobs?cursor=25")).Expect(HttpStatusCode.OK);
        Assert.Contains(Link(4), older.Html);
        Assert.DoesNotContain(Link(5), older.Html);
        Assert.DoesNotContain("rel=\"next\"", older.Html);
        older.Shows("Newest");

        // The form leads back to the page that it stands on, which may be empty by then.
        var id = _portal.Api.Jobs[^1]["id"];
        Assert.Equal("/jobs?cursor=25&done=requeued", (await _visitor.SubmitAsync("/jobs?cursor=25", $"/{id}/requeue", $"/jobs/{id}/requeue")).Expect(HttpStatusCode.Redirect).Location);
        _portal.Api.Jobs.RemoveRange(25, 5);
        (await _visitor.GetAsync("/jobs?cursor=25")).Expect(HttpStatusCode.OK).Shows("There are no older ones");

        static string Recording(int i) => $"0197f000-0000-7000-8000-0000000000{i:00}";
        static string Link(int i) => $"href=\"/recordings/{Recording(i)}\"";
    }

    [Fact]
    public async Task Nothing_given_up_says_that_all_is_well_and_what_cannot_be_had_says_so()
    {
        _portal.Api.AddJob(with: j => j["state"] = "done");
        (await _visitor.GetAsync("/jobs")).Expect(HttpStatusCode.OK).Shows("All is well");
        _portal.Api.Fail("/api/v1/jobs", 503, "unavailable");
        (await _visitor.GetAsync("/jobs")).Expect(HttpStatusCode.ServiceUnavailable).Shows("The failed jobs cannot be shown");
    }

    [Fact]
    public async Task Another_try_is_asked_for_and_the_list_says_so()
    {
        var (job, other) = (_portal.Api.AddJob(), _portal.Api.AddJob("jibri.fetch", j => j["superseded_by"] = "0197f000-0000-7000-8000-0000000000e1"));
        var answer = await AgainAsync(job);
        Assert.Equal("/jobs?done=requeued", answer.Expect(HttpStatusCode.Redirect).Location);
        Assert.Contains($"POST /api/v1/jobs/{job["id"]}/requeue", _portal.Api.Asked);
        Assert.Equal("queued", (string?)job["state"]);
        var page = await _visitor.GetAsync(answer.Location!);
        page.Shows("It is queued again, with five new tries");
        page.ShowsNot("Make a recording playable");
        page.Shows("Fetch a meeting's recording");

        // Its work is queued already. Nobody is led to another site.
        answer = await AgainAsync(other, ("return", "//elsewhere.example/jobs"));
        Assert.Equal("/jobs?done=superseded", answer.Expect(HttpStatusCode.Redirect).Location);
        page = await _visitor.GetAsync(answer.Location!);
        page.Shows("The same work is queued already.");
        page.Shows("All is well");

        Task<Page> AgainAsync(JsonObject of, params (string, string)[] fields) => _visitor.SubmitAsync("/jobs", $"/{of["id"]}/requeue", $"/jobs/{of["id"]}/requeue", fields);
    }

    [Theory]
    [InlineData(403, "forbidden", "Your account does not have this right.")]
    [InlineData(404, "job_not_found", "This job is not there any more.")]
    [InlineData(409, "job_not_dead", "it was tried again already.")]
    [InlineData(422, "something_else", "The platform refused to try this job again.")]
    [InlineData(429, "too_many_requests", "Nothing was changed; try again in a moment.")]
    [InlineData(503, "unavailable", "Nothing was changed; try again in a moment.")]
    public async Task A_refusal_is_told_in_words_above_the_list_as_it_is(int status, string code, string words)
    {
        var id = _portal.Api.AddJob()["id"];
        var fields = (await _visitor.GetAsync("/jobs")).HiddenFieldsOf($"/{id}/requeue");
        _portal.Api.Fail($"/api/v1/jobs/{id}", status, code);
        var refused = (await _visitor.PostAsync($"/jobs/{id}/requeue", [.. fields])).Expect(HttpStatusCode.Redirect).Location!;
        var page = (await _visitor.GetAsync(refused)).Expect(HttpStatusCode.OK);
        page.Shows(words);
        page.ShowsNot("It is queued again");
        page.Shows("Make a recording playable");
    }

    [Fact]
    public async Task Whoever_may_only_read_sees_no_button_and_whoever_may_not_sees_neither_link_nor_page()
    {
        const string link = "href=\"/jobs\"";
        var id = _portal.Api.AddJob()["id"];
        _portal.Api.WithOverview = o => o["queue"] = new JsonObject { ["due"] = 0, ["later"] = 3, ["running"] = 0, ["dead"] = 1, ["oldest_wait_seconds"] = 0 };
        (await _visitor.GetAsync("/jobs")).Shows("Try again");
        Assert.Contains(link, (await _visitor.GetAsync("/recordings")).Html);
        Assert.Contains($"{link} aria-label=\"Dead letters: 1\"", (await _visitor.GetAsync("/")).Html);

        _portal.Api.Permissions.Remove("jobs.requeue");
        var page = (await _visitor.GetAsync("/jobs")).Expect(HttpStatusCode.OK);
        page.Shows("The object store did not answer within 30 s.");
        page.ShowsNot("Try again");
        (await _visitor.PostAsync($"/jobs/{id}/requeue")).Expect(HttpStatusCode.Forbidden);
        Assert.DoesNotContain(_portal.Api.Asked, asked => asked.StartsWith("POST /api/v1/jobs", StringComparison.Ordinal));

        _portal.Api.Permissions.Remove("jobs.read");
        (await _visitor.GetAsync("/jobs")).Expect(HttpStatusCode.Forbidden);
        Assert.DoesNotContain(link, (await _visitor.GetAsync("/recordings")).Html);
        var overview = (await _visitor.GetAsync("/")).Expect(HttpStatusCode.OK);
        overview.Shows("Dead letters 1");
        Assert.DoesNotContain(link, overview.Html);
    }

    [Theory, InlineData(1440), InlineData(390)]
    public async Task In_a_browser_a_job_is_looked_at_and_tried_again_in_place(int width)
    {
        var (job, other) = (_portal.Api.AddJob(), _portal.Api.AddJob("jibri.fetch"));
        await using var window = await _browser.OpenAsync(width, 900);
        var page = window.Page;
        await window.SignInAsync(_portal, "/jobs");
        await page.EvaluateAsync("() => { window.neverReloaded = true; }");
        var line = page.Locator($"#j-{job["id"]}");
        await line.GetByText("The whole error").ClickAsync();
        await Expect(line.GetByText("DiskStore.GetAsync()")).ToBeVisibleAsync();
        await window.AssertNoSidewaysScrollAsync();
        await line.GetByRole(AriaRole.Button, new() { Name = "Try again" }).ClickAsync();
        await Expect(page.GetByText("It is queued again")).ToBeVisibleAsync();
        await Expect(line).ToHaveCountAsync(0);
        await Expect(page.Locator($"#j-{other["id"]}")).ToBeVisibleAsync();
        await Expect(page.Locator("#jobs-count")).ToHaveTextAsync("1");
        await page.GetByRole(AriaRole.Button, new() { Name = "Try again" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "All is well" })).ToBeVisibleAsync();
        Assert.True(await page.EvaluateAsync<bool>("() => window.neverReloaded === true"));
        window.AssertQuiet();
    }
}
