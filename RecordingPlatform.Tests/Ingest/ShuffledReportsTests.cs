using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Ingest;

/// <summary>
/// A PBX and a Jibri report through a bad line and a forger's hands: at full size 10,000 events of all kinds, each five times, in
/// any order, with 1,000 deliveries among them that nobody may take.
/// </summary>
public sealed class ShuffledReportsTests(PostgresCluster cluster)
{
    static readonly int Calls = (int)Scale.Of(4000);
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
        var pbx = new Door("freepbx", new WebhookSender(platform.Anonymous, "webhooks/freepbx", pbxSecret));
        var jibri = new Door("jibri", new WebhookSender(platform.Anonymous, "webhooks/jibri", jibriSecret));

        var taken = new ConcurrentDictionary<string, int>();
        var deliveries = Deliveries(spool, pbx, jibri).ToArray();
        new Random(23).Shuffle(deliveries);
        await Parallel.ForEachAsync(deliveries, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (delivery, _) =>
        {
            var (status, said, detail) = await delivery.Door.Sender.AskAsync(delivery.Make());
            if (delivery.Refusal is { } refusal)
            {
                Assert.True(status == 401 && said == refusal.Code && refusal.IsSaidBy(detail), $"{refusal} at the door of {delivery.Door.Kind} was answered {status} {said}: {detail}");
                return;
            }
            Assert.True(status is 200 or 202, $"a genuine report of {delivery.Door.Kind} was answered {status} {said}: {detail}");
            taken.AddOrUpdate(said, 1, (_, n) => n + 1);
        });

        // Each event once, whatever was delivered; of the calls the answers say so themselves.
        var calls = spool.CallReports.Count;
        Assert.Equal((calls, 4 * calls, 5 * Meetings), (taken["accepted"], taken["duplicate"], taken["uploaded"]));
        Assert.Equal([$"{calls + Meetings}"], await platform.QueryAsync("select count(*) from raw_events"));

        var wanted = spool.Hashes.Order(StringComparer.Ordinal).ToList();
        await Until.TrueAsync(async () => (await platform.QueryAsync("select count(*) from recordings where size_bytes is not null"))[0] == $"{wanted.Count}",
            TimeSpan.FromSeconds(120 + Calls), "every file is a recording");
        Assert.Equal(wanted, await platform.QueryAsync("select encode(content_sha256, 'hex') collate \"C\" as hash from recordings order by hash"));
        // Every event is worked off, also those that bring no recording.
        await Until.TrueAsync(async () => (await platform.QueryAsync("select count(*) from raw_events where state <> 'applied'"))[0] == "0", TimeSpan.FromSeconds(60), "every event is applied");
        Assert.Equal(spool.Conversations.Order(StringComparer.Ordinal), await platform.QueryAsync("""
            select concat_ws('|', c.external_id, c.kind, coalesce(c.meeting_id, c.caller_phone || '>' || c.receiver_phone), extract(epoch from c.ended_at - c.started_at)::int,
                (select string_agg(k.key, '+' order by k.key collate "C") from conversation_keys k where k.conversation_id = c.id),
                (select count(*) from recordings r where r.conversation_id = c.id) || ' of ' || (select count(*) from expectations e where e.conversation_id = c.id and e.medium = 'audio')) collate "C" as said
            from conversations c order by said
            """));
        // One call's file never comes: it alone is waited for.
        Assert.Equal([spool.CallWithoutFile], await platform.QueryAsync("select c.external_id from expectations e join conversations c on c.id = e.conversation_id where e.state <> 'received' and e.medium = 'audio'"));
        // The PBX has no such camera set up: each alarm says so, once.
        Assert.Equal(spool.Alarms.Order(StringComparer.Ordinal), await platform.QueryAsync(
            "select c.external_id collate \"C\" as id from expectations e join conversations c on c.id = e.conversation_id where e.medium = 'video' and e.external_id = 'camera:gate-2' and e.state = 'absent' order by id"));

