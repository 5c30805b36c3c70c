using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Keys;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Ingest;

/// <summary>Reports of calls over the whole way: the door, the inbox, the worker that makes conversations of them.</summary>
public sealed class CallReportsTests(PostgresCluster cluster)
{
    [Fact]
    public async Task A_call_that_is_reported_is_a_conversation_with_a_recording_expected_of_it()
    {
        await using var pbx = await Pbx.StartAsync(cluster);
        var answer = await pbx.ReportAsync(202, Report("call_started", "17.1", from: "+442079460131", to: "201"));
        Assert.Equal("accepted", answer.GetProperty("status").GetString());
        await pbx.ReportAsync(202, Report("call_ended", "17.1", from: "+442079460131", to: "201", endedAfter: 41));
        await pbx.AppliedAsync(2);

        var calls = await pbx.Platform.QueryAsync("select concat_ws('|', kind, direction, caller_phone, receiver_phone, extract(epoch from ended_at - started_at)::int) from conversations where external_id = '17.1'");
        Assert.Equal(["call|inbound|+442079460131|201|41"], calls);
        Assert.Equal(["caller +442079460131", "receiver 201"], await pbx.Platform.QueryAsync("select role || ' ' || phone from participants order by 1"));
        // Due ten minutes after the end, and looked for from now on.
        Assert.Equal(["audio|expected|600|t"], await pbx.Platform.QueryAsync(
            "select concat_ws('|', e.medium, e.state, extract(epoch from e.due_at - c.ended_at)::int, e.look_at is not null and e.look_until > app_now() + interval '23 hours') from expectations e join conversations c on c.id = e.conversation_id"));
        // One looks now, or waits to; what is reported while it looks may queue the next one, and never a third.
        Assert.Equal(["t|t"], await pbx.Platform.QueryAsync(
            "select concat_ws('|', count(*) > 0, count(*) filter (where state = 'queued') < 2 and count(*) filter (where state = 'running') < 2) from jobs where kind = 'source.watch' and state in ('queued', 'running')"));
        Assert.Equal(["applied", "applied"], await pbx.Platform.QueryAsync("select state from raw_events where conversation_id is not null"));
    }

    [Fact]
    public async Task The_same_report_fifty_times_is_one_event_and_any_order_gives_the_same_call()
    {
        await using var pbx = await Pbx.StartAsync(cluster);
        var bodies = new List<string>();
        foreach (var call in Enumerable.Range(0, 10))
            bodies.AddRange([Report("call_started", $"{call}.1", from: $"+4420{call}", to: "201"), Report("call_parked", $"{call}.1"), Report("call_ended", $"{call}.2", linked: $"{call}.1", to: "201", endedAfter: 60 + call)]);
        var deliveries = bodies.SelectMany(body => Enumerable.Repeat(body, 50)).ToArray();
        new Random(11).Shuffle(deliveries);
        var said = new System.Collections.Concurrent.ConcurrentBag<string>();
        await Parallel.ForEachAsync(deliveries, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (body, _) => said.Add((await pbx.SendAsync(body)).Status));
        Assert.Equal(30, said.Count(s => s == "accepted"));
        Assert.Equal(30 * 49, said.Count(s => s == "duplicate"));
        await pbx.AppliedAsync(30);
        // The second leg's id leads to the call that its linked id names.
        Assert.Equal(
            Enumerable.Range(0, 10).Select(call => $"{call}.1|+4420{call}|201|{60 + call}|1|2"),
            await pbx.Platform.QueryAsync("""
                select concat_ws('|', c.external_id, c.caller_phone, c.receiver_phone, extract(epoch from c.ended_at - c.started_at)::int,
                    (select count(*) from expectations e where e.conversation_id = c.id), (select count(*) from conversation_keys k where k.conversation_id = c.id))
                from conversations c order by c.external_id
                """));
    }

