using System.Net;
using System.Text.Json.Nodes;

namespace RecordingPlatform.Tests.Web;

public sealed class FormTests : IClassFixture<Portal>
{
    readonly Portal _portal;

    public FormTests(Portal portal)
    {
        _portal = portal;
        portal.Api.Reset();
    }

    [Fact]
    public async Task Every_form_that_posts_carries_a_token()
    {
        _portal.Api.Permissions.AddRange(StandInApi.OfAdministrators);
        var id = _portal.Api.Add()["id"];
        var missing = _portal.Api.AddExpectation(_portal.Api.AddConversation(), "late")["id"];
        var (exchange, meetings) = (_portal.Api.AddSource(with: s => s["settings"]!["cameras"] = new JsonArray(new JsonObject { ["id"] = "door", ["url"] = "rtsp://10.0.0.7/" }))["id"], _portal.Api.AddSource("jibri")["id"]);
        var job = _portal.Api.AddJob()["id"];
        var visitor = _portal.SignedIn();
        List<string> forms = [.. (await _portal.Stranger().GetAsync("/sign-in")).PostForms()];
        foreach (var path in new[] { "/", "/recordings", "/recordings?status=failed", $"/recordings/delete?ids={id}", $"/recordings/{id}", "/upload", "/account", "/no/such/page", "/history", "/completeness", $"/completeness/{missing}/absent", "/sources/new?kind=jibri", $"/sources/{exchange}", $"/sources/{meetings}", "/jobs" })
            forms.AddRange((await visitor.GetAsync(path)).PostForms());
        Assert.True(forms.Count >= 40, $"{forms.Count} forms");
        Assert.Contains(forms, form => form.Contains($"action=\"/jobs/{job}/requeue\"", StringComparison.Ordinal));
        Assert.All(forms, form => Assert.Contains("name=\"__RequestVerificationToken\"", form));
    }

    [Theory]
    [InlineData("/sign-out")]
    [InlineData("/theme")]
    [InlineData("/upload/ticket")]
    [InlineData("/account")]
    [InlineData("/account/devices/end")]
    [InlineData("/recordings/{id}")]
    [InlineData("/recordings/delete?ids={id}")]
    [InlineData("/recordings/filters/delete")]
    [InlineData("/recordings?status=failed")]
    [InlineData("/completeness/{missing}/look")]
    [InlineData("/completeness/{missing}/absent")]
    [InlineData("/sources/new?kind=freepbx")]
    [InlineData("/sources/{source}")]
    [InlineData("/sources/{source}/test")]
    [InlineData("/jobs/{job}/requeue")]
    [InlineData("/sign-in")]
    public async Task A_post_without_the_token_changes_nothing(string path)
    {
        _portal.Api.Permissions.AddRange(StandInApi.OfAdministrators);
        var recording = _portal.Api.Add();
        var missing = _portal.Api.AddExpectation(_portal.Api.AddConversation(), "late")["id"];
        var visitor = _portal.SignedIn();
        var answer = await visitor.PostAsync(path.Replace("{id}", $"{recording["id"]}").Replace("{missing}", $"{missing}").Replace("{source}", $"{_portal.Api.AddSource()["id"]}").Replace("{job}", $"{_portal.Api.AddJob()["id"]}"),
            ("_handler", path switch { "/sign-in" => "sign-in", "/account" => "password", "/completeness/{missing}/absent" => "absent", "/sources/{source}" => "webhook-secret", "/sources/new?kind=freepbx" => "new-source", _ => "delete" }), ("reason", "because"), ("theme", "dark"), ("Form.Email", "ada@clinic.example"), ("Form.Password", StandInApi.Password));
        answer.Expect(HttpStatusCode.BadRequest);
        Assert.Equal("ready", (string?)recording["status"]);
        Assert.DoesNotContain(_portal.Api.Asked, call => call.StartsWith("DELETE", StringComparison.Ordinal) || call.StartsWith("PUT", StringComparison.Ordinal) || call.StartsWith("POST /api", StringComparison.Ordinal) || call == "POST /internal/portal/sessions");
        Assert.DoesNotContain("portal-theme", visitor.Cookies.Keys);
    }

    [Fact]
    public async Task A_form_drawn_by_one_replica_is_accepted_by_another()
    {
        await using var other = await PortalProcess.StartAsync(_portal.Api.Address, ("HOME", "/a/home/of/its/own"));
        var first = _portal.Stranger();
        var fields = (await first.GetAsync("/sign-in")).HiddenFieldsOf("Form.Password");
        var second = new Visitor(other.Address, () => other.Said);
        foreach (var (name, value) in first.Cookies)
            second.Cookies[name] = value;
        var answer = await second.PostAsync("/sign-in", [.. fields, ("Form.Email", "ada@clinic.example"), ("Form.Password", StandInApi.Password)]);
        Assert.Equal("/", answer.Expect(HttpStatusCode.Redirect).Location);
    }

    [Fact]
    public async Task Without_the_key_ring_a_replica_says_that_it_cannot_serve()
    {
        await using var api = await StandInApi.StartAsync();
        api.Reset();
        api.Fail("/internal/portal/key-ring", 503, "keys_unavailable", retryAfter: 5);
        await using var portal = await PortalProcess.StartAsync(api.Address);
        (await new Visitor(portal.Address, () => portal.Said).GetAsync("/sign-in")).Expect(HttpStatusCode.ServiceUnavailable).Shows("The platform cannot be reached");
        (await new Visitor(portal.Address, () => portal.Said).GetAsync("/alive")).Expect(HttpStatusCode.OK);
        api.Reset();
        (await new Visitor(portal.Address, () => portal.Said).GetAsync("/sign-in")).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task The_theme_is_drawn_by_the_server_once_chosen()
    {
        var visitor = _portal.SignedIn();
        Assert.DoesNotContain("data-bs-theme", (await visitor.GetAsync("/recordings")).Html.Split("<body")[0]);
        var answer = await visitor.SubmitAsync("/recordings?status=ready", "data-theme-switch", "/theme", ("theme", "dark"));
        Assert.Equal("/recordings?status=ready", answer.Expect(HttpStatusCode.Redirect).Location);
        Assert.Contains("<html lang=\"en\" data-bs-theme=\"dark\"", (await visitor.GetAsync("/recordings")).Html);
        await visitor.SubmitAsync("/recordings", "data-theme-switch", "/theme", ("theme", "system"));
        Assert.DoesNotContain("data-bs-theme=", (await visitor.GetAsync("/recordings")).Html.Split("<body")[0]);
    }

    [Fact]
    public async Task Missing_settings_are_all_named_at_start()
    {
        var (code, said) = await PortalProcess.RunToEndAsync(("Api__PublicUrl", "recordings.example/api"));
        Assert.NotEqual(0, code);
        Assert.Contains("services:api:http:0 is missing", said);
        Assert.Contains("Api:PublicUrl is \"recordings.example/api\"", said);
        Assert.Contains("Portal:ApiKey is missing", said);
    }
}
