using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using RecordingPlatform.Core.Sources;
using RecordingPlatform.Tests.Api;
using RecordingPlatform.Tests.Events;
using RecordingPlatform.Tests.Fixtures;
using RecordingPlatform.Tests.Story;

namespace RecordingPlatform.Tests.Sources;

/// <summary>Setting sources up over the running API, and what is never told of them.</summary>
[Collection(ApiSurface.Name)]
public sealed class SourceSetupTests(ApiSurface.Running running)
{
    readonly SourcesClient _sources = new(running.Platform, running.Admin);

    Platform Platform => running.Platform;

    [Fact]
    public async Task A_made_secret_is_shown_once_and_no_secret_is_ever_told_or_stored_open()
    {
        var id = await _sources.CreateAsync(settings: new { cameras = new[] { new { id = "gate-2", url = "rtsp://192.0.2.7/stream" } } });
        var key = SshPrivateKey.Create();
        var s3 = $"{Guid.CreateVersion7():N}";
        var password = $"viewer:{Guid.CreateVersion7():N}";
        using var put = await running.Admin.PutAsJsonAsync($"api/v1/sources/{id}/secrets", new { webhook_secret = "generate", ssh_private_key = key.Text, s3_access_key = "AKIAOFTHETEST", s3_secret_key = s3, camera_credentials = new Dictionary<string, string> { ["gate-2"] = password } });
        var answer = await Platform.ReadAsync(put, 200);
        var webhook = answer.GetProperty("webhook_secret").GetString()!;
        Assert.Matches("^whsec_[A-Za-z0-9+/]{43}=$", webhook);
        string[] secrets = [webhook[6..], s3, password, key.Text.Split('\n')[1]];
        Assert.All(secrets[1..], secret => Assert.DoesNotContain(secret, answer.ToString(), StringComparison.Ordinal));

        var shown = (await _sources.SendAsync("GET", $"/{id}", 200)).GetProperty("secrets");
        Assert.Equal((1, true, true, "gate-2"), (shown.GetProperty("webhook_secrets").GetInt32(), shown.GetProperty("ssh_private_key").GetBoolean(), shown.GetProperty("s3_keys").GetBoolean(), Assert.Single(shown.GetProperty("camera_credentials").EnumerateArray()).GetString()));
        Assert.StartsWith(key.PublicKey + " ", shown.GetProperty("ssh_public_key").GetString(), StringComparison.Ordinal);
        await _sources.SendAsync("GET", "", 200);
        await _sources.SendAsync("GET", $"/{id}/events", 200);
        await _sources.SendAsync("PATCH", $"/{id}", 200, new { enabled = true });
        await _sources.SendAsync("PUT", $"/{id}/secrets", 200, new { s3_access_key = "AKIAOFTHETEST" });
        await _sources.SendAsync("DELETE", $"/{id}/secrets/previous", 200);
        await _sources.TestAsync(id);
        var told = $"{_sources.Said}{await running.Admin.GetStringAsync("api/v1/audit/log?limit=100")}{Platform.Api.Said}{Platform.Worker.Said}";
        var stored = await DumpAsync();
        Assert.Contains($"{id}", stored, StringComparison.Ordinal);
        foreach (var secret in secrets)
        {
            Assert.DoesNotContain(secret, told, StringComparison.Ordinal);
            Assert.DoesNotContain(secret, stored, StringComparison.Ordinal);
            Assert.DoesNotContain(Convert.ToHexStringLower(Encoding.UTF8.GetBytes(secret)), stored, StringComparison.Ordinal);
        }
        // Which fields, never what they hold.
        Assert.Contains("""{"changed": ["webhook_secret", "ssh_private_key", "s3_access_key", "s3_secret_key", "camera_credentials"]}""",
            await Platform.QueryAsync($"select facts::jsonb::text from audit where target_id = '{id}' and action = 704 order by id"));
    }

