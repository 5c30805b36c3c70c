using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Playwright;
using RecordingPlatform.Tests.Fixtures;
using static Microsoft.Playwright.Assertions;

namespace RecordingPlatform.Tests.Web;

/// <summary>Connecting sources, their settings, secrets, test and reports: with and without script.</summary>
public sealed class SourcesTests : IClassFixture<Portal>
{
    readonly Portal _portal;
    readonly Browser _browser;
    readonly Visitor _visitor;

    public SourcesTests(Portal portal, Browser browser)
    {
        (_portal, _browser) = (portal, browser);
        portal.Api.Reset();
        portal.Api.Permissions.AddRange(StandInApi.OfAdministrators);
        _visitor = portal.SignedIn();
    }

    [Fact]
    public async Task The_list_says_how_each_is_doing()
    {
        _portal.Api.AddSource("upload");
        _portal.Api.AddSource(with: s => (s["name"], s["refused_24h"], s["missing"]) = ("pbx <main>", 12, 3));
        _portal.Api.AddSource("jibri", s => (s["name"], s["missing"]) = ("rooms", 1));
        _portal.Api.AddSource("jibri", s => (s["name"], s["last_event_at"], s["events_24h"]) = ("new rooms", null, 0));
        _portal.Api.AddSource("jibri", s => (s["name"], s["enabled"]) = ("old rooms", false));
        var stopped = _portal.Api.AddSource(with: s => (s["name"], s["missing"], s["retrieval_stopped"]) = ("changed", 3,
            new JsonObject { ["reason"] = "It shows another host key than <that>.", ["stopped_at"] = "2026-03-14T22:30:00Z" }))["id"];
        var page = (await _visitor.GetAsync("/sources")).Expect(HttpStatusCode.OK);
        page.Shows("pbx <main> FreePBX or Asterisk Reports refused 14 Mar 2026, 21:31 214 in 24 h 12 refused 3 missing");
        page.Shows("rooms Jibri (Jitsi) Recordings missing");
        page.Shows("new rooms Jibri (Jitsi) Nothing reported yet –");
        page.Shows("old rooms Jibri (Jitsi) Switched off");
        page.Shows("upload Upload Working");
        page.Shows("changed FreePBX or Asterisk Stopped");
        page.Shows("Connect a source");
        (await _visitor.GetAsync($"/sources/{stopped}")).Shows("Nothing has been fetched since 14 Mar 2026, 22:30 It shows another host key than <that>.");
    }

    [Fact]
    public async Task Whoever_may_only_read_changes_nothing_and_whoever_may_not_sees_no_page()
    {
        var id = _portal.Api.AddSource()["id"];
        _portal.Api.Permissions.Remove("sources.manage");
        (await _visitor.GetAsync("/sources")).Expect(HttpStatusCode.OK).ShowsNot("Connect a source");
        var page = (await _visitor.GetAsync($"/sources/{id}")).Expect(HttpStatusCode.OK);
        foreach (var button in new[] { "Save settings", "Make a secret", "Make a key", "Test now" })
            page.ShowsNot(button);
        Assert.Contains("<fieldset class=\"source-fields\" disabled", page.Html);
        (await _visitor.GetAsync("/sources/new")).Expect(HttpStatusCode.Forbidden);
        (await _visitor.PostAsync($"/sources/{id}/test")).Expect(HttpStatusCode.Forbidden);
        _portal.Api.Permissions.Remove("sources.read");
        (await _visitor.GetAsync("/sources")).Expect(HttpStatusCode.Forbidden);
        (await _visitor.GetAsync($"/sources/{id}")).Expect(HttpStatusCode.Forbidden);
        Assert.DoesNotContain("href=\"/sources\"", (await _visitor.GetAsync("/recordings")).Html);
    }

