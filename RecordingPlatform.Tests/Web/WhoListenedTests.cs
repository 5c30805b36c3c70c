using System.Net;
using System.Text.Json.Nodes;

namespace RecordingPlatform.Tests.Web;

public sealed class WhoListenedTests : IClassFixture<Portal>
{
    readonly Portal _portal;
    readonly Visitor _visitor;

    public WhoListenedTests(Portal portal)
    {
        _portal = portal;
        portal.Api.Reset();
        _visitor = portal.SignedIn();
        Add("recording_played", "done", "Helena Novak", "complaint <17>");
        Add("access_denied", "denied", null, null);
    }

    [Fact]
    public async Task Who_may_read_the_audit_log_sees_who_listened_and_why()
    {
        _portal.Api.Permissions.Add("audit.read");
        var id = _portal.Api.Add()["id"];
        var page = (await _visitor.GetAsync($"/recordings/{id}")).Expect(HttpStatusCode.OK);
        foreach (var text in (string[])["Who listened", "Helena Novak", "Played", "complaint <17>", "Tried to open", "Denied", "Somebody no longer known"])
            page.Shows(text);
        Assert.Contains($"GET /api/v1/audit/log?recording_id={id}&limit=50", _portal.Api.Asked);
    }

    [Fact]
    public async Task What_everybody_reads_with_the_page_does_not_hide_who_listened()
    {
        _portal.Api.Permissions.Add("audit.read");
        Add("notes_listed", "done", "Ada Reader", null);
        Add("audit_log_read", "done", "Ada Reader", null);
        Add("notes_listed", "denied", "Bob Refused", null);
        var page = (await _visitor.GetAsync($"/recordings/{_portal.Api.Add()["id"]}")).Expect(HttpStatusCode.OK);
        page.ShowsNot("Ada Reader");
        page.Shows("Bob Refused");
        page.Shows("Tried to read its notes");
        page.Shows("Helena Novak");
    }

    [Fact]
    public async Task Everybody_else_is_not_shown_it_and_it_is_not_asked_for()
    {
        (await _visitor.GetAsync($"/recordings/{_portal.Api.Add()["id"]}")).Expect(HttpStatusCode.OK).ShowsNot("Who listened");
        Assert.DoesNotContain(_portal.Api.Asked, a => a.Contains("audit", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_log_that_cannot_be_read_leaves_the_rest_of_the_page()
    {
        _portal.Api.Permissions.Add("audit.read");
        _portal.Api.Fail("/api/v1/audit", 503, "database_unavailable");
        var page = (await _visitor.GetAsync($"/recordings/{_portal.Api.Add(title: "Still there")["id"]}")).Expect(HttpStatusCode.OK);
        page.Shows("Still there");
        page.Shows("Who listened cannot be shown");
    }

    void Add(string action, string outcome, string? name, string? reason) => _portal.Api.AuditEntries.Add(new JsonObject
    {
        ["id"] = 1,
        ["at"] = "2026-03-14T22:30:00Z",
        ["action"] = action,
        ["outcome"] = outcome,
        ["actor_kind"] = "user",
        ["actor_name"] = name,
        ["reason"] = reason,
    });
}
