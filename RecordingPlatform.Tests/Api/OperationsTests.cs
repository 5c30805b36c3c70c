using System.Diagnostics;
using System.Text.Json;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Api;

[Collection(ApiSurface.Name)]
public sealed class OperationsTests(ApiSurface.Running running)
{
    [Fact]
    public async Task Health_tells_operators_everything_and_others_one_word()
    {
        await running.ReadyAsync();
        // The worker's first report may still be on its way.
        var health = await Until.ValueAsync<JsonElement>(async () =>
        {
            var now = await Platform.ReadAsync(await running.Platform.Anonymous.GetAsync("health"), 200);
            return now.GetProperty("status").GetString() == "healthy" ? now : null;
        }, TimeSpan.FromSeconds(30), "the platform is healthy");
        Assert.Equal(["status", "recordings_count", "transcriptions_count", "store", "checks"], health.EnumerateObject().Select(p => p.Name));
        Assert.Equal(["provider", "container"], health.GetProperty("store").EnumerateObject().Select(p => p.Name));
        Assert.Equal(["database", "redis", "object_store", "ffmpeg", "queue", "key_service"], health.GetProperty("checks").EnumerateObject().Select(p => p.Name));
        Assert.True(health.GetProperty("recordings_count").GetInt64() > 0);
        Assert.Equal("ok", health.GetProperty("checks").GetProperty("ffmpeg").GetString());

        // What a proxy passed on is not from this machine, whatever the connection says.
        var outside = await FromOutsideAsync("health", running.Platform.Anonymous);
        Assert.Equal("{\"status\":\"healthy\"}", await outside.Content.ReadAsStringAsync());
        using var operators = await running.WithKeyAsync("ops.read");
        Assert.Contains("key_service", await (await FromOutsideAsync("health", operators)).Content.ReadAsStringAsync(), StringComparison.Ordinal);
        using var others = await running.WithKeyAsync("recordings.read");
        Assert.DoesNotContain("key_service", await (await FromOutsideAsync("health", others)).Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metrics_are_well_formed_and_say_what_happened()
    {
        var before = await ReadAsync("metrics");
        var id = await running.ReadyAsync();
        (await running.Admin.GetAsync($"api/v1/recordings/{id}/download")).EnsureSuccessStatusCode();
        var after = await ReadAsync("metrics");
        Assert.Equal(Story.SampleMedia.Speech.Length, after.Sum("recording_sealed_size_bytes_total", "role", "original") - before.Sum("recording_sealed_size_bytes_total", "role", "original"));
        // A client has the last byte before the server has counted it.
        await Until.TrueAsync(async () => (after = await ReadAsync("metrics")).Sum("recording_opened_size_bytes_total", "role", "original") - before.Sum("recording_opened_size_bytes_total", "role", "original") >= Story.SampleMedia.Speech.Length,
            TimeSpan.FromSeconds(10), "what was downloaded is counted");
        Assert.True(after.Sum("http_server_request_duration_seconds_count") > before.Sum("http_server_request_duration_seconds_count"));
        string[] expected = ["recording_queue_depth", "recording_queue_oldest_seconds", "recording_sealing_lag_seconds", "recording_retention_overdue", "recording_missing", "recording_sources_stopped", "recording_storage_size_bytes",
            "recording_storage_objects", "recording_seal_duration_seconds_bucket", "recording_open_duration_seconds_bucket", "recording_database_readable"];
        // What comes from the database may be fifteen seconds old, and from before there was anything to store.
        await Until.TrueAsync(async () => (after = await ReadAsync("metrics")) is var now && expected.All(name => now.Samples.Exists(s => s.Name == name)), TimeSpan.FromSeconds(40), $"there are {string.Join(", ", expected)}");
        Assert.Equal(1, after.Sum("recording_database_readable"));
    }

    [Fact]
    public async Task Metrics_are_for_operators()
    {
        Assert.Equal(404, (int)(await FromOutsideAsync("metrics", running.Platform.Anonymous)).StatusCode);
        using var others = await running.WithKeyAsync("recordings.read");
        Assert.Equal(404, (int)(await FromOutsideAsync("metrics", others)).StatusCode);
        using var operators = await running.WithKeyAsync("ops.read");
        Assert.Equal(200, (int)(await FromOutsideAsync("metrics", operators)).StatusCode);
    }

    [Fact]
    public async Task Scraping_does_not_reach_the_database_more_often_than_every_fifteen_seconds()
    {
        await running.ReadyAsync();
        // A reading that shows the first is a fresh one: from now on nothing new is read for fifteen seconds.
        var missing = (await ReadAsync("metrics")).Sum("recording_missing");
        await MissAnotherAsync();
        await Until.TrueAsync(async () => (await ReadAsync("metrics")).Sum("recording_missing") == missing + 1, TimeSpan.FromSeconds(40), "a reading counts it");
        var fresh = Stopwatch.StartNew();
        await MissAnotherAsync();
        while (fresh.Elapsed < TimeSpan.FromSeconds(5))
        {
            var again = await ReadAsync("metrics");
            // Slower than this, the next reading may be due.
            if (fresh.Elapsed < TimeSpan.FromSeconds(14))
                Assert.Equal(missing + 1, again.Sum("recording_missing"));
        }
        await Until.TrueAsync(async () => (await ReadAsync("metrics")).Sum("recording_missing") == missing + 2, TimeSpan.FromSeconds(40), "the next reading counts it");

        Task MissAnotherAsync() => running.Platform.QueryAsync(
            "insert into expectations (id, conversation_id, source_id, medium, external_id, due_at) select gen_random_uuid(), id, source_id, 'audio', gen_random_uuid()::text, app_now() - interval '1 hour' from conversations limit 1");
    }

    [Fact]
    public async Task The_reference_page_loads_nothing_from_elsewhere()
    {
        using var page = await running.Platform.Anonymous.GetAsync("docs/index.html");
        Assert.Equal(200, (int)page.StatusCode);
        Assert.Contains("default-src 'none'", page.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        var html = await page.Content.ReadAsStringAsync();
        Assert.DoesNotMatch("(src|href)=\"(https?:)?//", html);
        Assert.DoesNotMatch("<script(?![^>]*src=)", html);
    }

    async Task<Exposition> ReadAsync(string path)
    {
        using var answer = await running.Platform.Anonymous.GetAsync(path);
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", answer.Content.Headers.ContentType?.ToString());
        return Exposition.Parse(await answer.Content.ReadAsStringAsync());
    }

    static Task<HttpResponseMessage> FromOutsideAsync(string path, HttpClient client) =>
        client.SendAsync(new HttpRequestMessage(HttpMethod.Get, path) { Headers = { { "X-Forwarded-For", "203.0.113.7" } } });
}
