using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Story;

/// <summary>Memory does not grow with the size of a recording, neither coming in nor going out.</summary>
public sealed class MemoryTests(PostgresCluster cluster)
{
    const long Limit = 64L << 20;

    [Fact]
    public async Task Four_large_files_at_once_pass_through_in_little_memory()
    {
        var size = Scale.Of(1_000_000_000);
        await using var platform = await Platform.StartAsync(cluster, new PlatformSettings
        {
            Workers = 0,
            Environment = new Dictionary<string, string> { ["Ingest__MaxFileBytes"] = "2000000000" },
        });
        using var admin = await platform.SignInAsync("admin");
        // What the first request of each kind costs (code, connections, buffers) is not what is measured.
        await DownloadAsync(admin, await UploadAsync(admin, 1_000_000, 0));

        var uploads = await MeasureAsync(platform.Api, () => Task.WhenAll(Enumerable.Range(1, 4).Select(seed => UploadAsync(admin, size, seed))));
        TestContext.Current.SendDiagnosticMessage($"4 uploads of {size} bytes: RSS grew {uploads.Growth >> 20} MiB at most");
        Assert.True(uploads.Growth <= Limit, $"The api's RSS grew by {uploads.Growth >> 20} MiB during 4 uploads of {size} bytes.");

        var downloads = await MeasureAsync(platform.Api, () => Task.WhenAll(uploads.Result.Select(sent => DownloadAsync(admin, sent))));
        TestContext.Current.SendDiagnosticMessage($"4 downloads of {size} bytes: RSS grew {downloads.Growth >> 20} MiB at most");
        Assert.True(downloads.Growth <= Limit, $"The api's RSS grew by {downloads.Growth >> 20} MiB during 4 downloads of {size} bytes.");
        Assert.All(downloads.Result, whole => Assert.True(whole));
    }

    [Fact]
    public async Task An_upload_sent_twice_under_one_key_passes_twice_through_in_little_memory_and_is_kept_once()
    {
        var size = Math.Max(100_000_000, Scale.Of(1_000_000_000));
        await using var platform = await Platform.StartAsync(cluster, new PlatformSettings
        {
            Workers = 0,
            Environment = new Dictionary<string, string> { ["Ingest__MaxFileBytes"] = "2000000000" },
        });
        using var admin = await platform.SignInAsync("admin");
        await UploadAsync(admin, 1_000_000, 0, "warm");
        await UploadAsync(admin, 1_000_000, 0, "warm");
        var first = await MeasureAsync(platform.Api, () => UploadAsync(admin, size, 1, "large"));
        var second = await MeasureAsync(platform.Api, () => UploadAsync(admin, size, 1, "large"));
        Assert.True(first.Growth <= Limit, $"The api's RSS grew by {first.Growth >> 20} MiB.");
        Assert.True(second.Growth <= Limit, $"The api's RSS grew by {second.Growth >> 20} MiB during the repetition.");
        Assert.Equal(first.Result.Id, second.Result.Id);
        Assert.Equal(["2"], await platform.QueryAsync("select count(*) from objects"));
    }

    sealed record Sent(Guid Id, byte[] Sha256);

    static async Task<Sent> UploadAsync(HttpClient client, long size, int seed, string? key = null)
    {
        using var file = new GeneratedWav(size, seed);
        using var body = new MultipartFormDataContent { { file, "file", $"{seed}.wav" } };
        using var request = new HttpRequestMessage(HttpMethod.Post, "api/v1/recordings") { Content = body };
        if (key is not null)
            request.Headers.Add("Idempotency-Key", key);
        using var answer = await client.SendAsync(request);
        var id = (await Platform.ReadAsync(answer, 201)).GetProperty("id").GetGuid();
        return new Sent(id, file.Sha256);
    }

    static async Task<bool> DownloadAsync(HttpClient client, Sent sent)
    {
        using var answer = await client.GetAsync($"api/v1/recordings/{sent.Id}/download", HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return (await SHA256.HashDataAsync(await answer.Content.ReadAsStreamAsync())).SequenceEqual(sent.Sha256);
    }

    static async Task<(T Result, long Growth)> MeasureAsync<T>(Service service, Func<Task<T>> work)
    {
        var before = ResidentBytes(service.Pid);
        var peak = before;
        using var done = new CancellationTokenSource();
        var sampling = Task.Run(async () =>
        {
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
            do
                peak = Math.Max(peak, ResidentBytes(service.Pid));
            while (await timer.WaitForNextTickAsync(done.Token).AsTask().ContinueWith(t => t.IsCompletedSuccessfully, TaskScheduler.Default));
        });
        var result = await work();
        await done.CancelAsync();
        await sampling;
        return (result, peak - before);
    }

    static long ResidentBytes(int pid) =>
        long.Parse(File.ReadLines($"/proc/{pid}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;

    /// <summary>A valid WAV of the given size whose sound is made while it is sent.</summary>
    sealed class GeneratedWav(long size, int seed) : HttpContent
    {
        public byte[] Sha256 { get; private set; } = [];

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var random = new Random(seed);
            var chunk = new byte[1 << 16];
            var header = WaveHeader.Of(size - WaveHeader.Length, rate: 48_000, channels: 2);
            hash.AppendData(header);
            await stream.WriteAsync(header);
            for (var left = size - header.Length; left > 0; left -= chunk.Length)
            {
                random.NextBytes(chunk);
                var part = chunk.AsMemory(0, (int)Math.Min(left, chunk.Length));
                hash.AppendData(part.Span);
                await stream.WriteAsync(part);
            }
            Sha256 = hash.GetHashAndReset();
        }

        protected override bool TryComputeLength(out long length)
        {
            length = size;
            return true;
        }
    }
}
