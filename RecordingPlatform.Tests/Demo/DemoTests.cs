using System.Text.Json;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Demo;

/// <summary>What somebody finds who starts the platform for the first time.</summary>
public sealed class DemoTests(DemoTests.Running running) : IClassFixture<DemoTests.Running>
{
    static readonly string Media = Path.GetFullPath("../../../../RecordingPlatform.Worker/Demo/Media", AppContext.BaseDirectory);

    public sealed class Running(PostgresCluster cluster) : IAsyncLifetime
    {
        public Platform Platform { get; private set; } = null!;

        public async ValueTask InitializeAsync() =>
            Platform = await Platform.StartAsync(cluster, new PlatformSettings { Environment = new Dictionary<string, string> { ["Demo__Media"] = Media } });

        public ValueTask DisposeAsync() => Platform.DisposeAsync();
    }

    Platform Platform => running.Platform;

    [Fact]
    public async Task Every_demo_recording_becomes_ready_except_the_damaged_the_late_and_the_absent_one()
    {
        using var admin = await Platform.SignInAsync("admin");

        var all = await Until.NotNullAsync(async () =>
        {
            var now = await ListAsync(admin);
            return now.Any(r => Text(r, "status") is "stored" or "processing") ? null : now;
        }, TimeSpan.FromMinutes(4), "nothing is left to process");

        Assert.InRange(all.Count, 12, 16);
        var others = all.Where(r => Text(r, "status") != "ready").Select(r => $"{Text(r, "title")}: {Text(r, "status")}").Order(StringComparer.Ordinal);
        Assert.Equal(["Call from the motorway: damaged", "Reminder call, nobody answered: absent", "Supervision group, autumn: receiving"], others);
        Assert.All(all.Where(r => Text(r, "status") == "ready"), r => Assert.InRange(r.GetProperty("duration_seconds").GetDouble(), 15, 300));
        Assert.All(all, r => Assert.InRange(r.GetProperty("recorded_at").GetDateTimeOffset(), TimeProvider.System.GetUtcNow().AddDays(-15), TimeProvider.System.GetUtcNow()));
        Assert.All(all, r => Assert.Equal(2, r.GetProperty("participant_count").GetInt32()));
        Assert.Single(all, r => r.GetProperty("legal_hold").GetBoolean());
        Assert.Equal(["absent 1", "late 1", "received 12"], await Platform.QueryAsync("select state || ' ' || count(*) from expectations group by state order by state"));

        var meeting = Assert.Single(all, r => Text(r, "title") == "Weekly team meeting");
        var details = await Platform.ReadAsync(await admin.GetAsync($"api/v1/recordings/{Text(meeting, "id")}"), 200);
        Assert.Equal("h264", Text(details, "video_codec"));
        // Two voices, each on a channel of its own.
        Assert.Equal(["2"], await Platform.QueryAsync("select distinct channels from recordings where state = 'ready' and video_codec is null"));
    }

    [Fact]
    public async Task Everybody_of_the_demo_finds_recordings_of_their_own()
    {
        var titles = new Dictionary<string, IReadOnlyList<string?>>();
        foreach (var who in (string[])["patient", "patient2", "clinician", "operator"])
        {
            using var client = await Platform.SignInAsync(who);
            titles[who] = [.. (await ListAsync(client)).Select(r => Text(r, "title"))];
        }

        Assert.Equal(["Session with Sam Okafor", "Call back: blood test", "Reminder call, nobody answered", "Booking a session"], titles["patient"]);
        Assert.Equal(["New prescription", "Question about an invoice", "Appointment cancelled"], titles["patient2"]);
        Assert.Equal(["Session with Sam Okafor"], titles["clinician"]);
        Assert.Contains("Water alarm, archive basement", titles["operator"]);
        Assert.DoesNotContain("Session with Sam Okafor", titles["operator"]);
    }

    [Fact]
    public async Task Repeating_the_demo_adds_nothing()
    {
        // Processing adds rows of its own: these are what the demo makes.
        const string count = """
            select concat_ws(' ', (select count(*) from conversations), (select count(*) from participants), (select count(*) from recordings),
                (select count(*) from objects where role = 'original'), (select count(*) from consents), (select count(*) from expectations),
                (select count(*) from appointments), (select count(*) from sources), (select count(*) from subjects), (select count(*) from holds),
                (select count(*) from users), (select count(*) from audit where action = 202))
            """;
        var before = await Platform.QueryAsync(count);
        var password = Platform.UserOf("patient").Password;

        await Platform.RunDemoAgainAsync();

        Assert.Equal(before, await Platform.QueryAsync(count));
        Assert.Equal(password, Platform.UserOf("patient").Password);
        using var patient = await Platform.SignInAsync("patient");
    }

    [Fact]
    public async Task What_the_demo_holds_cannot_be_deleted()
    {
        using var admin = await Platform.SignInAsync("admin");
        var held = Assert.Single(await ListAsync(admin), r => r.GetProperty("legal_hold").GetBoolean());

        var refused = await Platform.ReadAsync(await admin.DeleteAsync($"api/v1/recordings/{Text(held, "id")}?reason=old"), 409);

        Assert.Contains("Insurance claim", Text(refused, "detail"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_media_of_the_demo_stay_small_enough_to_be_part_of_a_clone() =>
        Assert.InRange(new DirectoryInfo(Media).EnumerateFiles().Sum(f => f.Length), 1_000_000, 3_000_000);

    static async Task<List<JsonElement>> ListAsync(HttpClient client) =>
        [.. (await Platform.ReadAsync(await client.GetAsync("api/v1/recordings?page_size=100"), 200)).GetProperty("recordings").EnumerateArray()];

    static string? Text(JsonElement from, string name) => from.GetProperty(name).GetString();
}
