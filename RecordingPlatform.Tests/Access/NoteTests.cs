using System.Text.Json;

namespace RecordingPlatform.Tests.Access;

[Collection(AccessCollection.Name)]
public sealed class NoteTests(AccessPlatform running)
{
    HttpClient Admin => running.Admin;

    [Fact]
    public async Task Notes_are_read_in_the_order_of_the_recording_with_who_wrote_them_and_what_may_be_done()
    {
        var id = await CallAsync(seconds: 60);
        using var writer = await running.Platform.SignInAsync("operator");
        await AddAsync(writer, id, "Second", 42.1239);
        await AddAsync(Admin, id, "  About the whole\n", null);
        var first = await AddAsync(writer, id, "First", 3);
        Assert.Equal(["edit", "delete"], Texts(first.GetProperty("permissions")));

        var read = await AccessPlatform.SendAsync(writer, HttpMethod.Get, Path(id), 200);
        Assert.True(read.GetProperty("may_add").GetBoolean());
        var notes = read.GetProperty("notes").EnumerateArray().ToList();
        Assert.Equal(["About the whole", "First", "Second"], notes.Select(n => n.GetProperty("text").GetString()));
        Assert.Equal([null, 3, 42.124], notes.Select(n => n.GetProperty("at_seconds").ValueKind == JsonValueKind.Null ? (double?)null : n.GetProperty("at_seconds").GetDouble()));
        Assert.Equal(await running.ValueAsync($"select display_name from users where id = '{await running.UserIdAsync("operator")}'"), notes[1].GetProperty("author_name").GetString());
        Assert.Empty(Texts(notes[0].GetProperty("permissions")));
        Assert.Equal(notes[1].GetProperty("created_at").GetString(), notes[1].GetProperty("updated_at").GetString());
    }

    [Fact]
    public async Task Each_change_is_one_audit_row_and_one_event_and_neither_repeats_what_was_written()
    {
        var id = await CallAsync(seconds: 60);
        var note = await AddAsync(Admin, id, "Zebrafinch", 1);
        var path = $"{Path(id)}/{note.GetProperty("id").GetString()}";
        var changed = await AccessPlatform.SendAsync(Admin, HttpMethod.Patch, path, 200, new { text = "Zebrafinch, twice" });
        Assert.Equal(1, changed.GetProperty("at_seconds").GetDouble());
        Assert.True(changed.GetProperty("updated_at").GetDateTimeOffset() > changed.GetProperty("created_at").GetDateTimeOffset());
        // Nothing changes, nothing is written.
        await AccessPlatform.SendAsync(Admin, HttpMethod.Patch, path, 200, new { text = "Zebrafinch, twice" });
        var moved = await AccessPlatform.SendAsync(Admin, HttpMethod.Patch, path, 200, new { at_seconds = (double?)null });
        Assert.Equal((JsonValueKind.Null, "Zebrafinch, twice"), (moved.GetProperty("at_seconds").ValueKind, moved.GetProperty("text").GetString()));
        await AccessPlatform.SendAsync(Admin, HttpMethod.Delete, path, 204);
        await AccessPlatform.SendAsync(Admin, HttpMethod.Delete, path, 404);

        Assert.Equal("241,242,242,243", await running.ValueAsync($"select string_agg(action::text, ',' order by id) from audit where recording_id = '{id}' and action between 241 and 243 and outcome = 'done'"));
        Assert.Equal("4", await running.ValueAsync($"select count(*) from events where recording_id = '{id}' and kind = 'recording.notes_changed'"));
        Assert.Equal("0", await running.ValueAsync($"select (select count(*) from audit where facts::text ilike '%zebrafinch, twice%') + (select count(*) from audit_details where reason ilike '%zebrafinch, twice%') + (select count(*) from events where data::text ilike '%zebrafinch, twice%')"));
        Assert.Equal("0", await running.ValueAsync($"select count(*) from recording_notes where recording_id = '{id}'"));
    }

