using System.Text.Json;
using RecordingPlatform.Tests.Access;

namespace RecordingPlatform.Tests.Completeness;

/// <summary>What a person may do about a recording that is missing.</summary>
[Collection(AccessCollection.Name)]
public sealed class RetryAndAbsentTests(AccessPlatform running)
{
    HttpClient Admin => running.Admin;

    [Fact]
    public async Task A_retry_looks_at_once_and_for_a_day_wakes_the_source_and_is_on_record()
    {
        var source = await SourceAsync();
        var due = await ExpectAsync(source, "late", "app_now() - interval '1 hour'", "last_problem = 'Not in the folder'");
        await running.ValueAsync($"insert into jobs (id, kind, arguments, unique_key, run_at, waiting_for) values (gen_random_uuid(), 'source.watch', '{{\"source_id\": \"{source}\"}}', 'watch:{source}', app_now() + interval '6 hours', 'RecordingNotThere')");
        var since = await running.ValueAsync("select coalesce(max(id), 0) from events");
        var answer = await SendAsync(due, "retry", 202);
        Assert.Equal("late True ", Said(answer, "state", "looking", "last_problem"));
        Assert.Equal(TimeSpan.FromHours(24), answer.GetProperty("look_until").GetDateTimeOffset() - answer.GetProperty("next_look_at").GetDateTimeOffset());
        Assert.Equal("true", await running.ValueAsync($"select (look_from = look_at and look_at between app_now() - interval '1 minute' and app_now())::text from expectations where id = '{due}'"));
        // The job that waited for its time is due, and is still the only one.
        Assert.Equal("queued true", await running.ValueAsync($"select string_agg(state || ' ' || (run_at <= app_now())::text, ', ') from jobs where unique_key = 'watch:{source}'"));
        Assert.Equal("""{"state": "late", "medium": "audio"}""", await running.ValueAsync($"select data from events where kind = 'expectation.changed' and id > {since} and conversation_id = (select conversation_id from expectations where id = '{due}')"));
        Assert.Equal("late late", await running.ValueAsync($"select (facts ->> 'was') || ' ' || (facts ->> 'state') from audit where action = 721 and target_kind = 'expectation' and target_id = '{due}'"));

        // What is not due yet is expected again, and a second look changes no more than times.
        var early = await ExpectAsync(source, "expected", "app_now() + interval '1 hour'");
        await SendAsync(early, "retry", 202);
        Assert.Equal("expected", (await SendAsync(early, "retry", 202)).GetProperty("state").GetString());
        Assert.Equal("1", await running.ValueAsync($"select count(*) from jobs where unique_key = 'watch:{source}' and state = 'queued'"));
    }

    [Fact]
    public async Task An_absent_one_says_why_and_a_retry_opens_it_again()
    {
        var source = await SourceAsync();
        var id = await ExpectAsync(source, "late", "app_now() - interval '1 hour'", "look_at = app_now(), look_from = app_now(), look_until = app_now()");
        var since = await running.ValueAsync("select coalesce(max(id), 0) from events");
        var absent = await SendAsync(id, "absent", 200, new { reason = "  The line was dead, says Zebrafinch  " });
        Assert.Equal("absent The line was dead, says Zebrafinch False  ", Said(absent, "state", "absent_reason", "looking", "next_look_at", "look_until"));
        // The words are erasable, the fact stays.
        Assert.Equal("The line was dead, says Zebrafinch", await running.ValueAsync($"select d.reason from audit a join audit_details d on d.id = a.details_id where a.action = 722 and a.target_id = '{id}'"));
        Assert.DoesNotContain("Zebrafinch", await running.ValueAsync($"select facts from audit where action = 722 and target_id = '{id}'"), StringComparison.Ordinal);
        Assert.Equal("0", await running.ValueAsync($"select count(*) from jobs where unique_key = 'watch:{source}'"));
        Assert.Equal("Rather: nobody answered", (await SendAsync(id, "absent", 200, new { reason = "Rather: nobody answered" })).GetProperty("absent_reason").GetString());
        Assert.Equal("late  True", Said(await SendAsync(id, "retry", 202), "state", "absent_reason", "looking"));
        Assert.Equal("absent absent late", await running.ValueAsync($"select string_agg(data ->> 'state', ' ' order by id) from events where kind = 'expectation.changed' and id > {since} and conversation_id = (select conversation_id from expectations where id = '{id}')"));
    }