    [Fact]
    public async Task A_source_is_connected_in_two_steps_without_script()
    {
        (await _visitor.GetAsync("/sources")).Shows("Nothing is connected yet");
        var kinds = (await _visitor.GetAsync("/sources/new")).Expect(HttpStatusCode.OK);
        Assert.Contains("href=\"/sources/new?kind=jibri\"", kinds.Html);
        _visitor.Cookies["portal-zone"] = "Europe%2FCopenhagen";
        var form = await _visitor.GetAsync("/sources/new?kind=freepbx");
        Assert.Contains("value=\"Europe/Copenhagen\"", form.Html);
        Assert.Contains("<option value=\"Asia/Tokyo\">", form.Html);
        form.Shows("sftp://recordings@pbx.example/var/spool/asterisk/monitor");
        form.ShowsNot("S3 region");
        (await _visitor.GetAsync("/sources/new?kind=jibri")).ShowsNot("Cameras");

        var answer = await ConnectAsync(("Form.HostKeys", "ssh-ed25519 AAAA\r\n\r\nssh-rsa BBBB\r\n"), ("Form.Cameras", "door  rtsp://10.0.0.7/stream"));
        Assert.Equal($"/sources/{_portal.Api.ConnectedSources.Single()["id"]}?done=created", answer.Expect(HttpStatusCode.Redirect).Location);
        var sent = JsonNode.Parse("""
            {"enabled":true,"time_zone":"Europe/Oslo","noise_reduction":false,"public_base_url":null,"media_location":"/mnt/monitor",
             "settings":{"host_keys":["ssh-ed25519 AAAA","ssh-rsa BBBB"],"cameras":[{"id":"door","url":"rtsp://10.0.0.7/stream"}],"due_after_minutes":15,"sweep_days":3,"s3_service_url":null,"s3_region":null},
             "name":"pbx-main","kind":"freepbx"}
            """);
        Assert.True(JsonNode.DeepEquals(sent, _portal.Api.SourceChanges.Single()), _portal.Api.SourceChanges.Single().ToJsonString());
        (await _visitor.GetAsync(answer.Location!)).Shows("The source is connected.");
    }

    [Theory]
    [InlineData(409, "source_name_taken", "There is a source of that name.", "name")]
    [InlineData(422, "time_zone_unknown", "Mars/Base is no time zone.", "time-zone")]
    [InlineData(422, "media_location_invalid", "ftp: is no media location.", "media-location")]
    [InlineData(422, "host_key_invalid", "The second line is no host key.", "host-keys")]
    [InlineData(422, "camera_url_invalid", "A camera's address begins with rtsp://.", "cameras")]
    [InlineData(422, "due_after_minutes_range", "Between 1 and 10080.", "due-after")]
    [InlineData(422, "sweep_days_range", "Between 0 and 366.", "sweep-days")]
    [InlineData(422, "public_base_url_invalid", "An absolute address.", "public-base-url")]
    public async Task What_the_api_refuses_comes_back_beside_its_field_with_what_was_typed(int status, string code, string detail, string field)
    {
        _portal.Api.SourceRefusal = (status, code, detail);
        var page = (await ConnectAsync()).Expect((HttpStatusCode)status);
        Assert.Matches($"<p class=\"field-error\" id=\"{field}-refusal\" role=\"alert\">[^<]*{WebUtility.HtmlEncode(detail)[..8]}", page.Html);
        page.Shows(detail);
        Assert.Contains($"id=\"{field}\"", page.Html);
        Assert.Matches($"id=\"{field}\"[^>]*aria-invalid=\"true\"", page.Html);
        Assert.Contains("value=\"pbx-main\"", page.Html);
        Assert.Contains("value=\"/mnt/monitor\"", page.Html);
    }

    [Fact]
    public async Task What_cannot_be_sent_is_refused_here_and_an_outage_changes_nothing()
    {
        (await ConnectAsync(("Form.DueAfterMinutes", "soon"))).Expect(HttpStatusCode.UnprocessableEntity).Shows("Write a whole number.");
        (await ConnectAsync(("Form.Cameras", "door"))).Expect(HttpStatusCode.UnprocessableEntity).Shows("“door” is not an id and an address");
        Assert.Empty(_portal.Api.SourceChanges);
        _portal.Api.SourceRefusal = (503, "unavailable", "");
        (await ConnectAsync()).Expect(HttpStatusCode.ServiceUnavailable).Shows("Nothing was changed; try again in a moment.");
        _portal.Api.SourceRefusal = (422, "something_else", "Something else.");
        var other = (await ConnectAsync()).Expect(HttpStatusCode.UnprocessableEntity);
        Assert.Matches("(?s)<div class=\"alert alert-danger\" role=\"alert\">.*<div>Something else.</div>", other.Html);
    }