    [Fact]
    public async Task A_note_has_limits()
    {
        var id = await CallAsync(seconds: 60);
        await RefuseAsync(new { text = "   " }, "text_length");
        await RefuseAsync(new { text = new string('x', 2001) }, "text_length");
        await RefuseAsync(new { text = "a\0b" }, "text_invalid");
        await RefuseAsync(new { text = "too late", at_seconds = 60.01 }, "time_outside");
        await RefuseAsync(new { text = "too early", at_seconds = -0.01 }, "time_outside");
        await AddAsync(Admin, id, new string('x', 2000), 60);
        var note = await AddAsync(Admin, id, "moves", 5);
        var path = $"{Path(id)}/{note.GetProperty("id").GetString()}";
        Assert.Equal("nothing_to_change", (await AccessPlatform.SendAsync(Admin, HttpMethod.Patch, path, 400, new { })).GetProperty("code").GetString());
        Assert.Equal("time_outside", (await AccessPlatform.SendAsync(Admin, HttpMethod.Patch, path, 400, new { at_seconds = 61 })).GetProperty("code").GetString());
        // Before it is processed nobody knows where it ends.
        var unknown = await CallAsync(seconds: null);
        await AddAsync(Admin, unknown, "whole", null);
        Assert.Equal("time_outside", (await AccessPlatform.SendAsync(Admin, HttpMethod.Post, Path(unknown), 400, new { text = "where?", at_seconds = 1 })).GetProperty("code").GetString());
        await running.ValueAsync($"insert into recording_notes (id, recording_id, text) select gen_random_uuid(), '{unknown}', 'n' from generate_series(1, 999)");
        Assert.Equal("notes_full", (await AccessPlatform.SendAsync(Admin, HttpMethod.Post, Path(unknown), 409, new { text = "one more" })).GetProperty("code").GetString());

        async Task RefuseAsync(object body, string code) =>
            Assert.Equal(code, (await AccessPlatform.SendAsync(Admin, HttpMethod.Post, Path(id), 400, body)).GetProperty("code").GetString());
    }

    [Fact]
    public async Task Nobody_rewrites_what_somebody_else_wrote_and_managers_may_take_it_away()
    {
        var id = await CallAsync(seconds: 60);
        using var writer = await running.Platform.SignInAsync("operator");
        using var manager = await running.Platform.SignInAsync("practice_manager");
        var theirs = await AddAsync(writer, id, "The operator's", 1);
        var managers = await AddAsync(manager, id, "The manager's", 2);
        var path = $"{Path(id)}/{theirs.GetProperty("id").GetString()}";
        foreach (var other in (HttpClient[])[manager, Admin])
            Assert.Equal("not_your_note", (await AccessPlatform.SendAsync(other, HttpMethod.Patch, path, 403, new { text = "never said" })).GetProperty("code").GetString());
        Assert.Equal("not_your_note", (await AccessPlatform.SendAsync(writer, HttpMethod.Delete, $"{Path(id)}/{managers.GetProperty("id").GetString()}", 403)).GetProperty("code").GetString());
        await AccessPlatform.SendAsync(manager, HttpMethod.Delete, path, 204);
        Assert.Equal("242,242,243", await running.ValueAsync($"select string_agg(action::text, ',' order by id) from audit where recording_id = '{id}' and target_kind = 'note' and outcome = 'denied'"));
    }