    [Fact]
    public async Task What_is_turned_away_is_told_why_and_counted()
    {
        await using var pbx = await Pbx.StartAsync(cluster);
        await Refused(401, "signature_missing", pbx.Platform.Anonymous, Report("call_started", "1.1"));
        await Refused(400, "event_unknown", pbx.Client, Report("call_lost", "1.1"));
        await Refused(400, "body_invalid", pbx.Client, "no json");
        await Refused(413, "body_too_large", pbx.Client, new string('x', 300_000));
        using var other = pbx.Platform.WithKey(await pbx.KeyAsync("recordings.read"));
        await Refused(403, "forbidden", other, Report("call_started", "1.1"));
        Assert.Equal(["0"], await pbx.Platform.QueryAsync("select count(*) from conversations"));
        await pbx.Platform.QueryAsync("update sources set enabled = false, updated_at = app_now() where name = 'pbx' returning id");
        await Until.TrueAsync(async () => (await pbx.SendAsync(Report("call_started", "1.1"))).Status == "source_disabled", TimeSpan.FromSeconds(30), "the switched-off source is noticed");

        await Until.TrueAsync(async () => (await pbx.Platform.QueryAsync("select code from refused_deliveries order by code")).SequenceEqual(
            ["body_invalid", "body_too_large", "event_unknown", "forbidden", "signature_missing", "source_disabled"]), TimeSpan.FromSeconds(30), "every refusal is written down");
        Assert.Equal(["2"], await pbx.Platform.QueryAsync("select count(*) from refused_deliveries where source_id is not null and code in ('event_unknown', 'source_disabled')"));

        async Task Refused(int status, string code, HttpClient client, string body)
        {
            using var answer = await client.PostAsync("webhooks/freepbx", new StringContent(body, Encoding.UTF8, "application/json"));
            Assert.Equal(code, (await Platform.ReadAsync(answer, status)).GetProperty("code").GetString());
        }
    }

    [Fact]
    public async Task A_body_is_never_stored_open_and_moves_into_the_store()
    {
        await using var pbx = await Pbx.StartAsync(cluster);
        await pbx.ReportAsync(202, Report("call_started", "9.1", from: "+442079468765"));
        await pbx.AppliedAsync(1);
        Assert.Equal(["False"], await pbx.Platform.QueryAsync("select position('2079468765'::bytea in coalesce(body, ''::bytea)) > 0 from raw_events"));
        await pbx.Platform.QueryAsync("update jobs set run_at = app_now() where kind = 'ingest.keep' and state = 'queued' returning id");
        await Until.TrueAsync(async () => (await pbx.Platform.QueryAsync("select o.role || ' ' || o.state from objects o join raw_events e on e.id = o.owner_id where e.body is null and o.retain_until = e.expires_at")) is ["raw_event published"],
            TimeSpan.FromSeconds(60), "the body is an object");
        var files = Directory.EnumerateFiles(pbx.Platform.StoreFolder, "*@", SearchOption.AllDirectories).Select(File.ReadAllBytes).ToList();
        Assert.NotEmpty(files);
        Assert.DoesNotContain(files, file => file.AsSpan().IndexOf("2079468765"u8) >= 0);
    }

    [Fact]
    public async Task What_looks_like_a_credential_is_signed_and_taken_and_not_kept()
    {
        await using var platform = await Platform.StartAsync(cluster);
        // So that the body stays where the api has put it.
        await platform.Workers[0].KillAsync();
        using var admin = await platform.SignInAsync("admin");
        var (_, secret) = await WebhookSender.AddSourceAsync(admin, "pbx", "freepbx", "/nonexistent");
        var pbx = new WebhookSender(platform.Anonymous, "webhooks/freepbx", secret);
        var body = JsonSerializer.Serialize(new
        {
            @event = "call_started",
            uniqueid = "21.1",
            direction = "inbound",
            from = "sip:201:hunter2-phone@pbx.example",
            started_at = Began,
            camera_url = "rtsp://admin:hunter2-camera@10.0.0.7/stream?key=hunter2-query",
            token = "hunter2-token",
            channel = new { name = "PJSIP/201-0000002a", sip_secret = "hunter2-nested" },
        });
        Assert.Equal((202, "accepted"), await pbx.SendAsync(pbx.Sign(body)));
        Assert.Equal((200, "duplicate"), await pbx.SendAsync(pbx.Sign(body)));
        // Signed is what came, and nothing that would be kept of it.
        Assert.Equal((401, "signature_wrong"), await pbx.SendAsync(Rewritten(pbx.Sign(body), body.Replace("hunter2-token", "another", StringComparison.Ordinal))));

        var kept = await OpenBodyAsync(platform);
        Assert.DoesNotContain("hunter2", kept, StringComparison.Ordinal);
        foreach (var left in (string[])["21.1", "sip:201@pbx.example", "rtsp://10.0.0.7/stream", "PJSIP/201-0000002a"])
            Assert.Contains(left, kept, StringComparison.Ordinal);
        await platform.Workers[0].StartAsync();
        await Until.TrueAsync(async () => await platform.QueryAsync("select external_id || ' ' || caller_phone from conversations") is ["21.1 sip:201@pbx.example"], TimeSpan.FromSeconds(60), "the report is applied");

        static HttpRequestMessage Rewritten(HttpRequestMessage signed, string anew)
        {
            signed.Content = new StringContent(anew, Encoding.UTF8, "application/json");
            return signed;
        }
    }