    [Fact]
    public async Task Settings_are_changed_and_a_refused_change_keeps_what_was_typed()
    {
        var source = _portal.Api.AddSource("jibri");
        var path = $"/sources/{source["id"]}";
        (string, string)[] fields = [("Form.TimeZone", "Europe/Oslo"), ("Form.MediaLocation", "s3://rooms/2026"), ("Form.DueAfterMinutes", "30"), ("Form.SweepDays", "5"), ("Form.S3ServiceUrl", "https://s3.example"), ("Form.S3Region", ""), ("Form.NoiseReduction", "true")];
        var saved = await _visitor.SubmitAsync(path, "Form.TimeZone", path, fields);
        Assert.Equal($"{path}?done=settings", saved.Expect(HttpStatusCode.Redirect).Location);
        Assert.Equal(("s3://rooms/2026", false, true), ((string?)source["media_location"], (bool?)source["enabled"], (bool?)source["noise_reduction"]));
        var page = await _visitor.GetAsync(saved.Location!);
        page.Shows("The settings are saved.");
        page.Shows("Switched off");

        _portal.Api.SourceRefusal = (422, "media_location_kind", "Jibri leaves its media in a folder or a bucket.");
        fields[1] = ("Form.MediaLocation", "sftp://a@b/c");
        var refused = (await _visitor.SubmitAsync(path, "Form.TimeZone", path, fields)).Expect(HttpStatusCode.UnprocessableEntity);
        refused.Shows("Jibri leaves its media in a folder or a bucket.");
        Assert.Contains("value=\"sftp://a@b/c\"", refused.Html);
    }

    [Fact]
    public async Task A_made_secret_is_shown_once_and_the_one_before_it_can_be_ended()
    {
        var path = $"/sources/{_portal.Api.AddSource()["id"]}";
        (await _visitor.GetAsync(path)).Shows("None is set: every report is refused.");
        var made = (await SecretAsync("webhook-secret", ("Secrets.Does", "generate"))).Expect(HttpStatusCode.OK);
        made.Shows(StandInApi.MadeSecret);
        Assert.Equal("no-store", made.Header("Cache-Control"));
        var again = await _visitor.GetAsync(path);
        Assert.DoesNotContain(StandInApi.MadeSecret, again.Html);
        again.Shows("One is set. Its value is not shown.");
        again.ShowsNot("End the previous one");

        await SecretAsync("webhook-secret", ("Secrets.Does", "generate"));
        (await _visitor.GetAsync(path)).Shows("A new one and the one before it are both accepted.");
        var ended = await SecretAsync("webhook-secret", ("Secrets.Does", "end-previous"));
        Assert.Equal($"{path}?done=previous", ended.Expect(HttpStatusCode.Redirect).Location);
        Assert.Contains($"DELETE /api/v1{path}/secrets/previous", _portal.Api.Asked);

        Assert.Equal($"{path}?done=secrets", (await SecretAsync("webhook-secret", ("Secrets.Does", "set"), ("Secrets.Key", " whsec_own "))).Expect(HttpStatusCode.Redirect).Location);
        Assert.Equal("""{"webhook_secret":"whsec_own"}""", _portal.Api.SourceChanges[^1].ToJsonString());
        _portal.Api.SourceRefusal = (422, "webhook_secret_invalid", "whsec_ and 24 to 64 bytes.");
        var refused = (await SecretAsync("webhook-secret", ("Secrets.Does", "set"), ("Secrets.Key", "whsec_secret-typed"))).Expect(HttpStatusCode.UnprocessableEntity);
        Assert.Contains("id=\"webhook-secret-refusal\" role=\"alert\">whsec_ and 24 to 64 bytes.", refused.Html);
        Assert.DoesNotContain("whsec_secret-typed", refused.Html);

        Task<Page> SecretAsync(string form, params (string, string)[] fields) => _visitor.SubmitAsync(path, $"value=\"{form}\"", path, fields);
    }

    [Fact]
    public async Task While_the_key_service_is_away_the_page_still_shows_how_a_source_is_set_up()
    {
        foreach (var kind in new[] { "freepbx", "jibri" })
        {
            var page = (await _visitor.GetAsync($"/sources/{_portal.Api.AddSource(kind, s => s["secrets"] = null)["id"]}")).Expect(HttpStatusCode.OK);
            page.Shows("Whether one is set cannot be told right now.");
            page.Shows("Media location");
        }
    }