        await Until.TrueAsync(async () => (await platform.QueryAsync("select sum(count) from refused_deliveries"))[0] == $"{Forgeries}", TimeSpan.FromSeconds(30), "every refusal is written down");
        var forged = deliveries.Where(d => d.Refusal is not null).Select(d => (d.Door.Kind, Refusal: d.Refusal!)).ToList();
        Assert.Equal(forged.CountBy(d => $"{d.Kind} {d.Refusal.Code}").Select(n => $"{n.Key} {n.Value}").Order(StringComparer.Ordinal),
            await platform.QueryAsync("select (source_kind || ' ' || code || ' ' || sum(count)) collate \"C\" as said from refused_deliveries group by source_kind, code order by said"));
        // What is written down is the last of its code.
        foreach (var written in await platform.QueryAsync("select code || ' ' || detail from refused_deliveries"))
            Assert.Contains(forged, d => written.StartsWith(d.Refusal.Code + " ", StringComparison.Ordinal) && d.Refusal.IsSaidBy(written[(d.Refusal.Code.Length + 1)..]));
    }

    sealed record Door(string Kind, WebhookSender Sender)
    {
        /// <summary>Who knows the door and not its secret.</summary>
        public WebhookSender Stranger { get; } = new(null!, $"webhooks/{Kind}", "whsec_" + Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)));
    }

    sealed record Delivery(Door Door, Func<HttpRequestMessage> Make, Refusal? Refusal = null);

    /// <summary>How a forgery has to be answered.</summary>
    /// <param name="Forgery">What was done.</param>
    /// <param name="Code">Of the problem.</param>
    /// <param name="Says">What its detail says of this kind of forgery.</param>
    /// <param name="Off">By how many seconds a clock would have to be wrong, where the detail names them.</param>
    sealed record Refusal(string Forgery, string Code, string Says, int Off = 0)
    {
        // A delivery that waits for its turn grows older.
        const int Slack = 50;

        public bool IsSaidBy(string detail) => Regex.Match(detail, Says) is { Success: true } match
            && (Off == 0 || Math.Abs(int.Parse(match.Groups["seconds"].Value, CultureInfo.InvariantCulture) - Off) <= Slack);
    }

    static IEnumerable<Delivery> Deliveries(Spool spool, Door pbx, Door jibri)
    {
        foreach (var (door, reports) in new[] { (pbx, spool.CallReports), (jibri, spool.MeetingReports) })
        {
            foreach (var body in reports)
            {
                for (var i = 0; i < 5; i++)
                    yield return new(door, () => door.Sender.Sign(body));
            }
        }
        for (var i = 0; i < Forgeries; i++)
        {
            // Five of the one, then five of the other: every kind of forgery stands at both doors.
            yield return i / 5 % 2 == 0
                ? Forged(i, pbx, spool.CallReports[i % spool.CallReports.Count], genuine => genuine.Replace("\"inbound\"", "\"outbound\"", StringComparison.Ordinal))
                : Forged(i, jibri, spool.MeetingReports[i % spool.MeetingReports.Count], genuine => genuine.Replace("\"Ada\"", "\"Eve\"", StringComparison.Ordinal));
        }
    }

    // What an attacker has: no secret, a capture, or an idea of the format.
    static Delivery Forged(int i, Door door, string genuine, Func<string, string> forge) => (i % 5) switch
    {
        0 => new(door, () => door.Stranger.Sign(genuine), new("another's secret", "signature_wrong", "fits no secret of a source of this kind")),
        1 => new(door, () => Rewritten(door.Sender.Sign(genuine), forge(genuine)), new("a rewritten body", "signature_wrong", "the body must be signed as it is sent")),
        2 => new(door, () => door.Sender.Sign(genuine, age: TimeSpan.FromMinutes(6)), new("a capture that is played again", "timestamp_out_of_window", "signed (?<seconds>[0-9]+) seconds ago ", Off: 360)),
        3 => new(door, () => door.Sender.Sign(genuine, age: TimeSpan.FromMinutes(-6)), new("a time ahead", "timestamp_out_of_window", "signed (?<seconds>[0-9]+) seconds ahead ", Off: 360)),
        _ => new(door, () => Unsigned(door.Sender.Sign(genuine)), new("no signature", "signature_missing", "^Sign the delivery .*webhook-signature.* or send an API key")),
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

    /// <summary>What lies on the PBX and on the Jibri, what they report of it, and what has to come of that.</summary>
    sealed class Spool
    {
        const int SilentCall = 7;

        static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;

        public Spool(string root, int calls, int meetings)
        {
            (CallsFolder, MeetingsFolder) = (Path.Combine(root, "monitor"), Path.Combine(root, "jibri"));
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
        /// <summary>Id, kind, room or parties, seconds, keys, and how many of its recordings come.</summary>
        public List<string> Conversations { get; } = [];
        /// <summary>Calls that a camera goes with.</summary>
        public List<string> Alarms { get; } = [];
        public string CallWithoutFile { get; private set; } = "";

        // Of four calls one is parked, one is handed on, one is an alarm, and one is nothing but a call.
        void AddCall(int i)
        {
            var started = Now.AddMinutes(-2).AddMilliseconds(-i);
            var (from, id, otherLeg) = ($"+4420794{i:00000}", IdOf(started, i), IdOf(started, 1_000_000 + i));
            var (isParked, isHandedOn, isAlarm) = (i % 4 == 0, i % 4 == 1, i % 4 == 2);
            Report("call_started", id, started, from: from, camera: isAlarm ? "gate-2" : null);
            if (isParked)
                Report("call_parked", id, started, from: from);
            // Its end is the other leg's, which knows neither party.
            if (isHandedOn)
                Report("call_ended", otherLeg, started.AddSeconds(10), linked: id, ended: started.AddSeconds(30));
            else
                Report("call_ended", id, started, from: from, ended: started.AddSeconds(30));
            if (isAlarm)
                Alarms.Add(id);
            string[] keys = isHandedOn ? [id, otherLeg] : [id];
            Conversations.Add($"{id}|{(isAlarm ? "alarm" : "call")}|{from}>201|30|{string.Join('+', keys.Order(StringComparer.Ordinal))}|{(i == SilentCall ? 0 : 1)} of 1");
            if (i == SilentCall)
            {
                CallWithoutFile = id;
                return;
            }
            var name = string.Create(CultureInfo.InvariantCulture, $"in-201-4420794{i:00000}-{started:yyyyMMdd}-{started:HHmmss}-{(isHandedOn ? otherLeg : id)}.wav");
            Write(Path.Combine(CallsFolder, started.ToString("yyyy/MM/dd", CultureInfo.InvariantCulture), name), i);
        }

        static string IdOf(DateTimeOffset started, int channel) => string.Create(CultureInfo.InvariantCulture, $"{started.ToUnixTimeSeconds()}.{channel}");

        void Report(string kind, string id, DateTimeOffset started, string? linked = null, string? from = null, DateTimeOffset? ended = null, string? camera = null) => CallReports.Add(JsonSerializer.Serialize(new
        {
            @event = kind, uniqueid = id, linkedid = linked, direction = "inbound", from, to = from is null ? null : "201", started_at = started, ended_at = ended, camera,
        }));

        // Every second one has its sound in a file of its own.
        void AddMeeting(int i)
        {
            var started = Now.AddMinutes(-90).AddSeconds(-i);
            var name = string.Create(CultureInfo.InvariantCulture, $"room_{i}_{started:yyyy-MM-dd-HH-mm-ss}");
            var (video, audio) = ($"session-{i}/{name}.wav", i % 2 == 0 ? $"session-{i}/sound/{name}.wav" : null);
            var size = Write(Path.Combine(MeetingsFolder, video), 2_000_000 + i);
            if (audio is not null)
                Write(Path.Combine(MeetingsFolder, audio), 3_000_000 + i);
            MeetingReports.Add(JsonSerializer.Serialize(new { @event = "recording_completed", recording_name = name, storage_path = video, audio_path = audio, file_size_bytes = size, participants = new[] { "Ada", $"Guest {i}" } }));
            var files = audio is null ? 1 : 2;
            Conversations.Add($"{name}|meeting|room_{i}|{name}|{files} of {files}");
        }

        // A tenth of a second of a sound that no other file has.
        long Write(string path, int seed)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            var sound = new byte[1600];
            new Random(seed).NextBytes(sound);
            byte[] file = [.. WaveHeader.Of(sound.Length, 8000), .. sound];
            File.WriteAllBytes(path, file);
            File.SetLastWriteTimeUtc(path, Now.UtcDateTime.AddMinutes(-1));
            Hashes.Add(Convert.ToHexStringLower(SHA256.HashData(file)));
            return file.Length;
        }
    }
}
