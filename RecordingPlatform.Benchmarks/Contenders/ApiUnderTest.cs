using System.Text.Json;
using RecordingPlatform.Benchmarks.Measuring;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Benchmarks.Contenders;

/// <summary>The api as it is deployed, over its own database and the disk store, on the server's cores; no worker disturbs it.</summary>
internal sealed class ApiUnderTest : IAsyncDisposable
{
    readonly PostgresCluster _cluster;
    readonly Platform _platform;
    readonly HttpClient _client;

    ApiUnderTest(PostgresCluster cluster, Platform platform, HttpClient client) => (_cluster, _platform, _client) = (cluster, platform, client);

    public Uri Url => _platform.Url;

    public int Pid => _platform.Api.Pid;

    /// <summary>The header that identifies the administrator.</summary>
    public string Authorization => $"Authorization: {_client.DefaultRequestHeaders.Authorization}";

    /// <summary>Of the app's login.</summary>
    public string DatabaseLogin => _platform.Database.App;

    /// <summary>The file of the embedded KEK.</summary>
    public string KekFile => Path.Combine(_platform.Folder, "keys", "kek.json");

    /// <param name="durable">Whether commits reach the disk before they are answered.</param>
    public static async Task<ApiUnderTest> StartAsync(bool durable = false)
    {
        var cluster = new PostgresCluster(durable);
        var platform = await Platform.StartAsync(cluster, new PlatformSettings
        {
            Workers = 0,
            // From its start, as in a container of so many cores: the runtime sizes itself by what it finds.
            ApiWithin = Machine.OnServerCores(),
            Environment = new Dictionary<string, string>
            {
                ["Ingest__MaxFileBytes"] = $"{2L << 30}",
                ["Access__AccessTokenLifetime"] = "06:00:00",
            },
        });
        return new ApiUnderTest(cluster, platform, await platform.SignInAsync("admin"));
    }

    public async Task<Guid> UploadAsync(string file)
    {
        await using var media = File.OpenRead(file);
        using var body = new MultipartFormDataContent { { new StreamContent(media), "file", "call.wav" } };
        using var answer = await _client.PostAsync("api/v1/recordings", body);
        return (await Platform.ReadAsync(answer, 201)).GetProperty("id").GetGuid();
    }

    /// <summary>A URL that plays without a header, as the portal's player uses it.</summary>
    public async Task<Uri> PlaybackUrlAsync(Guid recording)
    {
        using var answer = await _client.PostAsync("api/v1/tickets", Json(new { kind = "playback", recording_id = recording, download = true }));
        return new Uri((await Platform.ReadAsync(answer, 200)).GetProperty("url").GetString()!);
    }

    /// <summary>A PBX that reports, and the secret that it signs with.</summary>
    public async Task<(Guid Source, string Secret)> AddPbxAsync()
    {
        using var made = await _client.PostAsync("api/v1/sources", Json(new { name = "pbx", kind = "freepbx" }));
        var source = (await Platform.ReadAsync(made, 201)).GetProperty("id").GetGuid();
        using var changed = await _client.PutAsync($"api/v1/sources/{source}/secrets", Json(new { webhook_secret = "generate" }));
        return (source, (await Platform.ReadAsync(changed, 200)).GetProperty("webhook_secret").GetString()!);
    }

    /// <summary>One of the platform's master keys.</summary>
    public async Task<Guid> MasterKeyAsync() => Guid.Parse((await _platform.QueryAsync("select id from master_keys limit 1"))[0]);

    static StringContent Json(object body) => new(JsonSerializer.Serialize(body), System.Text.Encoding.UTF8, "application/json");

    /// <summary>Takes the objects of earlier rounds away, so that memory goes to the measurement.</summary>
    public void EmptyStore()
    {
        // The store makes its folder with its first object.
        foreach (var file in Directory.EnumerateFiles(Directory.CreateDirectory(_platform.StoreFolder).FullName, "*", SearchOption.AllDirectories))
            File.Delete(file);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _platform.DisposeAsync();
        await _cluster.DisposeAsync();
    }
}