    [Fact]
    public async Task A_key_is_made_shown_as_its_public_line_replaced_and_taken_away()
    {
        var path = $"/sources/{_portal.Api.AddSource()["id"]}";
        Assert.Equal($"{path}?done=ssh-generate", (await KeyAsync(("Secrets.Does", "generate"))).Expect(HttpStatusCode.Redirect).Location);
        Assert.Equal("""{"ssh_private_key":"generate"}""", _portal.Api.SourceChanges[^1].ToJsonString());
        (await _visitor.GetAsync(path)).Shows(StandInApi.PublicLine);
        await KeyAsync(("Secrets.Does", "set"), ("Secrets.Key", "-----BEGIN\r\nabc\r\n-----END"));
        Assert.Equal("-----BEGIN\nabc\n-----END\n", (string?)_portal.Api.SourceChanges[^1]["ssh_private_key"]);
        (await KeyAsync(("Secrets.Does", "set"), ("Secrets.Key", " "))).Expect(HttpStatusCode.UnprocessableEntity).Shows("Paste the private key");
        _portal.Api.SourceRefusal = (422, "ssh_key_encrypted", "This key has a passphrase.");
        var refused = (await KeyAsync(("Secrets.Does", "set"), ("Secrets.Key", "-----BEGIN typed"))).Expect(HttpStatusCode.UnprocessableEntity);
        Assert.Contains("id=\"ssh-private-key-refusal\" role=\"alert\">This key has a passphrase.", refused.Html);
        Assert.DoesNotContain("BEGIN typed", refused.Html);
        _portal.Api.SourceRefusal = null;
        Assert.Equal($"{path}?done=cleared", (await KeyAsync(("Secrets.Does", "clear"))).Location);
        Assert.Equal("""{"ssh_private_key":null}""", _portal.Api.SourceChanges[^1].ToJsonString());

        Task<Page> KeyAsync(params (string, string)[] fields) => _visitor.SubmitAsync(path, "value=\"ssh-key\"", path, fields);
    }

    [Fact]
    public async Task Keys_of_a_bucket_and_passwords_of_cameras_are_set_and_taken_away()
    {
        var rooms = $"/sources/{_portal.Api.AddSource("jibri")["id"]}";
        (await _visitor.SubmitAsync(rooms, "value=\"s3-keys\"", rooms, ("Secrets.Does", "set"), ("Secrets.AccessKey", "AK"), ("Secrets.SecretKey", ""))).Expect(HttpStatusCode.UnprocessableEntity).Shows("Fill in both keys.");
        await _visitor.SubmitAsync(rooms, "value=\"s3-keys\"", rooms, ("Secrets.Does", "set"), ("Secrets.AccessKey", "AK"), ("Secrets.SecretKey", "SK"));
        Assert.Equal("""{"s3_access_key":"AK","s3_secret_key":"SK"}""", _portal.Api.SourceChanges[^1].ToJsonString());
        await _visitor.SubmitAsync(rooms, "value=\"s3-keys\"", rooms, ("Secrets.Does", "clear"));
        Assert.Equal("""{"s3_access_key":null,"s3_secret_key":null}""", _portal.Api.SourceChanges[^1].ToJsonString());

        var exchange = $"/sources/{_portal.Api.AddSource(with: s => s["settings"]!["cameras"] = new JsonArray(new JsonObject { ["id"] = "door", ["url"] = "rtsp://10.0.0.7/" }))["id"]}";
        await _visitor.SubmitAsync(exchange, "value=\"cameras\"", exchange, ("Secrets.Does", "set"), ("Secrets.Camera", "door"), ("Secrets.Credentials", "viewer:pass"));
        Assert.Equal("""{"camera_credentials":{"door":"viewer:pass"}}""", _portal.Api.SourceChanges[^1].ToJsonString());
        await _visitor.SubmitAsync(exchange, "value=\"cameras\"", exchange, ("Secrets.Does", "clear"), ("Secrets.Camera", "door"), ("Secrets.Credentials", ""));
        Assert.Equal("""{"camera_credentials":{"door":null}}""", _portal.Api.SourceChanges[^1].ToJsonString());
    }

