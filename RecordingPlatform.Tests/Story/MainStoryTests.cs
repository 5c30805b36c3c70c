using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Story;

/// <summary>The main job from outside, over HTTP, against running processes.</summary>
public sealed class MainStoryTests(MainStoryTests.Running running) : IClassFixture<MainStoryTests.Running>
{
    public sealed class Running(PostgresCluster cluster) : IAsyncLifetime
    {
        public Platform Platform { get; private set; } = null!;
        public HttpClient Admin { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Platform = await Platform.StartAsync(cluster);
            Admin = await Platform.SignInAsync("admin");
        }

        public async ValueTask DisposeAsync()
        {
            Admin?.Dispose();
            await Platform.DisposeAsync();
        }
    }

    Platform Platform => running.Platform;

    HttpClient Admin => running.Admin;

    [Fact]
    public async Task An_uploaded_recording_becomes_ready_and_downloads_byte_for_byte()
    {
        var id = await Platform.UploadAsync(Admin, SampleMedia.Speech, "jfk.wav", ("title", "Inauguration"), ("callId", "call-1"));
        var details = await Platform.WaitForAsync(Admin, id, "ready");
        Assert.Equal("Inauguration", details.GetProperty("title").GetString());
        Assert.Equal("call-1", details.GetProperty("call_id").GetString());
        Assert.InRange(details.GetProperty("duration_seconds").GetDouble(), 10.9, 11.1);
        Assert.Equal(SampleMedia.Speech.Length, details.GetProperty("file_size_bytes").GetInt64());

        using var download = await Admin.GetAsync($"api/v1/recordings/{id}/download");
        Assert.Equal(HttpStatusCode.OK, download.StatusCode);
        Assert.Equal("attachment", download.Content.Headers.ContentDisposition?.DispositionType);
        Assert.Equal(Convert.ToHexString(SHA256.HashData(SampleMedia.Speech)), Convert.ToHexString(SHA256.HashData(await download.Content.ReadAsByteArrayAsync())));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(SampleMedia.Speech)), details.GetProperty("content_sha256").GetString());
    }

    [Fact]
    public async Task The_rendition_seeks()
    {
        var id = await ReadyAsync();
        var whole = await (await Admin.GetAsync($"api/v1/recordings/{id}/stream")).Content.ReadAsByteArrayAsync();
        Assert.True(whole.AsSpan(4, 4).SequenceEqual("ftyp"u8), "the high rendition is M4A");

        await ExpectRangeAsync("bytes=0-1", 206, whole[..2], $"bytes 0-1/{whole.Length}");
        await ExpectRangeAsync("bytes=-100", 206, whole[^100..], $"bytes {whole.Length - 100}-{whole.Length - 1}/{whole.Length}");
        await ExpectRangeAsync($"bytes={whole.Length - 10}-", 206, whole[^10..], $"bytes {whole.Length - 10}-{whole.Length - 1}/{whole.Length}");
        await ExpectRangeAsync($"bytes={whole.Length}-", 416, null, $"bytes */{whole.Length}");
        await ExpectRangeAsync("bytes=0-99999999", 206, whole, $"bytes 0-{whole.Length - 1}/{whole.Length}");

        using var head = await Admin.SendAsync(new HttpRequestMessage(HttpMethod.Head, $"api/v1/recordings/{id}/stream"));
        Assert.Equal(HttpStatusCode.OK, head.StatusCode);
        Assert.Equal(whole.Length, head.Content.Headers.ContentLength);
        Assert.Equal("bytes", head.Headers.AcceptRanges.Single());
        Assert.Empty(await head.Content.ReadAsByteArrayAsync());

        var low = await (await Admin.GetAsync($"api/v1/recordings/{id}/stream?quality=low")).Content.ReadAsByteArrayAsync();
        Assert.True(low.AsSpan(0, 4).SequenceEqual((byte[])[0x1A, 0x45, 0xDF, 0xA3]), "the low rendition is WebM");

        async Task ExpectRangeAsync(string range, int status, byte[]? body, string contentRange)
        {
            var request = new HttpRequestMessage(HttpMethod.Get, $"api/v1/recordings/{id}/stream");
            request.Headers.Range = RangeHeaderValue.Parse(range);
            using var answer = await Admin.SendAsync(request);
            Assert.Equal(status, (int)answer.StatusCode);
            Assert.Equal(contentRange, answer.Content.Headers.ContentRange?.ToString());
            if (body is not null)
                Assert.Equal(body, await answer.Content.ReadAsByteArrayAsync());
        }
    }

    [Fact]
    public async Task A_stale_If_Range_gets_the_whole()
    {
        var id = await ReadyAsync();
        foreach (var (tag, status) in new[] { ("\"another\"", 200), ((await Admin.GetAsync($"api/v1/recordings/{id}/stream")).Headers.ETag!.Tag, 206) })
        {
            var request = new HttpRequestMessage(HttpMethod.Get, $"api/v1/recordings/{id}/stream");
            request.Headers.Range = new RangeHeaderValue(0, 9);
            request.Headers.IfRange = new RangeConditionHeaderValue(tag);
            using var answer = await Admin.SendAsync(request);
            Assert.Equal(status, (int)answer.StatusCode);
        }
    }

    [Fact]
    public async Task A_playback_url_works_without_a_header_and_not_when_forged()
    {
        var id = await ReadyAsync();
        var url = (await Platform.ReadAsync(await Admin.GetAsync($"api/v1/recordings/{id}/playback-url"), 200)).GetProperty("url").GetString()!;
        using (var answer = await Platform.Anonymous.GetAsync(url))
        {
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.Equal("no-store, private", answer.Headers.CacheControl?.ToString());
        }
        // Every part of the ticket is signed: a changed character anywhere opens nothing.
        var ticket = url[(url.LastIndexOf('/') + 1)..];
        foreach (var position in (int[])[0, 10, 30, 50, 75, 95, 120, 139])
        {
            var forged = ticket[..position] + (ticket[position] == 'A' ? 'B' : 'A') + ticket[(position + 1)..];
            using var answer = await Platform.Anonymous.GetAsync($"media/{forged}");
            Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        }
    }

    [Fact]
    public async Task A_play_is_audited_once_however_many_ranges_it_takes()
    {
        var id = await ReadyAsync();
        var url = (await Platform.ReadAsync(await Admin.GetAsync($"api/v1/recordings/{id}/playback-url"), 200)).GetProperty("url").GetString()!;
        for (var i = 0; i < 5; i++)
        {
            var request = new HttpRequestMessage(HttpMethod.Get, url) { Headers = { Range = new RangeHeaderValue(i * 10, i * 10 + 9) } };
            using var answer = await Platform.Anonymous.SendAsync(request);
            Assert.Equal(HttpStatusCode.PartialContent, answer.StatusCode);
        }
        Assert.Equal(["1"], await Platform.QueryAsync($"select count(*) from audit where recording_id = '{id}' and action = 204"));
    }

    [Fact]
    public async Task Deleting_needs_a_reason_and_closes_the_recording()
    {
        var id = await ReadyAsync();
        var url = (await Platform.ReadAsync(await Admin.GetAsync($"api/v1/recordings/{id}/playback-url"), 200)).GetProperty("url").GetString()!;
        await Platform.ReadAsync(await Admin.DeleteAsync($"api/v1/recordings/{id}"), 400);
        var deleted = await Platform.ReadAsync(await Admin.DeleteAsync($"api/v1/recordings/{id}?reason=wrong+number"), 200);
        Assert.True(deleted.GetProperty("success").GetBoolean());
        Assert.Equal("deleted", deleted.GetProperty("status").GetString());

        await Platform.ReadAsync(await Admin.GetAsync($"api/v1/recordings/{id}/download"), 410);
        await Platform.ReadAsync(await Admin.GetAsync($"api/v1/recordings/{id}/stream"), 410);
        using (var played = await Platform.Anonymous.GetAsync(url))
            Assert.Equal(HttpStatusCode.Forbidden, played.StatusCode);
        Assert.Equal("deleted", (await Platform.ReadAsync(await Admin.GetAsync($"api/v1/recordings/{id}"), 200)).GetProperty("status").GetString());
        Assert.DoesNotContain(id.ToString(), await Admin.GetStringAsync("api/v1/recordings?page_size=100"));
        Assert.Contains(id.ToString(), await Admin.GetStringAsync("api/v1/recordings?page_size=100&status=deleted"));
    }

    [Fact]
    public async Task Nobody_gets_in_without_signing_in()
    {
        var id = await Platform.UploadAsync(Admin, SampleMedia.Speech);
        foreach (var path in (string[])["", $"/{id}", $"/{id}/download", $"/{id}/stream", $"/{id}/playback-url", $"/{id}/waveform"])
            await Platform.ReadAsync(await Platform.Anonymous.GetAsync($"api/v1/recordings{path}"), 401);
        using var upload = Platform.Multipart(SampleMedia.Speech, "call.wav");
        await Platform.ReadAsync(await Platform.Anonymous.PostAsync("api/v1/recordings", upload), 401);
        var (email, _) = Platform.UserOf("clinician");
        await Platform.ReadAsync(await Platform.Anonymous.PostAsJsonAsync("api/v1/auth/login", new { email, password = "a wrong password" }), 401);
    }

    [Fact]
    public async Task A_patient_finds_their_own_recording_and_nobody_elses()
    {
        using var patient = await Platform.SignInAsync("patient");
        using var other = await Platform.SignInAsync("patient2");
        var id = await Platform.UploadAsync(Admin, SampleMedia.Speech, "session.wav", ("subject_id", "patient"), ("title", "a very private matter"));
        await Platform.WaitForAsync(patient, id, "ready");
        foreach (var path in (string[])[$"/{id}", $"/{id}/download", $"/{id}/stream", $"/{id}/playback-url", $"/{id}/waveform"])
        {
            var answer = await other.GetAsync($"api/v1/recordings{path}");
            Assert.DoesNotContain("private", (await Platform.ReadAsync(answer, 404)).ToString(), StringComparison.Ordinal);
        }
        var list = await Platform.ReadAsync(await other.GetAsync("api/v1/recordings"), 200);
        Assert.Equal(0, list.GetProperty("total").GetInt32());
        Assert.Equal(1, (await Platform.ReadAsync(await patient.GetAsync("api/v1/recordings"), 200)).GetProperty("total").GetInt32());
        await Platform.ReadAsync(await other.DeleteAsync($"api/v1/recordings/{id}?reason=x"), 403);
    }

    [Fact]
    public async Task Fields_may_come_after_the_file()
    {
        using var body = new MultipartFormDataContent
        {
            { new StringContent("before"), "call_id" },
            { new ByteArrayContent(SampleMedia.Speech), "audio", "x.wav" },
            { new StringContent("after"), "title" },
            { new StringContent("2026-01-31T09:30:00+01:00"), "startTime" },
        };
        var id = (await Platform.ReadAsync(await Admin.PostAsync("api/v1/recordings", body), 201)).GetProperty("id").GetGuid();
        var details = await Platform.ReadAsync(await Admin.GetAsync($"api/v1/recordings/{id}"), 200);
        Assert.Equal("before", details.GetProperty("call_id").GetString());
        Assert.Equal("after", details.GetProperty("title").GetString());
        Assert.Equal("2026-01-31T08:30:00Z", details.GetProperty("recorded_at").GetString());
    }

    [Fact]
    public async Task What_is_no_recording_is_refused_and_leaves_nothing()
    {
        await Platform.WaitForAsync(Admin, await Platform.UploadAsync(Admin, SampleMedia.Speech), "ready");
        var before = await Platform.QueryAsync("select count(*) from objects");

        await ExpectAsync(415, Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("This is a letter, not a recording.\n", 100))));
        await ExpectAsync(422, []);
        await ExpectAsync(422, SampleMedia.Speech, ("sha256", new string('0', 64)));
        await ExpectAsync(422, SampleMedia.Speech, ("size", "17"));
        await ExpectAsync(422, SampleMedia.Speech, ("startTime", "yesterday"));
        await ExpectAsync(422, SampleMedia.Speech, ("subject_id", Guid.CreateVersion7().ToString()));
        await CutOffAsync();

        Assert.Equal(before, await Platform.QueryAsync("select count(*) from objects"));
        Assert.Equal(before[0], Directory.EnumerateFiles(Platform.StoreFolder, "*", SearchOption.AllDirectories).Count(IsObject).ToString());

        async Task ExpectAsync(int status, byte[] media, params (string, string)[] fields)
        {
            using var body = Platform.Multipart(media, "call.wav", fields);
            var problem = await Platform.ReadAsync(await Admin.PostAsync("api/v1/recordings", body), status);
            Assert.False(string.IsNullOrEmpty(problem.GetProperty("code").GetString()));
        }

        async Task CutOffAsync()
        {
            using var whole = Platform.Multipart(SampleMedia.Speech, "call.wav");
            var bytes = await whole.ReadAsByteArrayAsync();
            using var cut = new ByteArrayContent(bytes[..(bytes.Length / 2)]);
            cut.Headers.ContentType = whole.Headers.ContentType;
            Assert.Equal("upload_truncated", (await Platform.ReadAsync(await Admin.PostAsync("api/v1/recordings", cut), 422)).GetProperty("code").GetString());
        }

        static bool IsObject(string path) => !Path.GetFileName(path).StartsWith('.') && File.ReadAllBytes(path).AsSpan().StartsWith("RVLT"u8);
    }

    [Fact]
    public async Task A_damaged_file_is_taken_and_kept()
    {
        var id = await Platform.UploadAsync(Admin, SampleMedia.Damaged);
        var details = await Platform.WaitForAsync(Admin, id, "damaged");
        Assert.False(string.IsNullOrEmpty(details.GetProperty("state_reason").GetString()));
        Assert.Equal(SampleMedia.Damaged, await Admin.GetByteArrayAsync($"api/v1/recordings/{id}/download"));
        await Platform.ReadAsync(await Admin.GetAsync($"api/v1/recordings/{id}/stream"), 409);
    }

    [Fact]
    public async Task A_file_over_the_limit_is_refused()
    {
        // The limit of this platform is the default; the declared length alone is enough to refuse.
        using var body = new StreamContent(new MemoryStream());
        body.Headers.ContentType = MediaTypeHeaderValue.Parse("multipart/form-data; boundary=x");
        body.Headers.ContentLength = 200L << 20;
        using var request = new HttpRequestMessage(HttpMethod.Post, "api/v1/recordings") { Content = body };
        request.Headers.ExpectContinue = true;
        using var answer = await Admin.SendAsync(request);
        Assert.Equal("file_too_large", (await Platform.ReadAsync(answer, 413)).GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_refresh_token_that_comes_back_ends_the_session()
    {
        var (email, password) = Platform.UserOf("operator");
        var first = await Platform.ReadAsync(await Platform.Anonymous.PostAsJsonAsync("api/v1/auth/login", new { email, password }), 200);
        var old = first.GetProperty("refresh_token").GetString();
        var second = await Platform.ReadAsync(await Platform.Anonymous.PostAsJsonAsync("api/v1/auth/refresh", new { refresh_token = old }), 200);
        Assert.Equal(200, await MeAsync(second));
        Assert.Equal(401, await MeAsync(first));
        await Platform.ReadAsync(await Platform.Anonymous.PostAsJsonAsync("api/v1/auth/refresh", new { refresh_token = old }), 401);
        Assert.Equal(401, await MeAsync(second));

        async Task<int> MeAsync(JsonElement tokens)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "api/v1/me");
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", tokens.GetProperty("access_token").GetString());
            using var answer = await Platform.Anonymous.SendAsync(request);
            return (int)answer.StatusCode;
        }
    }

    async Task<Guid> ReadyAsync()
    {
        var id = await Platform.UploadAsync(Admin, SampleMedia.Speech);
        await Platform.WaitForAsync(Admin, id, "ready");
        return id;
    }
}
