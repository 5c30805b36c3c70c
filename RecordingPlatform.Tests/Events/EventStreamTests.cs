using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text;
using RecordingPlatform.Tests.Fixtures;
using RecordingPlatform.Tests.Story;

namespace RecordingPlatform.Tests.Events;

/// <summary>The streams from outside.</summary>
public sealed class EventStreamTests(LivePlatform live) : IClassFixture<LivePlatform>
{
    Platform Platform => live.Platform;

    HttpClient Admin => live.Admin;

    [Fact]
    public async Task What_happens_to_a_recording_is_told_in_its_order_with_ids_and_status_only()
    {
        await using var stream = await EventReader.OpenAsync(Admin);
        Assert.Equal("text/event-stream", stream.ContentHeaders.ContentType?.MediaType);
        Assert.True(stream.Headers.CacheControl?.NoStore);
        Assert.Equal("2000", stream.First.Retry);
        Assert.Null(stream.First.Data);
        var id = await Platform.UploadAsync(Admin, SampleMedia.Speech, "x.wav", ("title", "Private title"), ("callerPhone", "+4512345678"));
        var events = await stream.UntilAsync(e => e.Kind == "recording.ready" && e.Recording == id);
        events = [.. events.Where(e => e.Kind != "recording.progress")];
        // What a test before this one uploaded may still be processed.
        var own = events.Where(e => e.Recording == id).ToList();
        Assert.Equal(["recording.stored", "recording.processing", "recording.ready"], own.Select(e => e.Kind));
        Assert.Equal(["stored", "processing", "ready"], own.Select(e => e.Json.GetProperty("status").GetString()));
        Assert.Equal(events.Select(e => e.Seq).Order().Distinct(), events.Select(e => e.Seq));
        Assert.All(events, e => Assert.Equal($"{e.Seq}", e.Id));
        Assert.All(events, e => Assert.Subset(new HashSet<string> { "seq", "kind", "at", "recording_id", "conversation_id", "status", "data" }, e.Json.EnumerateObject().Select(p => p.Name).ToHashSet()));
        Assert.All(events, e => Assert.DoesNotContain("4512345678", e.Data, StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_event_arrives_within_two_seconds_of_its_commit()
    {
        await using var stream = await EventReader.OpenAsync(Admin);
        var id = await Platform.UploadAsync(Admin, SampleMedia.Speech);
        var watch = Stopwatch.StartNew();
        await stream.UntilAsync(e => e.Recording == id);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(2), $"It took {watch.Elapsed}.");
    }

    [Fact]
    public async Task A_burst_that_no_queue_holds_loses_nothing_and_ends_no_stream()
    {
        await using var stream = await EventReader.OpenAsync(Admin);
        var id = await Platform.UploadAsync(Admin, SampleMedia.Speech);
        await Platform.QueryAsync($"insert into events (kind, recording_id, data) select 'burst', '{id}', jsonb_build_object('n', n) from generate_series(1, 6000) n returning 'x'");
        var events = (await stream.UntilAsync(e => e.Kind == "burst" && e.Json.GetProperty("data").GetProperty("n").GetInt32() == 6000)).Where(e => e.Kind == "burst");
        Assert.Equal(Enumerable.Range(1, 6000), events.Select(e => e.Json.GetProperty("data").GetProperty("n").GetInt32()));
    }

    [Fact]
    public async Task A_client_that_comes_back_is_told_exactly_what_it_missed()
    {
        List<Block> all;
        await using (var stream = await EventReader.OpenAsync(Admin))
        {
            var id = await Platform.UploadAsync(Admin, SampleMedia.Speech);
            all = await stream.UntilAsync(e => e.Kind == "recording.ready" && e.Recording == id);
        }
        var missed = all.Skip(1).Select(e => e.Data).ToList();
        await using var byHeader = await EventReader.OpenAsync(Admin, all[0].Id, "api/v1/events?last_event_id=999999999");
        Assert.Equal(missed, (await byHeader.UntilAsync(e => e.Id == all[^1].Id)).Select(e => e.Data));
        await using var byAddress = await EventReader.OpenAsync(Admin, path: $"api/v1/events?last_event_id={all[0].Id}");
        Assert.Equal(missed, (await byAddress.UntilAsync(e => e.Id == all[^1].Id)).Select(e => e.Data));

        using var socket = await ConnectAsync($"?resume_from={all[0].Id}");
        Assert.Equal($$"""{"kind":"opened","seq":{{all[0].Id}}}""", await ReceiveAsync(socket));
        foreach (var expected in missed)
            Assert.Equal(expected, await ReceiveAsync(socket));
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, default);
    }

    [Fact]
    public async Task A_position_the_stream_cannot_go_on_from_is_answered_with_reset_and_a_position_that_it_can()
    {
        var newest = await live.FillAsync(1);
        foreach (var wrong in (string[])[$"{newest + 1000}", "no-number", "-1"])
        {
            await using var stream = await EventReader.OpenAsync(Admin, wrong);
            Assert.Equal("reset", stream.First.Event);
            Assert.Equal(stream.First.Id, $"{stream.First.Seq}");
        }
        var newer = await live.FillAsync(10_001);
        await Until.TrueAsync(async () =>
        {
            await using var now = await EventReader.OpenAsync(Admin);
            return long.Parse(now.First.Id!, CultureInfo.InvariantCulture) >= newer;
        }, TimeSpan.FromSeconds(30), "the api has read them all");
        await using (var old = await EventReader.OpenAsync(Admin, $"{newest}"))
        {
            Assert.Equal("reset", old.First.Event);
            Assert.InRange(old.First.Seq, newer - 10_000, long.MaxValue);
            await using var again = await EventReader.OpenAsync(Admin, old.First.Id);
            Assert.Null(again.First.Event);
        }
        using var socket = await ConnectAsync($"?resume_from={newest + 1_000_000}");
        Assert.StartsWith("""{"kind":"reset",""", await ReceiveAsync(socket), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_hears_of_a_recording_they_may_not_see_and_a_change_of_rights_counts_at_once()
    {
        using var patient = await Platform.SignInAsync("patient");
        await using var theirs = await EventReader.OpenAsync(patient);
        await using var all = await EventReader.OpenAsync(Admin);
        var hidden = await Platform.UploadAsync(Admin, SampleMedia.Speech);
        await all.UntilAsync(e => e.Kind == "recording.ready" && e.Recording == hidden);
        var own = await Platform.UploadAsync(patient, SampleMedia.Speech);
        var heard = await theirs.UntilAsync(e => e.Kind == "recording.ready" && e.Recording == own);
        Assert.All(heard, e => Assert.Equal(own, e.Recording));

        var user = (await Platform.QueryAsync($"select id from users where email = '{Platform.UserOf("patient").Email}'"))[0];
        await Platform.QueryAsync($"insert into grants (id, recording_id, user_id, play, download, granted_by) values (gen_random_uuid(), '{hidden}', '{user}', true, false, '{user}') returning id::text");
        await ChangeAsync(hidden);
        Assert.Equal(hidden, (await theirs.NextAsync()).Recording);
        await Platform.QueryAsync($"update grants set revoked_at = app_now() where recording_id = '{hidden}' returning id::text");
        await ChangeAsync(hidden);
        await ChangeAsync(own);
        Assert.Equal(own, (await theirs.NextAsync()).Recording);
        // What was missed is filtered by the same rule.
        await using var resumed = await EventReader.OpenAsync(patient, heard[0].Id);
        var replayed = await resumed.UntilAsync(e => e.Kind == "changed" && e.Recording == own);
        Assert.All(replayed, e => Assert.Equal(own, e.Recording));
    }

    [Fact]
    public async Task Patients_are_not_told_that_somebody_wrote_a_note_about_them()
    {
        using var patient = await Platform.SignInAsync("patient");
        var id = await Platform.UploadAsync(patient, SampleMedia.Speech, fields: ("subject_id", "patient"));
        await using var theirs = await EventReader.OpenAsync(patient);
        await using var staff = await EventReader.OpenAsync(Admin);
        await Platform.ReadAsync(await Admin.PostAsJsonAsync($"api/v1/recordings/{id}/notes", new { text = "Ask again" }), 201);
        await staff.UntilAsync(e => e.Kind == "recording.notes_changed" && e.Recording == id);
        await ChangeAsync(id);
        var heard = await theirs.UntilAsync(e => e.Kind == "changed" && e.Recording == id);
        Assert.DoesNotContain(heard, e => e.Kind == "recording.notes_changed");
    }

    [Fact]
    public async Task Who_a_conversation_is_shown_to_hears_of_it_before_anything_is_recorded_and_nobody_else_does()
    {
        using var patient = await Platform.SignInAsync("patient");
        using var operators = await Platform.SignInAsync("operator");
        using var clinician = await Platform.SignInAsync("clinician");
        await using var all = await EventReader.OpenAsync(Admin);
        await using var ofPatient = await EventReader.OpenAsync(patient);
        await using var ofOperators = await EventReader.OpenAsync(operators);
        await using var ofClinician = await EventReader.OpenAsync(clinician);
        var (call, session) = (await BeginAsync("call"), await BeginAsync("session"));
        var held = Guid.CreateVersion7();
        await Platform.QueryAsync($"insert into appointments (id, external_id, clinician_id) select '{held}', '{held}', id from users where email = '{Platform.UserOf("clinician").Email}' returning id::text");
        var own = await BeginAsync("session", held);
        foreach (var conversation in (Guid[])[call, session, own])
        {
            await TellAsync("conversation.changed", conversation);
            await TellAsync("expectation.changed", conversation);
        }
        // The patient's own recording of a call shows them the conversation, and not what else should exist of it.
        var recording = await Platform.UploadAsync(patient, SampleMedia.Speech);
        var theirs = Guid.Parse((await Platform.QueryAsync($"select conversation_id from recordings where id = '{recording}'"))[0]);
        // Due far ahead: what becomes late meanwhile would be told as well, to other tests too.
        await Platform.QueryAsync($"insert into expectations (id, conversation_id, source_id, medium, due_at) select gen_random_uuid(), id, source_id, 'audio', app_now() + interval '1 day' from conversations where id = '{theirs}' returning id::text");
        await TellAsync("expectation.changed", theirs);
        await TellAsync("conversation.changed", theirs);
        Assert.Equal([(call, 2), (session, 2), (own, 2), (theirs, 2)], await HeardAsync(all, call, session, own, theirs));
        Assert.Equal([(theirs, 1)], await HeardAsync(ofPatient, theirs));
        await TellAsync("conversation.changed", call);
        Assert.Equal([(call, 3)], (await HeardAsync(ofOperators, call, 3)).Where(h => h.Conversation != theirs));
        await TellAsync("conversation.changed", own);
        Assert.Equal([(own, 3)], (await HeardAsync(ofClinician, own, 3)).Where(h => h.Conversation != theirs));

        async Task<Guid> BeginAsync(string kind, Guid? appointment = null) => Guid.Parse((await Platform.QueryAsync($"""
            with c as (insert into conversations (id, source_id, external_id, kind, started_at, appointment_id)
                values ('{Guid.CreateVersion7()}', '0190a000-0000-7000-8000-000000000001', gen_random_uuid()::text, '{kind}', app_now(), {(appointment is null ? "null" : $"'{appointment}'")}) returning id, source_id)
            insert into expectations (id, conversation_id, source_id, medium, due_at) select gen_random_uuid(), id, source_id, 'audio', app_now() + interval '1 day' from c returning conversation_id
            """))[0]);
        Task TellAsync(string kind, Guid conversation) => Platform.QueryAsync($"insert into events (kind, conversation_id) values ('{kind}', '{conversation}') returning id::text");
        // Until the last of what the stream may say has come: whatever it may not say would have come before.
        static async Task<List<(Guid Conversation, int Count)>> HeardAsync(EventReader stream, params object[] last)
        {
            var (until, count) = last is [Guid one, int times] ? (one, times) : ((Guid)last[^1], 0);
            var seen = 0;
            var heard = await stream.UntilAsync(e => ConversationOf(e) == until && (count == 0 ? e.Kind == "conversation.changed" : ++seen == count));
            return [.. heard.Where(e => e.Kind is "conversation.changed" or "expectation.changed").CountBy(ConversationOf).Select(c => (c.Key, c.Value))];
        }
        static Guid ConversationOf(Block e) => e.Json.TryGetProperty("conversation_id", out var id) ? id.GetGuid() : default;
    }

    [Fact]
    public async Task A_stream_ends_with_its_session_and_with_its_right_to_read()
    {
        using var manager = await Platform.SignInAsync("practice_manager");
        await using (var stream = await EventReader.OpenAsync(manager))
        {
            using var socket = await ConnectAsync("", manager);
            await ReceiveAsync(socket);
            await Platform.QueryAsync("update sessions s set revoked_at = app_now(), revoked_why = 'test' from users u where u.id = s.user_id and u.email like 'manager@%' returning s.id::text");
            await stream.EndAsync().WaitAsync(TimeSpan.FromSeconds(30));
            // What was on its way when the session ended may still come.
            await UntilClosedAsync(socket).WaitAsync(TimeSpan.FromSeconds(30));
        }
        using var key = await live.KeyAsync("recordings.read");
        await using var byKey = await EventReader.OpenAsync(key);
        await Platform.QueryAsync("update api_keys set scopes = '{recordings.upload}' where name = 'of a test' returning id::text");
        await byKey.EndAsync().WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task An_idle_stream_says_that_it_lives()
    {
        using var key = await live.KeyAsync("recordings.read");
        await using var stream = await EventReader.OpenAsync(key);
        // Even while much happens that it may not be told of.
        await live.FillAsync(10);
        Assert.True((await stream.NextBlockAsync())!.IsComment);
        Assert.True((await stream.NextBlockAsync())!.IsComment);
    }

    [Fact]
    public async Task Streams_ask_for_the_permission_to_read_recordings()
    {
        using var key = await live.KeyAsync("recordings.upload");
        foreach (var path in (string[])["api/v1/events", "api/v1/events/ws"])
        {
            Assert.Equal(HttpStatusCode.Unauthorized, (await Platform.Anonymous.GetAsync(path)).StatusCode);
            Assert.Equal(HttpStatusCode.Forbidden, (await key.GetAsync(path)).StatusCode);
        }
        await Platform.ReadAsync(await Admin.GetAsync("api/v1/events/ws"), 400);
    }

    async Task ChangeAsync(Guid recording) =>
        await Platform.QueryAsync($"insert into events (kind, recording_id) values ('changed', '{recording}') returning id::text");

    async Task<ClientWebSocket> ConnectAsync(string query, HttpClient? who = null)
    {
        var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Authorization", (who ?? Admin).DefaultRequestHeaders.Authorization!.ToString());
        await socket.ConnectAsync(new UriBuilder(Platform.Url) { Scheme = "ws", Path = "api/v1/events/ws", Query = query }.Uri, default);
        return socket;
    }

    /// <summary>Null when the other side has closed.</summary>
    static async Task UntilClosedAsync(ClientWebSocket socket)
    {
        while (await ReceiveAsync(socket) is not null)
        {
        }
    }

    static async Task<string?> ReceiveAsync(ClientWebSocket socket)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var buffer = new byte[16 * 1024];
        var message = await socket.ReceiveAsync(buffer, patience.Token);
        return message.MessageType is WebSocketMessageType.Close ? null : Encoding.UTF8.GetString(buffer, 0, message.Count);
    }
}