    [Fact]
    public async Task The_example_is_signed_as_the_platform_checks_it()
    {
        var page = await _visitor.GetAsync($"/sources/{_portal.Api.AddSource()["id"]}");
        page.Shows("https://recordings.example/webhooks/freepbx");
        var example = WebUtility.HtmlDecode(page.Html.Split("aria-label=\"Example\">")[1].Split("</pre>")[0]);
        // The secret, id, time and body of a published vector, and curl only says what it would send.
        var script = "curl() { printf '%s\\n' \"$@\"; }\n" + example
            .Replace("secret='whsec_…'", "secret='whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'", StringComparison.Ordinal)
            .Replace("key=$(", "id=msg_p5jXN8AQM9LWM0D4loKWxJek\nat=1614265330\nbody='{\"test\": 2432232314}'\nkey=$(", StringComparison.Ordinal);
        var said = await Run.ToEndAsync("sh", "-c", script);
        Assert.Contains("webhook-signature: v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", said);
        Assert.Contains("https://recordings.example/webhooks/freepbx", said);
        (await _visitor.GetAsync($"/sources/{_portal.Api.AddSource("jibri")["id"]}")).Shows("api_key=rpk_…");
    }

    [Fact]
    public async Task Reports_say_what_became_of_them_and_what_was_turned_away_says_why()
    {
        var path = $"/sources/{_portal.Api.AddSource()["id"]}";
        (await _visitor.GetAsync(path)).Shows("Nothing has been reported yet.");
        AddReport("call_ended", "applied", null);
        AddReport("call_started", "refused", "The camera \"gate\" is not configured.", attempts: 3);
        _portal.Api.RefusedDeliveries.Add(new JsonObject { ["code"] = "signature_wrong", ["detail"] = "The signature does not match any secret of this source.", ["hour"] = "2026-03-14T21:00:00Z", ["count"] = 12, ["last_at"] = "2026-03-14T21:58:00Z" });
        _portal.Api.NextCursor = "older&more";
        var page = await _visitor.GetAsync(path);
        page.Shows("Turned away at the door 12 times The signature does not match any secret of this source. Last 14 Mar 2026, 21:58 · signature_wrong");
        page.Shows("Taken in Call ended 14 Mar 2026, 21:31");
        page.Shows("Refused Call started · tried 3 times The camera \"gate\" is not configured.");
        Assert.Contains("href=\"/history/0197f000-0000-7000-8000-0000000000c1\"", page.Html);
        Assert.Contains("?cursor=older%26more#reports", page.Html);
        _portal.Api.Fail($"/api/v1{path}/events", 503, "unavailable");
        (await _visitor.GetAsync(path)).Expect(HttpStatusCode.OK).Shows("Reports cannot be shown right now.");
    }

    [Fact]
    public async Task A_test_says_what_it_found_and_without_script_the_page_follows_it()
    {
        var path = $"/sources/{_portal.Api.AddSource()["id"]}";
        _portal.Api.SourceTest["finished_at"] = null;
        var running = await _visitor.SubmitAsync(path, $"{path}/test", $"{path}/test");
        Assert.Equal($"{path}?test={_portal.Api.SourceTest["id"]}#test", running.Expect(HttpStatusCode.Redirect).Location);
        var page = await _visitor.GetAsync(running.Location!.Split('#')[0]);
        page.Shows("A worker is testing.");
        Assert.Contains("<noscript><meta http-equiv=\"refresh\" content=\"3\"", page.Html);
        _portal.Api.AddFinding("sign_in", true, "Signed in as recordings.");
        _portal.Api.AddFinding("path", false, "There is no folder /var/spool/asterisk/monitor: correct the media location.");
        _portal.Api.SourceTest["finished_at"] = "2026-03-14T22:30:00Z";
        page = await _visitor.GetAsync(running.Location!.Split('#')[0]);
        page.Shows("1 thing to put right.");
        page.Shows("Sign in : ok. Signed in as recordings.");
        page.Shows("Path : wrong. There is no folder");
        Assert.DoesNotContain("http-equiv=\"refresh\"", page.Html);
        // No worker took it: the finding says so, and nobody waits any longer.
        _portal.Api.SourceTest["finished_at"] = null;
        page = await _visitor.GetAsync(running.Location!.Split('#')[0]);
        page.Shows("1 thing to put right.");
        page.ShowsNot("A worker is testing.");
        _portal.Api.Fail($"/api/v1{path}/test", 503, "unavailable");
        var failed = (await _visitor.SubmitAsync(path, $"{path}/test", $"{path}/test")).Expect(HttpStatusCode.Redirect).Location!;
        (await _visitor.GetAsync(failed.Split('#')[0])).Shows("The platform cannot be reached right now.");
    }