    [Fact]
    public async Task While_one_secret_replaces_another_both_are_in_force_until_the_older_is_forgotten()
    {
        var id = await _sources.CreateAsync();
        var first = await _sources.GenerateWebhookSecretAsync(id);
        await _sources.ReportsAsync(first, $"{id}.1", "accepted");
        var second = await _sources.GenerateWebhookSecretAsync(id);
        await _sources.ReportsAsync(second, $"{id}.2", "accepted");
        Assert.Equal("accepted", await _sources.ReportAsync(first, $"{id}.3"));
        var left = await _sources.SendAsync("DELETE", $"/{id}/secrets/previous", 200);
        Assert.Equal(1, left.GetProperty("webhook_secrets").GetInt32());
        await _sources.ReportsAsync(first, $"{id}.4", "signature_wrong");
        Assert.Equal("accepted", await _sources.ReportAsync(second, $"{id}.5"));
        Assert.Equal(0, (await _sources.SendAsync("PUT", $"/{id}/secrets", 200, """{"webhook_secret": null}""")).GetProperty("webhook_secrets").GetInt32());
    }

    [Theory]
    [InlineData("""{"name": "Capital", "kind": "freepbx"}""", "source_name_invalid")]
    [InlineData("""{"name": "-a", "kind": "freepbx"}""", "source_name_invalid")]
    [InlineData("""{"name": "n", "kind": "pbx"}""", "source_kind_unknown")]
    [InlineData("""{"name": "n", "kind": "zoom"}""", "source_kind_not_creatable")]
    [InlineData("""{"name": "n", "kind": "freepbx", "time_zone": "Mars/Olympus"}""", "time_zone_unknown")]
    [InlineData("""{"name": "n", "kind": "freepbx", "time_zone": "Romance Standard Time"}""", "time_zone_unknown")]
    [InlineData("""{"name": "n", "kind": "freepbx", "public_base_url": "ftp://host"}""", "public_base_url_invalid")]
    [InlineData("""{"name": "n", "kind": "freepbx", "public_base_url": "https://a:b@host"}""", "public_base_url_invalid")]
    [InlineData("""{"name": "n", "kind": "freepbx", "media_location": "relative/path"}""", "media_location_invalid")]
    [InlineData("""{"name": "n", "kind": "freepbx", "media_location": "sftp://user:password@host/a"}""", "media_location_invalid")]
    [InlineData("""{"name": "n", "kind": "freepbx", "media_location": "sftp://a%20b@host/a"}""", "media_location_invalid")]
    [InlineData("""{"name": "n", "kind": "freepbx", "media_location": "s3://bucket/a"}""", "media_location_unsuitable")]
    [InlineData("""{"name": "n", "kind": "jibri", "media_location": "sftp://user@host/a"}""", "media_location_unsuitable")]
    [InlineData("""{"name": "n", "kind": "freepbx", "settings": {"host_keys": ["host ssh-ed25519 AAAA"]}}""", "host_key_invalid")]
    [InlineData("""{"name": "n", "kind": "freepbx", "settings": {"host_keys": null}}""", "host_key_invalid")]
    [InlineData("""{"name": "n", "kind": "freepbx", "settings": {"cameras": [{"id": "a b", "url": "rtsp://host/"}]}}""", "camera_id_invalid")]
    [InlineData("""{"name": "n", "kind": "freepbx", "settings": {"cameras": [{"id": "a", "url": "rtsp://host/"}, {"id": "a", "url": "rtsp://host/"}]}}""", "camera_id_invalid")]
    [InlineData("""{"name": "n", "kind": "freepbx", "settings": {"cameras": [{"id": "a", "url": "rtsp://u:p@host/"}]}}""", "camera_url_invalid")]
    [InlineData("""{"name": "n", "kind": "freepbx", "settings": {"cameras": [{"id": "a", "url": "file:///etc/passwd"}]}}""", "camera_url_invalid")]
    [InlineData("""{"name": "n", "kind": "freepbx", "settings": {"cameras": [{"id": "a", "url": "rtsps://host/stream"}]}}""", "camera_url_invalid")]
    [InlineData("""{"name": "n", "kind": "freepbx", "settings": {"due_after_minutes": 0}}""", "due_after_minutes_invalid")]
    [InlineData("""{"name": "n", "kind": "freepbx", "settings": {"sweep_days": 366}}""", "sweep_days_invalid")]
    [InlineData("""{"name": "n", "kind": "jibri", "settings": {"s3_service_url": "minio"}}""", "s3_service_url_invalid")]
    [InlineData("""{"name": "n", "kind": "jibri", "settings": {"s3_region": "Frankfurt am Main"}}""", "s3_region_invalid")]
    public async Task What_cannot_be_set_up_is_refused_with_what_to_do(string body, string code)
    {
        Assert.Equal(code, await _sources.RefusedAsync("POST", "", 400, body));
        if (!code.StartsWith("source_", StringComparison.Ordinal))
        {
            // The same of a source that is there.
            var kind = body.Contains("jibri", StringComparison.Ordinal) ? "jibri" : "freepbx";
            var id = await _sources.CreateAsync(kind);
            var change = JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(body)!.Where(p => p.Key is not ("name" or "kind")).ToDictionary();
            Assert.Equal(code, await _sources.RefusedAsync("PATCH", $"/{id}", 400, change));
        }
    }

