using System.Net;
using System.Text.Json.Nodes;

namespace RecordingPlatform.Tests.Web;

public sealed class RecordingPageTests : IClassFixture<Portal>
{
    readonly Portal _portal;
    readonly Visitor _visitor;

    public RecordingPageTests(Portal portal)
    {
        _portal = portal;
        portal.Api.Reset();
        _visitor = portal.SignedIn();
    }

    [Fact]
    public async Task Words_too_short_to_search_for_show_the_whole_list_and_say_so()
    {
        _portal.Api.Add(title: "Intake session");
        var page = await _visitor.GetAsync("/recordings?q=ab");
        page.Shows("Intake session");
        page.Shows("Type at least 3 characters");
        Assert.Contains("GET /api/v1/recordings?page_size=25", _portal.Api.Asked);
        Assert.DoesNotContain(_portal.Api.Asked, asked => asked.Contains("q=ab", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_list_shows_what_each_recording_is()
    {
        _portal.Api.Add(title: "Intake <b>session</b>", with: r => r["legal_hold"] = true);
        _portal.Api.Add("absent", title: null);
        _visitor.Cookies["portal-zone"] = "Europe%2FCopenhagen";
        var page = (await _visitor.GetAsync("/recordings")).Expect(HttpStatusCode.OK);
        foreach (var text in new[] { "Intake <b>session</b>", "Twilio · 2 participants", "14 Mar 2026, 23:30", "1:00", "4.8 MB", "Legal hold", "Ready", "Call call-4711", "Missing" })
            page.Shows(text);
    }

    [Fact]
    public async Task Filters_reach_the_api_as_instants_of_the_readers_calendar()
    {
        _visitor.Cookies["portal-zone"] = "America/New_York";
        (await _visitor.GetAsync("/recordings?q=anna+b%26c&status=ready&from=2026-03-08&to=2026-03-08&cursor=abc")).Expect(HttpStatusCode.OK);
        // New York's clocks went forward on that day: it was 23 hours long.
        Assert.Contains("GET /api/v1/recordings?q=anna%20b%26c&status=ready&from=2026-03-08T05%3A00%3A00Z&to=2026-03-09T04%3A00%3A00Z&cursor=abc&page_size=25", _portal.Api.Asked);
    }

    [Fact]
    public async Task The_next_page_keeps_the_filters()
    {
        _portal.Api.Add();
        _portal.Api.NextCursor = "MTIz+/=";
        var page = await _visitor.GetAsync("/recordings?q=a%26bc&from=2026-01-01");
        Assert.Contains("href=\"/recordings?q=a%26bc&amp;from=2026-01-01&amp;cursor=MTIz%2B%2F%3D\"", page.Html);
    }

    [Fact]
    public async Task A_total_that_is_only_a_lower_bound_is_called_so()
    {
        _portal.Api.Add();
        _portal.Api.TotalIsLowerBound = true;
        (await _visitor.GetAsync("/recordings")).Shows("More than 1");
    }

    [Fact]
    public async Task An_empty_archive_invites_the_first_recording()
    {
        (await _visitor.GetAsync("/recordings")).Shows("No recordings yet");
        (await _visitor.GetAsync("/recordings?q=nobody")).Shows("No recording matches");
        (await _visitor.GetAsync("/recordings?from=2026-02-02&to=2026-02-01")).Shows("wrong way round");
    }

    [Fact]
    public async Task What_is_no_date_is_no_filter()
    {
        (await _visitor.GetAsync("/recordings?from=yesterday&to=9999-12-31")).Expect(HttpStatusCode.OK);
        Assert.Contains("GET /api/v1/recordings?page_size=25", _portal.Api.Asked);
    }

    [Theory]
    [InlineData(503, "cannot be reached right now")]
    [InlineData(500, "cannot be reached right now")]
    [InlineData(403, "does not have this right")]
    [InlineData(400, "was refused (odd)")]
    public async Task A_list_that_cannot_be_had_says_why_with_the_same_status(int status, string words)
    {
        _portal.Api.Fail("/api/v1/recordings", status, "odd");
        (await _visitor.GetAsync("/recordings")).Expect((HttpStatusCode)status).Shows(words);
    }

    [Fact]
    public async Task A_busy_platform_says_when_to_come_back()
    {
        _portal.Api.Fail("/api/v1/recordings", 429, "slow_down", retryAfter: 30);
        var page = (await _visitor.GetAsync("/recordings")).Expect(HttpStatusCode.TooManyRequests);
        page.Shows("try again in 30 seconds");
        Assert.Equal("30", page.Header("Retry-After"));
    }

    [Fact]
    public async Task A_recording_shows_its_facts()
    {
        var id = _portal.Api.Add()["id"];
        var page = (await _visitor.GetAsync($"/recordings/{id}")).Expect(HttpStatusCode.OK);
        foreach (var text in new[] { "Intake session", "audio/wav", "Stereo", "48 kHz", "−21.4 LUFS", "+3.5 dB", "14 Mar 2033", "2,555 days", "9f86d081884c7d65", "Patient asked for a copy." })
            page.Shows(text);
        Assert.Contains("<recording-player", page.Html);
        Assert.DoesNotContain("hx-trigger=\"every", page.Html);
    }

    [Theory]
    [InlineData("processing")]
    [InlineData("stored")]
    [InlineData("receiving")]
    [InlineData("failed")]
    [InlineData("damaged")]
    [InlineData("absent")]
    [InlineData("deleted")]
    public async Task A_recording_that_is_not_ready_says_what_is_happening_and_can_ask_for_itself_anew(string status)
    {
        var id = _portal.Api.Add(status)["id"];
        var page = (await _visitor.GetAsync($"/recordings/{id}")).Expect(HttpStatusCode.OK);
        Assert.DoesNotContain("<recording-player", page.Html);
        Assert.Contains($"hx-get=\"/recordings/{id}/body\" hx-trigger=\"live\"", page.Html, StringComparison.Ordinal);
        Assert.DoesNotContain("hx-trigger=\"every", page.Html, StringComparison.Ordinal);
        Assert.Equal(status == "processing", page.Html.Contains("<progress", StringComparison.Ordinal));
        if (status is "failed" or "damaged")
            page.Shows("ends in the middle of a frame");
    }

    [Fact]
    public async Task The_fragment_of_a_recording_is_each_part_for_its_place_and_leaves_a_player_alone()
    {
        var recording = _portal.Api.Add("processing");
        var before = (await _visitor.GetAsync($"/recordings/{recording["id"]}/body", ("HX-Request", "true"))).Expect(HttpStatusCode.OK);
        Assert.DoesNotContain("<html", before.Html, StringComparison.Ordinal);
        foreach (var part in (string[])["title", "actions", "line", "stage", "aside"])
            Assert.Contains($"hx-target=\"#recording-{part}\"", before.Html, StringComparison.Ordinal);
        recording["status"] = "ready";
        var after = await _visitor.GetAsync($"/recordings/{recording["id"]}/body", ("HX-Request", "true"));
        Assert.Contains("<recording-player", after.Html);
        var playing = await _visitor.GetAsync($"/recordings/{recording["id"]}/body?stage=player&editing=title", ("HX-Request", "true"));
        Assert.DoesNotContain("recording-stage", playing.Html, StringComparison.Ordinal);
        Assert.DoesNotContain("recording-title", playing.Html, StringComparison.Ordinal);
        Assert.Contains("recording-actions", playing.Html, StringComparison.Ordinal);
        recording["status"] = "deleted";
        Assert.Contains("This recording was deleted.", (await _visitor.GetAsync($"/recordings/{recording["id"]}/body?stage=player", ("HX-Request", "true"))).Html, StringComparison.Ordinal);
        Assert.Contains($"GET /api/v1/recordings/{recording["id"]}?live=true", _portal.Api.Asked);
        _portal.Api.Recordings.Clear();
        var gone = await _visitor.GetAsync($"/recordings/{recording["id"]}/body", ("HX-Request", "true"));
        Assert.Equal("true", gone.Expect(HttpStatusCode.NotFound).Header("HX-Refresh"));
    }

    [Fact]
    public async Task Only_what_is_allowed_is_offered()
    {
        var recording = _portal.Api.Add(with: r => r["permissions"] = new JsonArray());
        _portal.Api.Permissions.Remove("recordings.upload");
        var page = await _visitor.GetAsync($"/recordings/{recording["id"]}");
        page.Shows("Playback is not open to you");
        page.ShowsNot("Download");
        page.ShowsNot("Delete");
        page.ShowsNot("Upload");
        (await _visitor.GetAsync("/upload")).Expect(HttpStatusCode.Forbidden).Shows("You do not have access to this");
    }

    [Fact]
    public async Task Deleting_needs_a_reason_and_leads_back_to_what_was_deleted()
    {
        var recording = _portal.Api.Add();
        var path = $"/recordings/{recording["id"]}";
        (await _visitor.SubmitAsync(path, "Delete this recording", path, ("reason", "  "))).Expect(HttpStatusCode.BadRequest).Shows("Say why, in a few words.");
        Assert.Equal("ready", (string?)recording["status"]);
        var answer = await _visitor.SubmitAsync(path, "Delete this recording", path, ("reason", "recorded by mistake & unwanted"));
        Assert.Equal(path, answer.Expect(HttpStatusCode.Redirect).Location);
        Assert.Contains($"DELETE /api/v1{path}?reason=recorded%20by%20mistake%20%26%20unwanted", _portal.Api.Asked);
        var after = await _visitor.GetAsync(path);
        after.Shows("This recording was deleted.");
        after.ShowsNot("Delete recording");
    }

    [Fact]
    public async Task A_held_recording_names_the_matter_that_keeps_it()
    {
        var recording = _portal.Api.Add(with: r => r["legal_hold"] = true);
        var path = $"/recordings/{recording["id"]}";
        var page = (await _visitor.SubmitAsync(path, "Delete this recording", path, ("reason", "old"))).Expect(HttpStatusCode.Conflict);
        page.Shows("The matter \"Case 12/2026\" holds this recording.");
        Assert.Contains("value=\"old\"", page.Html);
        Assert.Matches("<dialog[^>]* open", page.Html);
    }

    [Fact]
    public async Task A_reason_goes_along_with_playing_and_downloading()
    {
        var id = _portal.Api.Add(with: r => r["permissions"] = new JsonArray("play", "download", "reason"))["id"];
        Assert.Contains("data-reason", (await _visitor.GetAsync($"/recordings/{id}")).Html);
        await _visitor.GetAsync($"/recordings/{id}/playback?reason=case%20%26%20cause");
        await _visitor.GetAsync($"/recordings/{id}/download?reason=case%20%26%20cause");
        Assert.Contains($"GET /api/v1/recordings/{id}/playback-url?quality=high&reason=case%20%26%20cause", _portal.Api.Asked);
        Assert.Contains($"GET /api/v1/recordings/{id}/playback-url?download=true&reason=case%20%26%20cause", _portal.Api.Asked);
    }

    [Fact]
    public async Task A_recording_with_a_picture_shows_it()
    {
        var id = _portal.Api.Add(with: r => (r["video_codec"], r["mime_type"]) = ("h264", "video/mp4"))["id"];
        Assert.Contains("<video data-media", (await _visitor.GetAsync($"/recordings/{id}")).Html);
    }

    [Fact]
    public async Task A_download_leads_to_the_api_itself()
    {
        var id = _portal.Api.Add()["id"];
        var answer = (await _visitor.GetAsync($"/recordings/{id}/download")).Expect(HttpStatusCode.Redirect);
        Assert.StartsWith($"{_portal.Api.Address}/media/{id}?", answer.Location);
        Assert.Contains("download=true", answer.Location);
    }

    [Fact]
    public async Task An_unknown_recording_is_not_found_whatever_its_address()
    {
        (await _visitor.GetAsync($"/recordings/{Guid.CreateVersion7()}")).Expect(HttpStatusCode.NotFound).Shows("There is nothing here");
        (await _visitor.GetAsync("/recordings/not-an-id")).Expect(HttpStatusCode.NotFound).Shows("There is nothing here");
        (await _visitor.GetAsync($"/recordings/{Guid.CreateVersion7()}/waveform")).Expect(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task An_upload_ticket_is_an_address_at_the_api()
    {
        var token = (await _visitor.GetAsync("/upload")).HiddenFieldsOf("data-upload").Single(f => f.Name == "__RequestVerificationToken").Value;
        var answer = (await _visitor.SendAsync(new(HttpMethod.Post, _portal.Address + "/upload/ticket"), ("RequestVerificationToken", token))).Expect(HttpStatusCode.OK);
        Assert.StartsWith($"{_portal.Api.Address}/api/v1/recordings?ticket=rpu_", (string?)JsonNode.Parse(answer.Html)!["url"]);

        _portal.Api.Permissions.Remove("recordings.upload");
        (await _visitor.SendAsync(new(HttpMethod.Post, _portal.Address + "/upload/ticket"), ("RequestVerificationToken", token))).Expect(HttpStatusCode.Forbidden);
    }
}
