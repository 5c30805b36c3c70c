using System.Net;
using System.Text.RegularExpressions;

namespace RecordingPlatform.Tests.Web;

public sealed partial class PageHeaderTests(Portal portal) : IClassFixture<Portal>
{
    const string Nobody = "0197f000-0000-7000-8000-00000000dead";
    const string Missing = $"/recordings/{Nobody}";

    string Policy() =>
        $"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
        $"connect-src 'self' {portal.Api.Address}; media-src {portal.Api.Address}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    public static TheoryData<string, HttpStatusCode> Pages => new()
    {
        { "/sign-in", HttpStatusCode.Redirect },
        { "/", HttpStatusCode.OK },
        { "/recordings/delete", HttpStatusCode.OK },
        { "/recordings", HttpStatusCode.OK },
        { "/recordings?status=ready&q=x", HttpStatusCode.OK },
        { "/upload", HttpStatusCode.OK },
        { "/account", HttpStatusCode.OK },
        { "/history", HttpStatusCode.OK },
        { "/completeness", HttpStatusCode.OK },
        { $"/completeness/{Nobody}/absent", HttpStatusCode.OK },
        { "/sources", HttpStatusCode.OK },
        { "/sources/new?kind=freepbx", HttpStatusCode.OK },
        { $"/sources/{Nobody}", HttpStatusCode.NotFound },
        { "/jobs", HttpStatusCode.OK },
        { Missing, HttpStatusCode.NotFound },
        { "/no/such/page", HttpStatusCode.NotFound },
        { "/css/portal.css", HttpStatusCode.OK },
        { "/lib/tabler/tabler.min.css", HttpStatusCode.OK },
        { "/js/waveform.js", HttpStatusCode.OK },
        { "/js/player.js", HttpStatusCode.OK },
        { "/alive", HttpStatusCode.OK },
    };

    [Theory, MemberData(nameof(Pages))]
    public async Task Every_answer_carries_the_strict_headers(string path, HttpStatusCode status)
    {
        portal.Api.Reset();
        portal.Api.Permissions.AddRange(StandInApi.OfAdministrators);
        portal.Api.Add();
        var page = (await portal.SignedIn().GetAsync(path)).Expect(status);
        Assert.Equal(Policy(), page.Header("Content-Security-Policy"));
        AssertStrict(page);
    }

    [Fact]
    public async Task Pages_before_signing_in_carry_them_too()
    {
        var page = (await portal.Stranger().GetAsync("/sign-in")).Expect(HttpStatusCode.OK);
        Assert.Equal(Policy(), page.Header("Content-Security-Policy"));
        AssertStrict(page);
    }

    [Fact]
    public async Task An_error_page_carries_them_too()
    {
        portal.Api.Reset();
        portal.Api.Fail("/internal/portal/session", 503, "unavailable");
        var page = (await portal.SignedIn().GetAsync("/recordings")).Expect(HttpStatusCode.ServiceUnavailable);
        Assert.Equal(Policy(), page.Header("Content-Security-Policy"));
        AssertStrict(page);
    }

    [Fact]
    public async Task A_recordings_page_is_no_exception()
    {
        portal.Api.Reset();
        var page = (await portal.SignedIn().GetAsync($"/recordings/{portal.Api.Add()["id"]}")).Expect(HttpStatusCode.OK);
        Assert.Equal(Policy(), page.Header("Content-Security-Policy"));
        AssertStrict(page);
    }

    [Fact]
    public async Task Conversations_sources_and_jobs_are_none_either()
    {
        portal.Api.Reset();
        portal.Api.Permissions.AddRange(StandInApi.OfAdministrators);
        var call = portal.Api.AddConversation();
        var recording = portal.Api.AddMedium(call);
        portal.Api.AddExpectation(call, "late", "video");
        portal.Api.AddJob(with: j => j["recording_id"] = recording["id"]!.DeepClone());
        var visitor = portal.SignedIn();
        foreach (var path in new[] { "/history", $"/history/{call["id"]}", $"/history/{call["id"]}/player/{recording["id"]}", "/completeness", $"/sources/{portal.Api.AddSource()["id"]}", $"/sources/{portal.Api.AddSource("jibri")["id"]}", "/jobs" })
        {
            var page = (await visitor.GetAsync(path)).Expect(HttpStatusCode.OK);
            Assert.Equal(Policy(), page.Header("Content-Security-Policy"));
            AssertStrict(page);
        }
    }

    [Fact]
    public async Task Behind_https_the_browser_is_told_to_stay_there_and_cookies_are_secure()
    {
        portal.Api.Reset();
        (string, string) https = ("X-Forwarded-Proto", "https");
        var page = await portal.Stranger().GetAsync("/sign-in", https);
        Assert.Equal("max-age=63072000; includeSubDomains", page.Header("Strict-Transport-Security"));
        Assert.All(page.SetCookies, cookie => Assert.Contains("; secure", cookie, StringComparison.OrdinalIgnoreCase));
        Assert.NotEmpty(page.SetCookies);

        var plain = await portal.Stranger().GetAsync("/sign-in");
        Assert.Null(plain.Header("Strict-Transport-Security"));
    }

    [Fact]
    public async Task Pages_are_kept_by_no_cache_and_files_are_kept_under_their_fingerprint()
    {
        portal.Api.Reset();
        var page = await portal.SignedIn().GetAsync("/recordings");
        Assert.Equal("no-store", page.Header("Cache-Control"));
        var style = StyleSheet().Match(page.Html).Groups["path"].Value;
        var file = (await portal.Stranger().GetAsync(style)).Expect(HttpStatusCode.OK);
        Assert.True(file.Header("Cache-Control")!.Contains("immutable", StringComparison.Ordinal), $"{style}: {file.Header("Cache-Control")}");
    }

    [Fact]
    public async Task A_file_is_served_without_asking_whose_session_it_is()
    {
        portal.Api.Reset();
        await portal.SignedIn().GetAsync("/css/portal.css");
        Assert.Empty(portal.Api.Asked);
    }

    static void AssertStrict(Page page)
    {
        Assert.Equal("nosniff", page.Header("X-Content-Type-Options"));
        Assert.Equal("same-origin", page.Header("Referrer-Policy"));
        Assert.Null(page.Header("Server"));
        if (page.Header("Content-Type")?.StartsWith("text/html", StringComparison.Ordinal) != true)
            return;
        Assert.DoesNotMatch(InlineScript(), page.Html);
        Assert.DoesNotMatch(InlineStyle(), page.Html);
        Assert.DoesNotMatch(Handler(), page.Html);
        Assert.DoesNotContain("<base", page.Html, StringComparison.Ordinal);
        Assert.DoesNotContain("js:", page.Html, StringComparison.Ordinal);
        Assert.DoesNotContain("hx-on", page.Html, StringComparison.Ordinal);
    }

    [GeneratedRegex("<script(?![^>]* src=)", RegexOptions.None, 1000)] private static partial Regex InlineScript();
    [GeneratedRegex("<style|<[^>]* style=", RegexOptions.None, 1000)] private static partial Regex InlineStyle();
    [GeneratedRegex(@"<[^>]*\son[a-z]+=", RegexOptions.None, 1000)] private static partial Regex Handler();
    [GeneratedRegex("href=\"(?<path>/css/portal[^\"]+)\"", RegexOptions.None, 1000)] private static partial Regex StyleSheet();
}
