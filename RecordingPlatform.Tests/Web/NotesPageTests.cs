using System.Net;
using System.Text.Json.Nodes;
using RecordingPlatform.Web.Recordings;

namespace RecordingPlatform.Tests.Web;

/// <summary>Notes and titles as the portal serves them, with script and without.</summary>
public sealed class NotesPageTests : IClassFixture<Portal>
{
    readonly Portal _portal;
    readonly Visitor _visitor;
    readonly string _id;

    public NotesPageTests(Portal portal)
    {
        _portal = portal;
        portal.Api.Reset();
        _visitor = portal.SignedIn();
        _id = (string)portal.Api.Add()["id"]!;
    }

    string Page => $"/recordings/{_id}";

    string Notes => $"{Page}/notes";

    async Task<Page> PostAsync(string path, bool script, params (string Name, string Value)[] fields)
    {
        var token = (await _visitor.GetAsync(Page)).HiddenFieldsOf("data-note-form").Single(f => f.Name == "__RequestVerificationToken");
        using var content = new FormUrlEncodedContent(fields.Append(token).Select(f => KeyValuePair.Create(f.Name, f.Value)));
        return await _visitor.SendAsync(new(HttpMethod.Post, _portal.Address + path) { Content = content }, script ? [("HX-Request", "true")] : []);
    }

    [Fact]
    public async Task Notes_show_who_wrote_what_when_and_offer_only_what_is_allowed()
    {
        _portal.Api.Notes.Add("<b>Listen</b> here", 83.4, "Dr. Lindqvist", "delete");
        var mine = _portal.Api.Notes.Add("About the whole", null, "Ada Berg", "edit", "delete");
        var page = (await _visitor.GetAsync(Page)).Expect(HttpStatusCode.OK);
        foreach (var text in (string[])["<b>Listen</b> here", "1:23", "Dr. Lindqvist", "About the whole", "Whole", "Add note"])
            page.Shows(text);
        Assert.Contains($"href=\"{Page}?t=83.4\" data-seek=\"83.4\"", page.Html, StringComparison.Ordinal);
        Assert.Single(page.Html.Split("aria-label=\"Edit note\"").Skip(1));
        Assert.Contains($"hx-get=\"{Notes}?edit={mine["id"]}\"", page.Html, StringComparison.Ordinal);
        Assert.Equal(2, page.Html.Split("aria-label=\"Delete note\"").Length - 1);

        _portal.Api.Notes.Clear();
        (await _visitor.GetAsync(Page)).Shows("No notes yet.");
        _portal.Api.Notes.MayAdd = false;
        var closed = await _visitor.GetAsync(Page);
        closed.ShowsNot("Add note");
        closed.Shows("Nobody has written a note yet.");
    }