    [Fact]
    public async Task Patients_and_staff_who_are_the_subject_do_not_see_what_was_written_about_them()
    {
        var id = await AccessPlatform.UploadAsync(Admin, ("title", "Session"), ("subject_id", "patient"), ("callId", $"{Guid.CreateVersion7()}"));
        await AddAsync(Admin, id, "Zebrafinch", null);
        using var patient = await running.Platform.SignInAsync("patient");
        await AccessPlatform.SendAsync(patient, HttpMethod.Get, $"api/v1/recordings/{id}", 200);
        Assert.DoesNotContain("Zebrafinch", (await AccessPlatform.SendAsync(patient, HttpMethod.Get, Path(id), 403)).ToString(), StringComparison.Ordinal);

        // An operator sees every call; this one is about the operator.
        var about = await AccessPlatform.UploadAsync(Admin, ("title", "Own call"), ("subject_id", "operator-as-subject"), ("callId", $"{Guid.CreateVersion7()}"));
        await AddAsync(Admin, about, "Zebrafinch", null);
        using var colleague = await running.Platform.SignInAsync("operator");
        Assert.Single((await AccessPlatform.SendAsync(colleague, HttpMethod.Get, Path(about), 200)).GetProperty("notes").EnumerateArray());
        await running.ValueAsync($"update subjects set user_id = '{await running.UserIdAsync("operator")}' where id = (select subject_id from recordings where id = '{about}')");
        try
        {
            var read = await AccessPlatform.SendAsync(colleague, HttpMethod.Get, Path(about), 200);
            Assert.Empty(read.GetProperty("notes").EnumerateArray());
            Assert.False(read.GetProperty("may_add").GetBoolean());
            await AccessPlatform.SendAsync(colleague, HttpMethod.Post, Path(about), 403, new { text = "let me explain" });
        }
        finally
        {
            await running.ValueAsync($"update subjects set user_id = null where id = (select subject_id from recordings where id = '{about}')");
        }
    }