    [Fact]
    public async Task Uploads_cannot_be_switched_off_and_go_on()
    {
        var id = Assert.Single(await Platform.QueryAsync("select id from sources where kind = 'upload'"));
        Assert.Equal("source_always_on", await _sources.RefusedAsync("PATCH", $"/{id}", 400, new { enabled = false, noise_reduction = true }));
        var now = await _sources.SendAsync("PATCH", $"/{id}", 200, """{"enabled": true}""");
        Assert.False(now.GetProperty("noise_reduction").GetBoolean());
        await Platform.UploadAsync(running.Admin, SampleMedia.Speech);
    }

    [Theory]
    [InlineData("{}", "nothing_to_change")]
    [InlineData("""{"webhook_secret": "whsec_c2hvcnQ="}""", "webhook_secret_invalid")]
    [InlineData("""{"webhook_secret": "made up"}""", "webhook_secret_invalid")]
    [InlineData("""{"ssh_private_key": "ssh-ed25519 AAAA"}""", "ssh_private_key_invalid")]
    [InlineData("""{"s3_access_key": "one without the other"}""", "s3_keys_incomplete")]
    [InlineData("""{"s3_access_key": "a b", "s3_secret_key": "c"}""", "s3_keys_invalid")]
    [InlineData("""{"camera_credentials": {"gate-9": "user:password"}}""", "camera_unknown")]
    [InlineData("""{"camera_credentials": {"gate-2": "password alone"}}""", "camera_credentials_invalid")]
    public async Task Secrets_that_could_not_be_used_are_refused_with_what_to_do(string body, string code)
    {
        var id = await _sources.CreateAsync(settings: new { cameras = new[] { new { id = "gate-2", url = "rtsp://192.0.2.7/stream" } } });
        Assert.Equal(code, await _sources.RefusedAsync("PUT", $"/{id}/secrets", 400, body));
        Assert.Equal("0", Assert.Single(await Platform.QueryAsync($"select count(sealed_secrets) from sources where id = '{id}'")));
    }