    [Fact]
    public async Task Who_may_not_read_notes_is_shown_no_trace_of_them_and_they_are_not_asked_for()
    {
        _portal.Api.Notes.Add("Secret");
        _portal.Api.Permissions.Remove("notes.read");
        var page = (await _visitor.GetAsync(Page)).Expect(HttpStatusCode.OK);
        Assert.DoesNotContain("id=\"notes\"", page.Html, StringComparison.Ordinal);
        Assert.DoesNotContain(_portal.Api.Asked, asked => asked.Contains("/notes", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(403, false)]
    [InlineData(410, false)]
    [InlineData(503, true)]
    public async Task Notes_that_are_closed_are_left_out_and_notes_that_cannot_be_had_say_so(int status, bool said)
    {
        _portal.Api.Fail($"/api/v1{Notes}", status, "odd");
        var page = (await _visitor.GetAsync(Page)).Expect(HttpStatusCode.OK);
        page.Shows("Lifecycle");
        Assert.Equal(said, page.Text.Contains("Notes cannot be shown right now.", StringComparison.Ordinal));
        Assert.Equal(said, page.Html.Contains("id=\"notes\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_note_is_added_at_the_typed_position_and_the_list_comes_back()
    {
        var list = (await PostAsync(Notes, script: true, ("text", " Here it begins "), ("at", "0:42"))).Expect(HttpStatusCode.OK);
        Assert.StartsWith("<ol", list.Html.TrimStart(), StringComparison.Ordinal);
        list.Shows("Here it begins");
        var note = Assert.Single(_portal.Api.Notes.All);
        Assert.Equal((42, "Here it begins"), ((double)note["at_seconds"]!, (string?)note["text"]));
        Assert.Equal($"{Notes[..^6]}#notes", (await PostAsync(Notes, script: false, ("text", "Without script"), ("at", ""))).Expect(HttpStatusCode.Redirect).Location);
        Assert.Null(_portal.Api.Notes.All[1]["at_seconds"]);
    }

    [Theory]
    [InlineData("", "0:10", "Write something first.")]
    [InlineData("text", "soon", "Write the time as 12:30")]
    [InlineData("text", "9:00", "outside of the recording")]
    public async Task A_note_that_is_refused_says_why_and_changes_nothing(string text, string at, string why)
    {
        foreach (var script in (bool[])[true, false])
            (await PostAsync(Notes, script, ("text", text), ("at", at))).Expect(HttpStatusCode.UnprocessableEntity).Shows(why);
        Assert.Empty(_portal.Api.Notes.All);
    }

    [Fact]
    public async Task A_note_is_changed_in_its_place_and_keeps_its_exact_time_unless_that_is_changed()
    {
        var note = _portal.Api.Notes.Add("Before", 42.123, "Ada Berg", "edit", "delete");
        var form = (await _visitor.GetAsync($"{Notes}?edit={note["id"]}", ("HX-Request", "true"))).Expect(HttpStatusCode.OK);
        Assert.Contains("data-editing", form.Html, StringComparison.Ordinal);
        Assert.Contains("name=\"at\" value=\"0:42\"", form.Html, StringComparison.Ordinal);
        Assert.NotEmpty(form.HiddenFieldsOf("data-editing").Single(f => f.Name == "__RequestVerificationToken").Value);
        // The same without script.
        Assert.Contains("data-editing", (await _visitor.GetAsync($"{Page}?edit={note["id"]}")).Html, StringComparison.Ordinal);

        (await PostAsync($"{Notes}/{note["id"]}", true, ("text", "After"), ("at", "0:42"), ("was", "0:42"))).Expect(HttpStatusCode.OK).Shows("After");
        Assert.Equal(42.123, (double)note["at_seconds"]!);
        (await PostAsync($"{Notes}/{note["id"]}", true, ("text", "After"), ("at", ""), ("was", "0:42"))).Expect(HttpStatusCode.OK).Shows("· edited");
        Assert.Null(note["at_seconds"]);
    }

    [Fact]
    public async Task A_note_is_deleted_after_a_question()
    {
        var note = _portal.Api.Notes.Add("Wrong", 1, "Ada Berg", "edit", "delete");
        (await _visitor.GetAsync($"{Notes}?remove={note["id"]}", ("HX-Request", "true"))).Expect(HttpStatusCode.OK).Shows("Delete this note for good?");
        (await _visitor.GetAsync($"{Page}?remove={note["id"]}")).Shows("Delete this note for good?");
        Assert.Single(_portal.Api.Notes.All);
        (await PostAsync($"{Notes}/{note["id"]}/delete", true)).Expect(HttpStatusCode.OK).Shows("No notes yet.");
        Assert.Empty(_portal.Api.Notes.All);
    }

    [Fact]
    public async Task Nothing_is_written_by_a_post_from_elsewhere()
    {
        var note = _portal.Api.Notes.Add("Stays", 1, "Ada Berg", "edit", "delete");
        foreach (var path in (string[])[Notes, $"{Notes}/{note["id"]}", $"{Notes}/{note["id"]}/delete", $"{Page}/title"])
            (await _visitor.PostAsync(path, ("text", "forged"), ("title", "forged"))).Expect(HttpStatusCode.BadRequest);
        Assert.Equal("Stays", (string?)Assert.Single(_portal.Api.Notes.All)["text"]);
        Assert.Equal("Intake session", (string?)_portal.Api.Recordings.Single()["title"]);
    }

    [Fact]
    public async Task The_title_becomes_a_form_and_a_title_again()
    {
        var form = (await _visitor.GetAsync($"{Page}/title?edit=true", ("HX-Request", "true"))).Expect(HttpStatusCode.OK);
        Assert.Contains("value=\"Intake session\"", form.Html, StringComparison.Ordinal);
        Assert.Contains("name=\"editing\" value=\"title\" class=\"live-state\"", form.Html, StringComparison.Ordinal);
        Assert.Contains("title-form", (await _visitor.GetAsync($"{Page}?edit=title")).Html, StringComparison.Ordinal);
        var changed = (await PostAsync($"{Page}/title", true, ("title", " Intake <2> "))).Expect(HttpStatusCode.OK);
        Assert.Contains("<h1>Intake &lt;2&gt;</h1>", changed.Html, StringComparison.Ordinal);
        Assert.Equal("Intake <2>", (string?)_portal.Api.Recordings.Single()["title"]);
        var refused = (await PostAsync($"{Page}/title", true, ("title", "refused"))).Expect(HttpStatusCode.UnprocessableEntity);
        refused.Shows("Another title, please.");
        Assert.Contains("value=\"refused\"", refused.Html, StringComparison.Ordinal);
        (await PostAsync($"{Page}/title", true, ("title", new string('x', 301)))).Expect(HttpStatusCode.UnprocessableEntity).Shows("at most 300");
        Assert.Equal(Page, (await PostAsync($"{Page}/title", false, ("title", ""))).Expect(HttpStatusCode.Redirect).Location);
        (await _visitor.GetAsync(Page)).Shows("Call call-4711");
    }

    [Fact]
    public async Task Nobody_is_offered_to_rename_what_they_may_not_change()
    {
        _portal.Api.Recordings.Single()["permissions"] = new JsonArray("play");
        Assert.DoesNotContain("aria-label=\"Rename\"", (await _visitor.GetAsync(Page)).Html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_lifecycle_tells_what_was_and_what_will_be()
    {
        var recording = _portal.Api.Recordings.Single();
        (recording["legal_hold"], recording["held_since"]) = (true, "2026-03-18T09:12:00Z");
        var held = await _visitor.GetAsync(Page);
        foreach (var text in (string[])["Stored and sealed", "hot storage", "Ready to play", "On legal hold", "Kept until the legal hold is released"])
            held.Shows(text);
        (recording["legal_hold"], recording["held_since"], recording["retention_expires_at"]) = (false, null, "2020-01-01T00:00:00Z");
        (await _visitor.GetAsync(Page)).Shows("Retention has ended");
        recording["retention_expires_at"] = null;
        (await _visitor.GetAsync(Page)).Shows("Kept without a limit");
        (recording["status"], recording["deleted_at"], recording["purge_after"]) = ("deleted", "2026-03-20T10:00:00Z", "2099-03-27T10:00:00Z");
        var deleted = await _visitor.GetAsync(Page);
        deleted.Shows("Destroyed for good");
        deleted.Shows("27 Mar 2099");
        deleted.ShowsNot("Kept");
        Assert.DoesNotContain("id=\"notes\"", deleted.Html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Other_media_of_the_conversation_are_linked()
    {
        var other = $"{Guid.CreateVersion7()}";
        _portal.Api.Recordings.Single()["others"] = new JsonArray(new JsonObject { ["id"] = other, ["title"] = null, ["status"] = "failed", ["video"] = true, ["duration_seconds"] = 61, ["recorded_at"] = "2026-03-14T22:30:00Z" });
        var page = await _visitor.GetAsync(Page);
        Assert.Contains($"<a href=\"/recordings/{other}\">Video</a>", page.Html, StringComparison.Ordinal);
        page.Shows("· 1:01");
        page.Shows("Failed");
    }

    [Theory]
    [InlineData("42", 42.0)]
    [InlineData("0:42", 42.0)]
    [InlineData(" 1:02:03.5 ", 3723.5)]
    [InlineData("90:00", 5400.0)]
    [InlineData("1:60", null)]
    [InlineData("1:60:00", null)]
    [InlineData("-1", null)]
    [InlineData("1e3", null)]
    [InlineData("1:2:3:4", null)]
    [InlineData("", null)]
    public void Positions_are_read_as_people_write_them(string text, double? seconds) => Assert.Equal(seconds, Clock.Parse(text));
}
