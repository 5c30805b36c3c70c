using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using RecordingPlatform.Tests.Fixtures;
using RecordingPlatform.Tests.Story;

namespace RecordingPlatform.Tests.Access;

/// <summary>Limits as tight, and leases as short, as only a test wants them; an api that is killed midway.</summary>
public sealed class StrictPlatformTests(PostgresCluster cluster)
{
    [Fact]
    public async Task Whoever_asks_too_fast_waits_and_nobody_else_does()
    {
        await using var platform = await StartAsync(("RateLimits__RequestsPerMinute", "30"), ("RateLimits__AnonymousPerMinute", "10"), ("RateLimits__SignInsPerMinute", "5"));
        using var admin = await platform.SignInAsync("admin");
        using var manager = await platform.SignInAsync("practice_manager");
        using var desk = await platform.SignInAsync("compliance_officer");
        var id = await Platform.UploadAsync(admin, SampleMedia.Speech);
        var url = (await Platform.ReadAsync(await admin.GetAsync($"api/v1/recordings/{id}/playback-url"), 200)).GetProperty("url").GetString()!;

        await UntilLimitedAsync(() => admin.GetAsync("api/v1/me"), most: 60);
        using (var mine = await manager.GetAsync("api/v1/me"))
            Assert.Equal(HttpStatusCode.OK, mine.StatusCode);
        for (var i = 0; i < 60; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, url) { Headers = { Range = new RangeHeaderValue(i, i + 9) } };
            using var range = await platform.Anonymous.SendAsync(request);
            Assert.Equal(HttpStatusCode.PartialContent, range.StatusCode);
            using var health = await platform.Anonymous.GetAsync("health");
            Assert.Equal(HttpStatusCode.OK, health.StatusCode);
        }
        var (email, password) = platform.UserOf("operator");
        await UntilLimitedAsync(() => platform.Anonymous.PostAsJsonAsync("api/v1/auth/login", new { email, password }), most: 10);
        // Whoever is signed in may not guess at the password any faster.
        await UntilLimitedAsync(() => desk.PostAsJsonAsync("api/v1/me/password", new { current_password = "a guess", new_password = "short" }), most: 10);
        // Guessing keys is asking without a credential.
        using var guesser = platform.WithKey("rpk_guess");
        await UntilLimitedAsync(() => guesser.GetAsync("api/v1/me"), most: 20);
    }

    [Fact]
    public async Task An_upload_whose_api_was_killed_is_taken_once_by_the_retry()
    {
        await using var platform = await StartAsync(("Idempotency__Lease", "00:00:02"));
        using var admin = await platform.SignInAsync("admin");
        const string key = "killed-midway";
        var half = new HalfBody();
        using (var request = Upload(half, key))
        {
            var sending = admin.SendAsync(request);
            await Until.TrueAsync(async () => await CountAsync(platform, "idempotency_keys where status_code is null") == "1", TimeSpan.FromSeconds(10), "the upload holds its key");
            // While it lives it keeps the key, however slow it is: longer than one lease.
            var leased = (await platform.QueryAsync("select lease_until::text from idempotency_keys"))[0];
            await Until.TrueAsync(async () => (await platform.QueryAsync("select lease_until::text from idempotency_keys"))[0] != leased, TimeSpan.FromSeconds(10), "the lease is extended");
            using (var second = Upload(new WholeBody(), key))
                Assert.Equal("idempotency_in_flight", (await Platform.ReadAsync(await admin.SendAsync(second), 409)).GetProperty("code").GetString());
            await platform.Api.KillAsync();
            half.Release.SetResult();
            await Assert.ThrowsAsync<HttpRequestException>(() => sending);
        }
        await platform.Apis[0].StartAsync();
        var made = await Until.NotNullAsync(async () =>
        {
            using var retry = Upload(new WholeBody(), key);
            var answer = await admin.SendAsync(retry);
            return answer.StatusCode == HttpStatusCode.Conflict ? null : answer;
        }, TimeSpan.FromSeconds(20), "the lease has run out");
        var first = (await Platform.ReadAsync(made, 201)).GetProperty("id").GetString();
        using var again = Upload(new WholeBody(), key);
        Assert.Equal(first, (await Platform.ReadAsync(await admin.SendAsync(again), 201)).GetProperty("id").GetString());
        Assert.Equal("1", await CountAsync(platform, "recordings"));
    }

    [Fact]
    public async Task An_attempt_that_was_overtaken_changes_nothing()
    {
        await using var platform = await StartAsync();
        using var admin = await platform.SignInAsync("admin");
        var half = new HalfBody();
        using var request = Upload(half, "overtaken");
        var sending = admin.SendAsync(request);
        await Until.TrueAsync(async () => await CountAsync(platform, "idempotency_keys where status_code is null") == "1", TimeSpan.FromSeconds(10), "the upload holds its key");
        // As when this process hung past its lease and another took the key.
        await platform.QueryAsync($"update idempotency_keys set attempt = '{Guid.CreateVersion7()}' returning key");
        half.Release.SetResult();
        Assert.Equal("idempotency_in_flight", (await Platform.ReadAsync(await sending, 409)).GetProperty("code").GetString());
        Assert.Equal("0", await CountAsync(platform, "recordings"));
    }

    Task<Platform> StartAsync(params (string Key, string Value)[] settings) =>
        Platform.StartAsync(cluster, new PlatformSettings { Workers = 0, Environment = settings.ToDictionary(s => s.Key, s => s.Value) });

    static async Task UntilLimitedAsync(Func<Task<HttpResponseMessage>> ask, int most)
    {
        for (var i = 0; i < most; i++)
        {
            using var answer = await ask();
            if (answer.StatusCode != HttpStatusCode.TooManyRequests)
                continue;
            Assert.True(answer.Headers.RetryAfter?.Delta >= TimeSpan.FromSeconds(1));
            Assert.Equal("rate_limited", (await Platform.ReadAsync(answer, 429)).GetProperty("code").GetString());
            return;
        }
        Assert.Fail($"{most} requests were all answered.");
    }

    static async Task<string> CountAsync(Platform platform, string what) => (await platform.QueryAsync($"select count(*) from {what}"))[0];

    const string Boundary = "half-and-half";
    static readonly byte[] Head = Encoding.ASCII.GetBytes($"--{Boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"call.wav\"\r\n\r\n");
    static readonly byte[] Tail = Encoding.ASCII.GetBytes($"\r\n--{Boundary}--\r\n");

    static HttpRequestMessage Upload(HttpContent body, string key)
    {
        body.Headers.ContentType = MediaTypeHeaderValue.Parse($"multipart/form-data; boundary={Boundary}");
        return new HttpRequestMessage(HttpMethod.Post, "api/v1/recordings") { Content = body, Headers = { { "Idempotency-Key", key } } };
    }

    class WholeBody : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(Head);
            await stream.WriteAsync(SampleMedia.Speech.AsMemory(0, SampleMedia.Speech.Length / 2));
            await stream.FlushAsync();
            await MiddleAsync();
            await stream.WriteAsync(SampleMedia.Speech.AsMemory(SampleMedia.Speech.Length / 2));
            await stream.WriteAsync(Tail);
        }

        protected virtual Task MiddleAsync() => Task.CompletedTask;

        protected override bool TryComputeLength(out long length)
        {
            length = Head.Length + SampleMedia.Speech.Length + Tail.Length;
            return true;
        }
    }

    /// <summary>Stops in the middle until it is released.</summary>
    sealed class HalfBody : WholeBody
    {
        public TaskCompletionSource Release { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        protected override Task MiddleAsync() => Release.Task;
    }
}