    [Fact]
    public async Task In_a_browser_a_secret_is_made_copied_and_gone_and_a_test_is_followed()
    {
        var source = _portal.Api.AddSource();
        await using var window = await _browser.OpenAsync();
        var page = window.Page;
        await window.SignInAsync(_portal, $"/sources/{source["id"]}");
        await page.GetByRole(AriaRole.Button, new() { Name = "Make a secret" }).ClickAsync();
        await Expect(page.Locator("#new-secret")).ToHaveTextAsync(StandInApi.MadeSecret);
        // Without the button a click takes all of it.
        await page.Locator("#new-secret").ClickAsync();
        Assert.Equal(StandInApi.MadeSecret, await page.EvaluateAsync<string>("() => getSelection().toString()"));
        await page.GetByRole(AriaRole.Button, new() { Name = "Copy secret" }).ClickAsync();
        await page.Context.GrantPermissionsAsync(["clipboard-read", "clipboard-write"]);
        Assert.Equal(StandInApi.MadeSecret, await page.EvaluateAsync<string>("() => navigator.clipboard.readText()"));
        await page.GotoAsync($"{_portal.Address}/sources/{source["id"]}");
        await Expect(page.GetByText("One is set.")).ToBeVisibleAsync();
        await Expect(page.GetByText(StandInApi.MadeSecret)).ToHaveCountAsync(0);

        _portal.Api.SourceTest["finished_at"] = null;
        await page.GetByRole(AriaRole.Button, new() { Name = "Test now" }).ClickAsync();
        await Expect(page.GetByText("A worker is testing.")).ToBeVisibleAsync();
        _portal.Api.AddFinding("host_key", false, "The machine shows another key than the one that is set.");
        _portal.Api.SourceTest["finished_at"] = "2026-03-14T22:30:00Z";
        await Expect(page.GetByRole(AriaRole.List, new() { Name = "Findings" })).ToContainTextAsync("The machine shows another key");

        // Reports come by themselves, and what is being typed stays.
        await Until.TrueAsync(() => Task.FromResult(_portal.Api.Events.Open == 1), TimeSpan.FromSeconds(20), "the page listens");
        await page.GetByLabel("Media location").FillAsync("sftp://half");
        AddReport("call_ended", "applied", null);
        source["events_24h"] = 215;
        _portal.Api.Events.TellOfSource(source);
        await Expect(page.GetByText("215 reports in 24 hours")).ToBeVisibleAsync();
        await Expect(page.Locator("#reports")).ToContainTextAsync("Call ended");
        await Expect(page.GetByLabel("Media location")).ToHaveValueAsync("sftp://half");
        Assert.All(_portal.Api.Asked.Where(a => a.Contains("/events?", StringComparison.Ordinal) && a.Contains("live=", StringComparison.Ordinal)), asked => Assert.EndsWith("live=true", asked));
        Assert.Equal($"GET /api/v1/sources/{source["id"]}?live=true", _portal.Api.Asked.Last(a => a.StartsWith($"GET /api/v1/sources/{source["id"]}?", StringComparison.Ordinal)));
        window.AssertQuiet();
    }

    void AddReport(string kind, string state, string? refusal, int attempts = 1) => _portal.Api.Reports.Add(new JsonObject
    {
        ["id"] = Guid.CreateVersion7().ToString(), ["kind"] = kind, ["state"] = state, ["refusal"] = refusal, ["received_at"] = "2026-03-14T21:31:02Z", ["applied_at"] = null, ["attempts"] = attempts,
        ["conversation_id"] = state == "applied" ? "0197f000-0000-7000-8000-0000000000c1" : null, ["recording_id"] = null,
    });

    Task<Page> ConnectAsync(params (string Name, string Value)[] instead)
    {
        (string Name, string Value)[] usual = [("Form.Name", "pbx-main"), ("Form.TimeZone", "Europe/Oslo"), ("Form.MediaLocation", "/mnt/monitor"), ("Form.HostKeys", ""), ("Form.Cameras", ""), ("Form.DueAfterMinutes", "15"), ("Form.SweepDays", "3"), ("Form.PublicBaseUrl", ""), ("Form.Enabled", "true")];
        return _visitor.SubmitAsync("/sources/new?kind=freepbx", "Form.Name", "/sources/new?kind=freepbx", [.. usual.Where(u => instead.All(i => i.Name != u.Name)), .. instead]);
    }
}
