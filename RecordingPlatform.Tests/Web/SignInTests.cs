using System.Net;

namespace RecordingPlatform.Tests.Web;

public sealed class SignInTests : IClassFixture<Portal>
{
    readonly Portal _portal;

    public SignInTests(Portal portal)
    {
        _portal = portal;
        portal.Api.Reset();
    }

    static Task<Page> SignInAsync(Visitor visitor, string page = "/sign-in", string password = StandInApi.Password) =>
        visitor.SubmitAsync(page, "Form.Password", null, ("Form.Email", "ada@clinic.example"), ("Form.Password", password));

    [Fact]
    public async Task The_right_password_opens_a_session_in_a_cookie_that_scripts_cannot_read()
    {
        var visitor = _portal.Stranger();
        var answer = (await SignInAsync(visitor)).Expect(HttpStatusCode.Redirect);
        Assert.Equal("/", answer.Location);
        var cookie = Assert.Single(answer.SetCookies, c => c.StartsWith("portal-session=", StringComparison.Ordinal));
        Assert.Contains("; httponly", cookie);
        Assert.Contains("; samesite=lax", cookie);
        Assert.Contains("; path=/", cookie);
        Assert.DoesNotContain("secure", cookie);
        (await visitor.GetAsync("/recordings")).Expect(HttpStatusCode.OK).Shows("Ada Berg");
    }

    [Theory]
    [InlineData("/upload")]
    [InlineData("/account")]
    [InlineData("/recordings?status=ready&q=a%26b")]
    [InlineData("/recordings/0197f000-0000-7000-8000-00000000dead")]
    public async Task A_page_asked_for_signed_out_is_where_signing_in_leads(string path)
    {
        var visitor = _portal.Stranger();
        var challenge = (await visitor.GetAsync(path)).Expect(HttpStatusCode.Redirect);
        Assert.Equal($"/sign-in?return={Uri.EscapeDataString(path)}", challenge.Location);
        var answer = (await SignInAsync(visitor, challenge.Location!)).Expect(HttpStatusCode.Redirect);
        Assert.Equal(path, answer.Location);
    }

    [Theory]
    [InlineData("https://evil.example/")]
    [InlineData("//evil.example/")]
    [InlineData("/\\evil.example/")]
    [InlineData("/\t/evil.example/")]
    [InlineData("javascript:alert(1)")]
    [InlineData("recordings")]
    public async Task Signing_in_never_leads_to_another_site(string foreign)
    {
        var visitor = _portal.Stranger();
        var answer = (await SignInAsync(visitor, $"/sign-in?return={Uri.EscapeDataString(foreign)}")).Expect(HttpStatusCode.Redirect);
        Assert.Equal("/", answer.Location);
        var again = (await visitor.GetAsync($"/sign-in?return={Uri.EscapeDataString(foreign)}")).Expect(HttpStatusCode.Redirect);
        Assert.Equal("/", again.Location);
    }