    [Fact]
    public async Task What_came_is_neither_looked_for_nor_absent()
    {
        var id = await ExpectAsync(await SourceAsync(), "received", "app_now()");
        Assert.Equal("expectation_received", CodeOf(await SendAsync(id, "retry", 409)));
        Assert.Equal("expectation_received", CodeOf(await SendAsync(id, "absent", 409, new { reason = "because" })));
        Assert.Equal("received", await running.ValueAsync($"select state from expectations where id = '{id}' and look_at is null and absent_reason is null"));
        Assert.Equal("0", await running.ValueAsync($"select count(*) from events where kind = 'expectation.changed' and conversation_id = (select conversation_id from expectations where id = '{id}')"));
    }

    [Theory]
    [InlineData("kind = 'twilio_voice'", "", "brought")]
    [InlineData("enabled = false", "", "switched off")]
    [InlineData("media_location = null", "", "media location")]
    [InlineData("enabled = true", "external_id = 'camera:door', medium = 'video'", "camera")]
    public async Task Where_nothing_can_be_looked_at_it_is_said_why(string source, string expectation, string why)
    {
        var id = await SourceAsync();
        await running.ValueAsync($"update sources set {source} where id = '{id}'");
        var missing = await ExpectAsync(id, "late", "app_now()", expectation);
        var answer = await SendAsync(missing, "retry", 409);
        Assert.Equal("source_cannot_look", CodeOf(answer));
        Assert.Contains(why, answer.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal("late", await running.ValueAsync($"select state from expectations where id = '{missing}' and look_at is null"));
        Assert.Equal("0", await running.ValueAsync($"select count(*) from jobs where unique_key = 'watch:{id}'"));
    }

    [Fact]
    public async Task A_reason_is_asked_for_and_has_a_length()
    {
        var id = await ExpectAsync(await SourceAsync(), "late", "app_now()");
        foreach (var (body, code) in new (object, string)[] { (new { }, "bad_request"), (new { reason = (string?)null }, "reason_length"), (new { reason = "  " }, "reason_length"), (new { reason = new string('x', 501) }, "reason_length"), (new { reason = "a\0b" }, "text_invalid") })
            Assert.Equal(code, CodeOf(await SendAsync(id, "absent", 400, body)));
        Assert.Equal("absent", (await SendAsync(id, "absent", 200, new { reason = new string('x', 500) })).GetProperty("state").GetString());
    }

    [Fact]
    public async Task A_repeated_retry_of_one_key_is_one()
    {
        var id = await ExpectAsync(await SourceAsync(), "late", "app_now()");
        var key = $"k-{Guid.CreateVersion7()}";
        var first = await AccessPlatform.SendAsync(Admin, HttpMethod.Post, $"api/v1/completeness/{id}/retry", 202, idempotencyKey: key);
        var second = await AccessPlatform.SendAsync(Admin, HttpMethod.Post, $"api/v1/completeness/{id}/retry", 202, idempotencyKey: key);
        Assert.Equal(first.GetRawText(), second.GetRawText());
        Assert.Equal("1", await running.ValueAsync($"select count(*) from audit where action = 721 and target_id = '{id}'"));
    }

    async Task<Guid> SourceAsync()
    {
        var id = Guid.CreateVersion7();
        await running.ValueAsync($"insert into sources (id, name, kind, media_location) values ('{id}', 's{id:N}', 'freepbx', '/srv/monitor')");
        return id;
    }

    async Task<Guid> ExpectAsync(Guid source, string state, string due, string also = "")
    {
        var id = Guid.Parse(await running.ValueAsync($"""
            with c as (insert into conversations (id, source_id, external_id, kind, started_at) values (gen_random_uuid(), '{source}', gen_random_uuid()::text, 'call', app_now()) returning id, source_id)
            insert into expectations (id, conversation_id, source_id, medium, state, due_at) select gen_random_uuid(), id, source_id, 'audio', '{state}', {due} from c returning id
            """));
        if (also.Length > 0)
            await running.ValueAsync($"update expectations set {also} where id = '{id}'");
        return id;
    }

    Task<JsonElement> SendAsync(Guid expectation, string verb, int status, object? body = null) => AccessPlatform.SendAsync(Admin, HttpMethod.Post, $"api/v1/completeness/{expectation}/{verb}", status, body);

    static string CodeOf(JsonElement problem) => problem.GetProperty("code").GetString()!;

    static string Said(JsonElement element, params string[] names) => string.Join(' ', names.Select(name => element.GetProperty(name).ToString()));
}