    [Fact]
    public async Task Of_several_who_take_one_name_at_once_one_has_it()
    {
        var name = SourcesClient.NewName();
        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => running.Admin.PostAsJsonAsync("api/v1/sources", new { name, kind = "freepbx" })));
        Assert.Equal([201, 409, 409, 409, 409, 409], answers.Select(a => (int)a.StatusCode).Order());
        Assert.Equal("source_name_taken", await _sources.RefusedAsync("POST", "", 409, new { name, kind = "jibri" }));
        Assert.Equal("1", Assert.Single(await Platform.QueryAsync($"select count(*) from audit a join sources s on s.id = a.target_id where s.name = '{name}' and action = 702")));
    }

    [Fact]
    public async Task A_change_is_on_record_by_its_fields_and_told_to_those_who_may_know_of_sources()
    {
        var id = await _sources.CreateAsync(location: "/srv/pbx");
        using var officer = await Platform.SignInAsync("compliance_officer");
        using var clerk = await Platform.SignInAsync("operator");
        await using var told = await EventReader.OpenAsync(officer);
        await using var untold = await EventReader.OpenAsync(clerk);
        var changed = await _sources.SendAsync("PATCH", $"/{id}", 200, """{"time_zone": "Europe/Copenhagen", "media_location": null, "public_base_url": "https://recordings.example.com/base/", "settings": {"sweep_days": 9}}""");
        Assert.Equal(("Europe/Copenhagen", JsonValueKind.Null, 9, 10), (changed.GetProperty("time_zone").GetString(), changed.GetProperty("media_location").ValueKind,
            changed.GetProperty("settings").GetProperty("sweep_days").GetInt32(), changed.GetProperty("settings").GetProperty("due_after_minutes").GetInt32()));
        Assert.Equal("https://recordings.example.com/base/webhooks/freepbx", changed.GetProperty("webhook_url").GetString());
        Assert.Equal("""{"changed": ["time_zone", "public_base_url", "media_location", "settings"]}""", Assert.Single(await Platform.QueryAsync($"select facts::jsonb::text from audit where target_id = '{id}' and action = 703")));

        // An upload that the operator sees comes after the change, which they are not told of.
        var upload = await Platform.UploadAsync(running.Admin, Story.SampleMedia.Speech[..8000], "call.wav", ("callId", $"{id}"));
        Block next;
        do
        {
            next = await untold.NextAsync();
            Assert.NotEqual("source.changed", next.Kind);
        }
        while (next.Json.TryGetProperty("recording_id", out var about) is false || about.GetGuid() != upload);
        do
            next = await told.NextAsync();
        while (next.Kind != "source.changed" || next.Json.GetProperty("data").GetProperty("source_id").GetGuid() != id);

        // Stored anew as it is: nothing differs, and whoever waited for somebody to look goes on.
        var again = await _sources.SendAsync("PATCH", $"/{id}", 200, new { enabled = true });
        Assert.True(again.GetProperty("updated_at").GetDateTimeOffset() > changed.GetProperty("updated_at").GetDateTimeOffset());
        Assert.Equal("nothing_to_change", await _sources.RefusedAsync("PATCH", $"/{id}", 400, "{}"));
    }

    [Fact]
    public async Task What_was_reported_and_what_was_turned_away_is_listed_and_counted()
    {
        var id = await _sources.CreateAsync();
        var secret = await _sources.GenerateWebhookSecretAsync(id);
        foreach (var call in Enumerable.Range(0, 5))
            await _sources.ReportsAsync(secret, $"{id}.{call}", "accepted");
        await _sources.ReportsAsync(secret, $"{id}.late", "timestamp_out_of_window", TimeSpan.FromHours(-1));
        var walked = new List<Guid>();
        JsonElement page;
        for (var cursor = ""; cursor is not null; cursor = page.GetProperty("next_cursor").GetString())
        {
            page = await _sources.SendAsync("GET", $"/{id}/events?page_size=2{(cursor.Length > 0 ? $"&cursor={cursor}" : "")}", 200);
            walked.AddRange(page.GetProperty("events").EnumerateArray().Select(e => e.GetProperty("id").GetGuid()));
        }
        Assert.Equal((await Platform.QueryAsync($"select id from raw_events where source_id = '{id}' order by received_at desc, id desc")).Select(Guid.Parse), walked);
        Assert.Equal(5, walked.Count);
        Assert.Equal(walked[2..4], (await _sources.SendAsync("GET", $"/{id}/events?page_size=2&page=2", 200)).GetProperty("events").EnumerateArray().Select(e => e.GetProperty("id").GetGuid()));
        await Until.TrueAsync(async () => (await _sources.SendAsync("GET", $"/{id}/events", 200)).GetProperty("refused").EnumerateArray()
            .Any(r => r.GetProperty("code").GetString() == "timestamp_out_of_window" && r.GetProperty("detail").GetString()!.Contains("seconds ago", StringComparison.Ordinal)), TimeSpan.FromSeconds(30), "the refusal is listed");
        var source = await _sources.SendAsync("GET", $"/{id}", 200);
        Assert.Equal(5, source.GetProperty("events_24h").GetInt32());
        Assert.True(source.GetProperty("refused_24h").GetInt64() >= 1);
        Assert.Equal(JsonValueKind.String, source.GetProperty("last_event_at").ValueKind);
        foreach (var (query, code) in new[] { ("page=0", "page_invalid"), ("page_size=101", "page_size_invalid"), ("cursor=x", "cursor_invalid") })
            Assert.Equal(code, (await _sources.SendAsync("GET", $"/{id}/events?{query}", 400)).GetProperty("code").GetString());
    }

    // Every row of every table, as text.
    async Task<string> DumpAsync()
    {
        var tables = await Platform.QueryAsync("select format('%I.%I', schemaname, tablename) from pg_tables where schemaname = 'public'");
        var all = new StringBuilder();
        foreach (var table in tables)
            all.AppendJoin('\n', await Platform.QueryAsync($"select t::text from {table} t"));
        return all.ToString();
    }
}