    [Fact]
    public async Task A_wrong_password_is_refused_and_keeps_the_address_typed()
    {
        var page = (await SignInAsync(_portal.Stranger(), password: "wrong")).Expect(HttpStatusCode.Unauthorized);
        page.Shows("The e-mail or the password is not right.");
        Assert.Contains("value=\"ada@clinic.example\"", page.Html);
        Assert.DoesNotContain("wrong", page.Html);
        Assert.DoesNotContain(page.SetCookies, c => c.StartsWith("portal-session=", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_second_factor_is_asked_for_without_the_password_going_through_the_page()
    {
        _portal.Api.NeedsTwoFactor = true;
        var visitor = _portal.Stranger();
        var step = (await SignInAsync(visitor)).Expect(HttpStatusCode.OK);
        step.Shows("six digits");
        Assert.DoesNotContain(StandInApi.Password, step.Html);
        (string, string)[] hidden = [.. step.HiddenFieldsOf("Form.Code")];

        var wrong = (await visitor.PostAsync("/sign-in", [.. hidden, ("Form.Code", "000000")])).Expect(HttpStatusCode.Unauthorized);
        wrong.Shows("That code is not right");
        (string, string)[] still = [.. wrong.HiddenFieldsOf("Form.Code")];
        var right = (await visitor.PostAsync("/sign-in", [.. still, ("Form.Code", "123 456")])).Expect(HttpStatusCode.Redirect);
        Assert.Equal("/", right.Location);
    }

    [Fact]
    public async Task A_made_up_first_step_starts_over()
    {
        var visitor = _portal.Stranger();
        var page = await visitor.SubmitAsync("/sign-in", "Form.Password", null, ("Form.Step", "CfDJ8made-up"), ("Form.Code", StandInApi.Code));
        page.Expect(HttpStatusCode.BadRequest).Shows("Please sign in again");
    }

    [Fact]
    public async Task A_locked_account_says_how_long_to_wait()
    {
        _portal.Api.Fail("/internal/portal/sessions", 401, "locked_out", retryAfter: 280);
        var page = (await SignInAsync(_portal.Stranger())).Expect(HttpStatusCode.Unauthorized);
        page.Shows("Too many attempts. Try again in 5 minutes.");
        Assert.Equal("280", page.Header("Retry-After"));
    }

    [Fact]
    public async Task An_outage_while_signing_in_is_not_called_a_wrong_password()
    {
        _portal.Api.Fail("/internal/portal/sessions", 503, "keys_unavailable");
        (await SignInAsync(_portal.Stranger())).Expect(HttpStatusCode.ServiceUnavailable).Shows("cannot be reached right now");
    }

    [Fact]
    public async Task Signing_out_ends_the_session_at_the_api()
    {
        var visitor = _portal.SignedIn();
        var handle = visitor.Cookies["portal-session"];
        var answer = (await visitor.SubmitAsync("/recordings", "/sign-out", "/sign-out")).Expect(HttpStatusCode.Redirect);
        Assert.Equal("/sign-in?signed-out=true", answer.Location);
        Assert.DoesNotContain("portal-session", visitor.Cookies.Keys);
        Assert.Contains("DELETE /internal/portal/session", _portal.Api.Asked);

        visitor.Cookies["portal-session"] = handle;
        Assert.StartsWith("/sign-in", (await visitor.GetAsync("/recordings")).Expect(HttpStatusCode.Redirect).Location);
    }

    [Fact]
    public async Task Signing_out_during_an_outage_does_not_pretend()
    {
        var visitor = _portal.SignedIn();
        var fields = (await visitor.GetAsync("/recordings")).HiddenFieldsOf("/sign-out");
        _portal.Api.Fail("/internal/portal/session", 503, "unavailable");
        (await visitor.PostAsync("/sign-out", [.. fields])).Expect(HttpStatusCode.ServiceUnavailable);
        Assert.Contains("portal-session", visitor.Cookies.Keys);
    }

    [Fact]
    public async Task A_session_that_was_ended_elsewhere_leads_to_signing_in_and_takes_its_cookie_along()
    {
        var visitor = _portal.SignedIn();
        _portal.Api.EndAllSessions();
        Assert.Equal("/sign-in?return=%2Fupload", (await visitor.GetAsync("/upload")).Expect(HttpStatusCode.Redirect).Location);
        Assert.DoesNotContain("portal-session", visitor.Cookies.Keys);
    }

    [Fact]
    public async Task A_fragment_of_an_ended_session_sends_the_whole_page_to_sign_in()
    {
        var id = _portal.Api.Add("processing")["id"];
        var answer = await _portal.Stranger().GetAsync($"/recordings/{id}/body", ("HX-Request", "true"), ("HX-Current-URL", $"{_portal.Address}/recordings/{id}"));
        answer.Expect(HttpStatusCode.Unauthorized);
        Assert.Equal($"/sign-in?return=%2Frecordings%2F{id}", answer.Header("HX-Redirect"));
    }

    [Fact]
    public async Task A_script_without_a_session_gets_a_plain_refusal()
    {
        var id = _portal.Api.Add()["id"];
        (await _portal.Stranger().GetAsync($"/recordings/{id}/playback", ("Accept", "application/json"))).Expect(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task An_outage_is_no_reason_to_sign_anybody_out()
    {
        var visitor = _portal.SignedIn();
        _portal.Api.Fail("/internal/portal/session", 500, "internal");
        (await visitor.GetAsync("/recordings")).Expect(HttpStatusCode.ServiceUnavailable).Shows("The platform cannot be reached");
        Assert.Contains("portal-session", visitor.Cookies.Keys);
    }
}
