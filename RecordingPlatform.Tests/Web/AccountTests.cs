using System.Net;

namespace RecordingPlatform.Tests.Web;

public sealed class AccountTests : IClassFixture<Portal>
{
    const string Phone = "0197f000-0000-7000-8000-0000000000d2";
    const string Chosen = "a longer password";
    readonly Portal _portal;
    readonly Visitor _visitor;

    public AccountTests(Portal portal)
    {
        _portal = portal;
        portal.Api.Reset();
        portal.Api.AddDevice(Phone, false, "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1");
        portal.Api.AddDevice("0197f000-0000-7000-8000-0000000000d1", true, "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0");
        portal.Api.AddDevice("0197f000-0000-7000-8000-0000000000d3", false, "curl/8.5.0", "bearer");
        _visitor = portal.SignedIn();
    }

    [Fact]
    public async Task It_says_who_somebody_is_here_and_where_they_are_signed_in()
    {
        var page = (await _visitor.GetAsync("/account")).Expect(HttpStatusCode.OK);
        page.Shows("Ada Berg");
        page.Shows("ada@clinic.example");
        page.Shows("Practice manager");
        page.Shows("Firefox on Linux This device Active now · 192.0.2.7");
        page.Shows("Safari on iPhone Last seen 14 Mar 2026, 22:30 · 192.0.2.7 Signed in 12 Mar 2026, 08:00 Sign out");
        page.Shows("Program (curl 8.5.0)");
        // The device that asks comes first, and is not to be signed out by accident.
        Assert.True(page.Text.IndexOf("Firefox", StringComparison.Ordinal) < page.Text.IndexOf("Safari", StringComparison.Ordinal));
        Assert.DoesNotContain(page.PostForms(), form => form.Contains("0000000000d1", StringComparison.Ordinal));
        Assert.Contains("href=\"/account\"", (await _visitor.GetAsync("/upload")).Html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_changed_password_signs_the_others_out_and_says_so()
    {
        var answer = await ChangeAsync(StandInApi.Password, Chosen, Chosen);
        Assert.Equal("/account?done=password&ended=2", answer.Expect(HttpStatusCode.Redirect).Location);
        (await _visitor.GetAsync(answer.Location!)).Shows("Your password is changed, and 2 other devices signed out.");
        Assert.Equal(Chosen, _portal.Api.AccountPassword);
    }

    [Theory]
    [InlineData("not it at all", Chosen, Chosen, HttpStatusCode.Forbidden, "The current password is not right.")]
    [InlineData(StandInApi.Password, Chosen, "another password", HttpStatusCode.UnprocessableEntity, "The new password and its repetition differ.")]
    [InlineData(StandInApi.Password, "ada@clinic.example", "ada@clinic.example", HttpStatusCode.UnprocessableEntity, "Your e-mail address is the first thing")]
    [InlineData("", Chosen, Chosen, HttpStatusCode.BadRequest, "Fill in all three fields.")]
    public async Task A_refused_change_says_why_and_shows_no_password(string current, string chosen, string repeated, HttpStatusCode status, string why)
    {
        var page = (await ChangeAsync(current, chosen, repeated)).Expect(status);
        page.Shows(why);
        Assert.DoesNotContain(Chosen, page.Html, StringComparison.Ordinal);
        Assert.DoesNotContain(StandInApi.Password, page.Html, StringComparison.Ordinal);
        Assert.Equal((StandInApi.Password, 3), (_portal.Api.AccountPassword, _portal.Api.Devices.Count));
    }

    [Theory]
    [InlineData("locked_out", "Too many wrong passwords. Try again in 5 minutes.")]
    [InlineData("rate_limited", "The platform is busy. Your password is unchanged; try again in 5 minutes.")]
    public async Task Whoever_tries_too_often_is_told_how_long_to_wait(string code, string advice)
    {
        _portal.Api.Fail("/api/v1/me/password", 429, code, retryAfter: 300);
        var page = (await ChangeAsync("guess", Chosen, Chosen)).Expect(HttpStatusCode.TooManyRequests);
        page.Shows(advice);
        Assert.Equal("300", page.Header("Retry-After"));
    }

    [Fact]
    public async Task One_other_device_is_signed_out_or_all_of_them()
    {
        var one = await _visitor.SubmitAsync("/account", Phone, "/account/devices/end");
        Assert.Equal("/account?done=devices&ended=1", one.Expect(HttpStatusCode.Redirect).Location);
        var page = await _visitor.GetAsync(one.Location!);
        page.Shows("1 device signed out.");
        page.ShowsNot("iPhone");
        // A second press, or another tab that was first, is no failure.
        Assert.Equal("/account?done=devices&ended=0", (await _visitor.SubmitAsync("/account", "Sign out all others", "/account/devices/end", ("id", Phone))).Location);

        var rest = await _visitor.SubmitAsync("/account", "Sign out all others", "/account/devices/end");
        Assert.Equal("/account?done=devices&ended=1", rest.Expect(HttpStatusCode.Redirect).Location);
        page = await _visitor.GetAsync("/account");
        page.Shows("Firefox on Linux");
        page.ShowsNot("Sign out all others");
    }

    [Fact]
    public async Task A_device_that_could_not_be_signed_out_is_never_said_to_be()
    {
        var fields = (await _visitor.GetAsync("/account")).HiddenFieldsOf("Sign out all others");
        _portal.Api.Fail("/api/v1/auth/sessions/", 503, "unavailable");
        var answer = await _visitor.PostAsync("/account/devices/end", [.. fields]);
        _portal.Api.Fail("/nothing", 500, "");
        var page = await _visitor.GetAsync(answer.Expect(HttpStatusCode.Redirect).Location!.Split('#')[0]);
        page.Shows("may still be signed in");
    }

    [Fact]
    public async Task The_api_is_told_which_device_is_behind_the_portal()
    {
        await _visitor.SendAsync(new(HttpMethod.Get, _portal.Address + "/account"), ("User-Agent", "Mozilla/5.0 (Test) Browser/1"), ("X-Forwarded-For", "198.51.100.23"));
        Assert.Equal(("198.51.100.23", "Mozilla/5.0 (Test) Browser/1"), _portal.Api.Visitor);
    }

    [Fact]
    public async Task Without_script_one_file_goes_through_the_portal_and_is_opened()
    {
        var form = (await _visitor.GetAsync("/upload")).Html;
        var action = WebUtility.HtmlDecode(form.Split("action=\"").First(part => part.StartsWith("/upload/plain", StringComparison.Ordinal)).Split('"')[0]);
        var answer = await SendAsync(action, "call.wav");
        var recording = Assert.Single(_portal.Api.Recordings);
        Assert.Equal($"/recordings/{recording["id"]}", answer.Expect(HttpStatusCode.Redirect).Location);
        var sent = Assert.Single(_portal.Api.Uploads);
        Assert.Equal(("call.wav", "3000000", "Plain"), (sent["file"], sent["bytes"], sent["title"]));

        var refused = await SendAsync(action, "notes.txt");
        (await _visitor.GetAsync(refused.Expect(HttpStatusCode.Redirect).Location!)).Expect(HttpStatusCode.OK).Shows("not an audio or video file");
        var forged = await SendAsync("/upload/plain?token=forged", "call.wav");
        (await _visitor.GetAsync(forged.Expect(HttpStatusCode.Redirect).Location!)).Shows("open for too long");
        Assert.Single(_portal.Api.Uploads);

        Task<Page> SendAsync(string path, string name) => _visitor.SendAsync(new(HttpMethod.Post, _portal.Address + path)
        {
            Content = new MultipartFormDataContent { { new StringContent("Plain"), "title" }, { new ByteArrayContent(new byte[3_000_000]), "file", name } },
        });
    }

    Task<Page> ChangeAsync(string current, string chosen, string repeated) =>
        _visitor.SubmitAsync("/account", "Form.Current", null, ("Form.Current", current), ("Form.Chosen", chosen), ("Form.Repeated", repeated));
}
