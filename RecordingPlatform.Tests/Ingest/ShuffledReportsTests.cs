using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Ingest;

/// <summary>
/// A PBX and a Jibri report through a bad line and a forger's hands: at full size 10,000 events, each five times, in any order,
/// with 1,000 deliveries among them that nobody may take.
/// </summary>
public sealed class ShuffledReportsTests(PostgresCluster cluster)
{
    static readonly int Calls = (int)Scale.Of(4500);
    static readonly int Meetings = (int)Scale.Of(1000);
    static readonly int Forgeries = (int)Scale.Of(1000);

    [Fact]
    public async Task Exactly_the_right_recordings_come_of_them_and_each_refusal_says_why()
    {
        await using var platform = await Platform.StartAsync(cluster);
        using var admin = await platform.SignInAsync("admin");
        var spool = new Spool(Path.Combine(platform.Folder, "spool"), Calls, Meetings);
        var (_, pbxSecret) = await WebhookSender.AddSourceAsync(admin, "pbx", "freepbx", spool.CallsFolder);
        var (_, jibriSecret) = await WebhookSender.AddSourceAsync(admin, "jibri", "jibri", spool.MeetingsFolder);
        var pbx = new WebhookSender(platform.Anonymous, "webhooks/freepbx", pbxSecret);
        var jibri = new WebhookSender(platform.Anonymous, "webhooks/jibri", jibriSecret);

        var refused = new ConcurrentDictionary<string, int>();
        var taken = new ConcurrentDictionary<string, int>();
        var deliveries = Deliveries(spool, pbx, jibri).ToArray();
        new Random(23).Shuffle(deliveries);
        await Parallel.ForEachAsync(deliveries, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (delivery, _) =>
        {
            var (status, said) = await delivery.Sender.SendAsync(delivery.Make());
            Assert.True(delivery.Refusal is null ? status is 200 or 202 : said == delivery.Refusal, $"{delivery.Refusal ?? "a genuine report"} was answered {status} {said}");
            (delivery.Refusal is null ? taken : refused).AddOrUpdate(said, 1, (_, n) => n + 1);
        });

        // Each event once, whatever was delivered; of the calls the answers say so themselves.
        Assert.Equal((2 * Calls, 4 * 2 * Calls, 5 * Meetings), (taken["accepted"], taken["duplicate"], taken["uploaded"]));
        Assert.Equal([$"{2 * Calls + Meetings}"], await platform.QueryAsync("select count(*) from raw_events"));
        Assert.Equal(Forgeries, refused.Values.Sum());

        var wanted = spool.Hashes.Order(StringComparer.Ordinal).ToList();
        await Until.TrueAsync(async () => (await platform.QueryAsync("select count(*) from recordings where size_bytes is not null"))[0] == $"{wanted.Count}",
            TimeSpan.FromSeconds(120 + Calls), "every file is a recording");
        Assert.Equal(wanted, await platform.QueryAsync("select encode(content_sha256, 'hex') collate \"C\" as hash from recordings order by hash"));
        Assert.Equal([$"{Calls + Meetings}"], await platform.QueryAsync("select count(*) from conversations"));
        // One call's file never comes: it alone is waited for.
        Assert.Equal([spool.CallWithoutFile], await platform.QueryAsync("select c.external_id from expectations e join conversations c on c.id = e.conversation_id where e.state <> 'received'"));

        await Until.TrueAsync(async () => (await platform.QueryAsync("select sum(count) from refused_deliveries"))[0] == $"{Forgeries}", TimeSpan.FromSeconds(30), "every refusal is written down");
        Assert.Equal(refused.Select(r => $"{r.Key} {r.Value}").Order(StringComparer.Ordinal), await platform.QueryAsync("select (code || ' ' || sum(count)) collate \"C\" as said from refused_deliveries group by code order by said"));
        Assert.Equal(["0"], await platform.QueryAsync("select count(*) from refused_deliveries where detail = ''"));
    }

    sealed record Delivery(WebhookSender Sender, Func<HttpRequestMessage> Make, string? Refusal = null);

    static IEnumerable<Delivery> Deliveries(Spool spool, WebhookSender pbx, WebhookSender jibri)
    {
        foreach (var body in spool.CallReports)
        {
            for (var i = 0; i < 5; i++)
                yield return new(pbx, () => pbx.Sign(body));
        }
        foreach (var body in spool.MeetingReports)
        {
            for (var i = 0; i < 5; i++)
                yield return new(jibri, () => jibri.Sign(body));
        }
        for (var i = 0; i < Forgeries; i++)
            yield return Forged(i, spool.CallReports[i % spool.CallReports.Count].Replace("\"in", "\"un", StringComparison.Ordinal), spool.CallReports[i % spool.CallReports.Count], pbx);
    }