    /// <summary>The body of the one report there is, as it lies in its row.</summary>
    static async Task<string> OpenBodyAsync(Platform platform)
    {
        var row = Assert.Single(await platform.QueryAsync("select concat_ws(' ', id, body_master_key_id, encode(body, 'hex')) from raw_events")).Split(' ');
        await using var database = DatabaseSetup.BuildDataSource(platform.Database.App);
        using var kek = new LocalKek(Path.Combine(platform.Folder, "keys", "kek.json"), TimeProvider.System);
        using var keys = new EnvelopeKeys(database, kek, TimeProvider.System, NullLogger<EnvelopeKeys>.Instance);
        return Encoding.UTF8.GetString(await keys.UnsealAsync("raw_events", Guid.Parse(row[0]), Guid.Parse(row[1]), Convert.FromHexString(row[2]), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_report_whose_worker_dies_is_applied_by_another_and_one_that_kills_workers_is_given_up()
    {
        await using var pbx = await Pbx.StartAsync(cluster);
        await pbx.Platform.Workers[0].KillAsync();
        await pbx.ReportAsync(202, Report("call_started", "5.1"));
        // As if a worker had taken it and died; and one that four have died of.
        await pbx.Platform.QueryAsync("update raw_events set attempts = 1, next_attempt_at = app_now() + interval '2 seconds' returning id");
        await pbx.ReportAsync(202, Report("call_started", "6.1"));
        await pbx.Platform.QueryAsync("update raw_events set attempts = 5 where attempts = 0 returning id");
        await pbx.Platform.Workers[0].StartAsync();
        await Until.TrueAsync(async () => (await pbx.Platform.QueryAsync("select state from raw_events order by received_at")).SequenceEqual(["applied", "refused"]), TimeSpan.FromSeconds(60), "one is applied and one given up");
        Assert.Equal(["5.1"], await pbx.Platform.QueryAsync("select external_id from conversations"));
        Assert.Contains("after several attempts", (await pbx.Platform.QueryAsync("select refusal from raw_events where state = 'refused'"))[0], StringComparison.Ordinal);
    }

    static readonly DateTimeOffset Began = DateTimeOffset.UtcNow.AddMinutes(-3);

    static string Report(string kind, string id, string? linked = null, string? from = null, string? to = null, int? endedAfter = null) => JsonSerializer.Serialize(new
    {
        @event = kind,
        uniqueid = id,
        linkedid = linked,
        direction = "inbound",
        from,
        to,
        started_at = Began.ToString("O", CultureInfo.InvariantCulture),
        ended_at = endedAfter is { } seconds ? Began.AddSeconds(seconds).ToString("O", CultureInfo.InvariantCulture) : null,
    });

    /// <summary>A platform with one PBX that reports to it by API key.</summary>
    sealed class Pbx : IAsyncDisposable
    {
        Pbx(Platform platform) => Platform = platform;

        public Platform Platform { get; }

        public HttpClient Client { get; private set; } = null!;

        public static async Task<Pbx> StartAsync(PostgresCluster cluster)
        {
            var pbx = new Pbx(await Platform.StartAsync(cluster));
            await pbx.Platform.QueryAsync($"insert into sources (id, name, kind, media_location) values ('{Guid.CreateVersion7()}', 'pbx', 'freepbx', '/nonexistent') returning id");
            pbx.Client = pbx.Platform.WithKey(await pbx.KeyAsync("ingest:pbx"));
            return pbx;
        }

        public async Task<string> KeyAsync(string scope)
        {
            using var admin = await Platform.SignInAsync("admin");
            return (await Platform.ReadAsync(await admin.PostAsJsonAsync("api/v1/admin/api-keys", new { name = scope, scopes = new[] { scope } }), 201)).GetProperty("key").GetString()!;
        }

        public async Task<JsonElement> ReportAsync(int status, string body)
        {
            using var answer = await Client.PostAsync("webhooks/freepbx", new StringContent(body, Encoding.UTF8, "application/json"));
            return await Platform.ReadAsync(answer, status);
        }

        /// <summary>What the answer calls it: its status, or the code of its problem.</summary>
        public async Task<(int Code, string Status)> SendAsync(string body)
        {
            using var answer = await Client.PostAsync("webhooks/freepbx", new StringContent(body, Encoding.UTF8, "application/json"));
            var json = JsonSerializer.Deserialize<JsonElement>(await answer.Content.ReadAsStringAsync());
            return ((int)answer.StatusCode, json.TryGetProperty("code", out var code) ? code.GetString()! : json.GetProperty("status").GetString()!);
        }

        public Task AppliedAsync(int events) => Until.TrueAsync(
            async () => (await Platform.QueryAsync("select count(*) from raw_events where state = 'applied'"))[0] == $"{events}", TimeSpan.FromSeconds(60), $"{events} reports are applied");

        public async ValueTask DisposeAsync()
        {
            Client.Dispose();
            await Platform.DisposeAsync();
        }
    }
}