    [Fact]
    public async Task A_grant_opens_notes_for_reading_and_a_closed_recording_closes_its_notes()
    {
        var id = await running.UploadPrivateAsync("Lent with its notes");
        await AddAsync(Admin, id, "Listen to this", null);
        using var reader = await running.Platform.SignInAsync("operator");
        await AccessPlatform.SendAsync(reader, HttpMethod.Get, Path(id), 404);
        await AccessPlatform.SendAsync(Admin, HttpMethod.Post, $"api/v1/recordings/{id}/grants", 201, new { user = await running.UserIdAsync("operator"), download = true });
        // To save is not to hear.
        await AccessPlatform.SendAsync(reader, HttpMethod.Get, Path(id), 403);
        await AccessPlatform.SendAsync(Admin, HttpMethod.Post, $"api/v1/recordings/{id}/grants", 201, new { user = await running.UserIdAsync("operator"), play = true });
        var lent = await AccessPlatform.SendAsync(reader, HttpMethod.Get, Path(id), 200);
        Assert.Single(lent.GetProperty("notes").EnumerateArray());
        Assert.False(lent.GetProperty("may_add").GetBoolean());
        await AccessPlatform.SendAsync(reader, HttpMethod.Post, Path(id), 403, new { text = "mine" });

        await running.ValueAsync($"update recordings set restricted_at = app_now() where id = '{id}'");
        await AccessPlatform.SendAsync(Admin, HttpMethod.Get, Path(id), 403);
        using (var compliance = await running.Platform.SignInAsync("compliance_officer"))
            Assert.Single((await AccessPlatform.SendAsync(compliance, HttpMethod.Get, Path(id), 200)).GetProperty("notes").EnumerateArray());
        await running.ValueAsync($"update recordings set restricted_at = null where id = '{id}'");

        await AccessPlatform.SendAsync(Admin, HttpMethod.Delete, $"api/v1/recordings/{id}?reason=test", 200);
        Assert.Equal("recording_deleted", (await AccessPlatform.SendAsync(Admin, HttpMethod.Get, Path(id), 410)).GetProperty("code").GetString());
        Assert.Equal("recording_deleted", (await AccessPlatform.SendAsync(Admin, HttpMethod.Post, Path(id), 409, new { text = "too late" })).GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_page_that_refreshes_its_notes_by_itself_is_one_reading_on_record()
    {
        var id = await CallAsync(seconds: 60);
        using var reader = await running.Platform.SignInAsync("operator");
        for (var i = 0; i < 3; i++)
            await AccessPlatform.SendAsync(reader, HttpMethod.Get, $"{Path(id)}?live=true", 200);
        Assert.Equal("1", await running.ValueAsync($"select count(*) from audit where recording_id = '{id}' and action = 240"));
    }

    [Fact]
    public async Task A_note_sent_twice_under_one_key_is_written_once()
    {
        var id = await CallAsync(seconds: 60);
        var key = $"{Guid.CreateVersion7()}";
        var one = await AccessPlatform.SendAsync(Admin, HttpMethod.Post, Path(id), 201, new { text = "Once", at_seconds = 1.5 }, key);
        var two = await AccessPlatform.SendAsync(Admin, HttpMethod.Post, Path(id), 201, new { text = "Once", at_seconds = 1.5 }, key);
        Assert.Equal(one.GetProperty("id").GetString(), two.GetProperty("id").GetString());
        Assert.Equal("1", await running.ValueAsync($"select count(*) from recording_notes where recording_id = '{id}'"));
    }

    [Fact]
    public async Task Details_say_who_took_part_on_which_channel_with_which_consent_and_what_else_there_is()
    {
        var call = $"{Guid.CreateVersion7()}";
        var id = await AccessPlatform.UploadAsync(Admin, ("title", "First leg"), ("callId", call));
        var other = await AccessPlatform.UploadAsync(Admin, ("title", "Second leg"), ("callId", call));
        var person = Guid.CreateVersion7();
        await running.ValueAsync($"""
            insert into participants (id, conversation_id, display_name, role, channel) select '{person}', conversation_id, 'Mira Castellanos', 'caller', 2 from recordings where id = '{id}';
            insert into participants (id, conversation_id, phone, channel) select gen_random_uuid(), conversation_id, '+4511223344', 1 from recordings where id = '{id}';
            insert into consents (id, participant_id, purpose, state, decided_at) values (gen_random_uuid(), '{person}', 'recording', 'given', app_now() - interval '1 hour');
            insert into consents (id, participant_id, purpose, state) values (gen_random_uuid(), '{person}', 'recording', 'withdrawn')
            """);
        var details = await AccessPlatform.SendAsync(Admin, HttpMethod.Get, $"api/v1/recordings/{id}", 200);
        var people = details.GetProperty("participants").EnumerateArray().ToList();
        Assert.Equal(["+4511223344", "Mira Castellanos"], people.Select(p => p.GetProperty("name").GetString()));
        Assert.Equal(2, people[1].GetProperty("channel").GetInt32());
        Assert.Equal("withdrawn", Assert.Single(people[1].GetProperty("consents").EnumerateArray()).GetProperty("state").GetString());
        Assert.Equal(other, Assert.Single(details.GetProperty("others").EnumerateArray()).GetProperty("id").GetGuid());
        Assert.Equal(JsonValueKind.String, details.GetProperty("stored_at").ValueKind);
        Assert.Equal(JsonValueKind.Null, details.GetProperty("purge_after").ValueKind);

        // What is deleted is not offered beside the others any more.
        await AccessPlatform.SendAsync(Admin, HttpMethod.Delete, $"api/v1/recordings/{id}?reason=test", 200);
        var deleted = await AccessPlatform.SendAsync(Admin, HttpMethod.Get, $"api/v1/recordings/{id}", 200);
        Assert.True(deleted.GetProperty("purge_after").GetDateTimeOffset() > deleted.GetProperty("deleted_at").GetDateTimeOffset());
        Assert.Empty((await AccessPlatform.SendAsync(Admin, HttpMethod.Get, $"api/v1/recordings/{other}", 200)).GetProperty("others").EnumerateArray());
    }

    static string Path(Guid id) => $"api/v1/recordings/{id}/notes";

    static IEnumerable<string?> Texts(JsonElement array) => array.EnumerateArray().Select(e => e.GetString());

    static Task<JsonElement> AddAsync(HttpClient client, Guid id, string text, double? at) => AccessPlatform.SendAsync(client, HttpMethod.Post, Path(id), 201, new { text, at_seconds = at });

    /// <summary>A call, which every operator sees; nothing is processed here, so its length is put in.</summary>
    async Task<Guid> CallAsync(double? seconds)
    {
        var id = await AccessPlatform.UploadAsync(Admin, ("title", "Noted call"), ("callId", $"{Guid.CreateVersion7()}"));
        if (seconds is { } length)
            await running.ValueAsync($"update recordings set duration = make_interval(secs => {length.ToString(System.Globalization.CultureInfo.InvariantCulture)}) where id = '{id}'");
        return id;
    }
}