    // What an attacker has: no secret, a capture, or an idea of the format.
    static Delivery Forged(int i, string forged, string genuine, WebhookSender pbx) => (i % 5) switch
    {
        0 => new(pbx, () => new WebhookSender(null!, "webhooks/freepbx", "whsec_" + Convert.ToBase64String(RandomNumberGenerator.GetBytes(32))).Sign(genuine), "signature_wrong"),
        1 => new(pbx, () => Rewritten(pbx.Sign(genuine), forged), "signature_wrong"),
        2 => new(pbx, () => pbx.Sign(genuine, age: TimeSpan.FromMinutes(6)), "timestamp_out_of_window"),
        3 => new(pbx, () => pbx.Sign(genuine, age: TimeSpan.FromMinutes(-6)), "timestamp_out_of_window"),
        _ => new(pbx, () => Unsigned(pbx.Sign(genuine)), "signature_missing"),
    };

    static HttpRequestMessage Rewritten(HttpRequestMessage request, string body)
    {
        request.Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        return request;
    }

    static HttpRequestMessage Unsigned(HttpRequestMessage request)
    {
        request.Headers.Remove("webhook-signature");
        return request;
    }

    /// <summary>What lies on the PBX and on the Jibri, and what they report of it.</summary>
    sealed class Spool
    {
        const int SilentCall = 7;

        static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;

        public Spool(string root, int calls, int meetings)
        {
            (CallsFolder, MeetingsFolder) = (Path.Combine(root, "monitor"), Path.Combine(root, "jibri"));
            Directory.CreateDirectory(CallsFolder);
            Directory.CreateDirectory(MeetingsFolder);
            for (var i = 0; i < calls; i++)
                AddCall(i);
            for (var i = 0; i < meetings; i++)
                AddMeeting(i);
        }

        public string CallsFolder { get; }
        public string MeetingsFolder { get; }
        public List<string> CallReports { get; } = [];
        public List<string> MeetingReports { get; } = [];
        public List<string> Hashes { get; } = [];
        public string CallWithoutFile { get; private set; } = "";

        void AddCall(int i)
        {
            var started = Now.AddMinutes(-2).AddMilliseconds(-i);
            var id = string.Create(CultureInfo.InvariantCulture, $"{started.ToUnixTimeSeconds()}.{i}");
            foreach (var kind in new[] { "call_started", "call_ended" })
            {
                CallReports.Add(JsonSerializer.Serialize(new
                {
                    @event = kind, uniqueid = id, direction = "inbound", from = $"+4420794{i:00000}", to = "201", started_at = started, ended_at = kind == "call_ended" ? started.AddSeconds(30) : (DateTimeOffset?)null,
                }));
            }
            if (i == SilentCall)
            {
                CallWithoutFile = id;
                return;
            }
            var folder = Directory.CreateDirectory(Path.Combine(CallsFolder, started.ToString("yyyy/MM/dd", CultureInfo.InvariantCulture)));
            Write(Path.Combine(folder.FullName, string.Create(CultureInfo.InvariantCulture, $"in-201-4420794{i:00000}-{started:yyyyMMdd}-{started:HHmmss}-{id}.wav")), i);
        }

        void AddMeeting(int i)
        {
            var started = Now.AddMinutes(-90).AddSeconds(-i);
            var name = string.Create(CultureInfo.InvariantCulture, $"room_{i}_{started:yyyy-MM-dd-HH-mm-ss}");
            var session = Directory.CreateDirectory(Path.Combine(MeetingsFolder, $"session-{i}"));
            var file = Path.Combine(session.FullName, name + ".wav");
            Write(file, 1_000_000 + i);
            MeetingReports.Add(JsonSerializer.Serialize(new { @event = "recording_completed", recording_name = name, storage_path = $"session-{i}/{name}.wav", file_size_bytes = new FileInfo(file).Length, participants = new[] { "Ada", $"Guest {i}" } }));
        }

        // A tenth of a second of a sound that no other file has.
        void Write(string path, int seed)
        {
            var sound = new byte[1600];
            new Random(seed).NextBytes(sound);
            byte[] file = [.. WaveHeader.Of(sound.Length, 8000), .. sound];
            File.WriteAllBytes(path, file);
            File.SetLastWriteTimeUtc(path, Now.UtcDateTime.AddMinutes(-1));
            Hashes.Add(Convert.ToHexStringLower(SHA256.HashData(file)));
        }
    }
}
