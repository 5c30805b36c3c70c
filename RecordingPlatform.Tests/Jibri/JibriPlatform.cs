using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using RecordingPlatform.Core.Sources;
using RecordingPlatform.Tests.Fixtures;
using RecordingPlatform.Tests.FreePbx;

namespace RecordingPlatform.Tests.Jibri;

/// <summary>A platform and any number of Jibris that leave their recordings in a folder, in a bucket, or push them.</summary>
public sealed class JibriPlatform(PostgresCluster cluster) : IAsyncLifetime
{
    readonly PbxPlatform _sources = new(cluster);

    public Platform Platform => _sources.Platform;

    public HttpClient Admin => _sources.Admin;

    public ValueTask InitializeAsync() => _sources.InitializeAsync();

    public ValueTask DisposeAsync() => _sources.DisposeAsync();

    /// <summary>A Jibri whose recordings lie where the location says; in a new folder without one.</summary>
    internal async Task<JibriSource> AddAsync(string? location = null, SourceSettings? settings = null, SourceSecrets? secrets = null, string zone = "Europe/Berlin")
    {
        var id = Guid.CreateVersion7();
        var folder = Directory.CreateDirectory(Path.Combine(Platform.Folder, "jibri", id.ToString("N"))).FullName;
        await Platform.QueryAsync($"insert into sources (id, name, kind, time_zone, media_location) values ('{id}', 'jibri-{id}', 'jibri', '{zone}', '{location ?? folder}') returning id");
        var secret = "whsec_" + Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
        await _sources.ChangeAsync(id, (source, keys) =>
        {
            source.Settings = (settings ?? new SourceSettings()).Write();
            return source.SealSecretsAsync(keys, (secrets ?? new SourceSecrets()) with { WebhookSecrets = [secret] }, default);
        });
        var key = (await Platform.ReadAsync(await Admin.PostAsJsonAsync("api/v1/admin/api-keys", new { name = $"jibri-{id}", scopes = new[] { $"ingest:jibri-{id}" } }), 201)).GetProperty("key").GetString()!;
        return new JibriSource(this, id, folder, key, secret);
    }

    /// <summary>A real MP4 of a meeting.</summary>
    public static byte[] Video { get; } = File.ReadAllBytes(Path.Combine(Root(), "RecordingPlatform.Worker", "Demo", "Media", "team-meeting.mp4"));

    /// <summary>A real M4A.</summary>
    public static byte[] Audio { get; } = File.ReadAllBytes(Path.Combine(Root(), "RecordingPlatform.Worker", "Demo", "Media", "alarm-test.m4a"));

    public static string Root([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", ".."));
}

internal sealed class JibriSource(JibriPlatform platform, Guid id, string folder, string key, string secret) : IDisposable
{
    readonly HttpClient _client = platform.Platform.WithKey(key);

    public Guid Id => id;

    public string Name => $"jibri-{id}";

    public string Folder => folder;

    public string Key => key;

    public string Secret => secret;

    public HttpClient Client => _client;

    Platform Platform => platform.Platform;

    public string At(string path) => Path.Combine(folder, path);

    public void Write(string path, byte[] content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(At(path))!);
        File.WriteAllBytes(At(path), content);
    }

    /// <summary>Reports a file as Jibri's script does, and returns the recording that the answer names.</summary>
    public async Task<Guid> ReportAsync(string storagePath, long size, string? audioPath = null, object[]? participants = null, string? name = null)
    {
        using var answer = await SendReportAsync(storagePath, size, audioPath, participants, name);
        return (await Platform.ReadAsync(answer, 200)).GetProperty("recording_id").GetGuid();
    }

    public Task<HttpResponseMessage> SendReportAsync(string storagePath, long size, string? audioPath = null, object[]? participants = null, string? name = null) =>
        _client.PostAsync("webhooks/jibri", new StringContent(JsonSerializer.Serialize(new
        {
            @event = "recording_completed",
            recording_name = name ?? Path.GetFileName(storagePath),
            storage_path = storagePath,
            audio_path = audioPath,
            file_size_bytes = size,
            participants,
            upload_credentials = new { service_name = "dropbox", token = "hunter2-report" },
        }), Encoding.UTF8, "application/json"));

    public string AddressOf(string path) => $"api/v1/ingest/{Name}/media/{string.Join('/', path.Split('/').Select(Uri.EscapeDataString))}";

    /// <summary>Pushes a file; with its SHA-256 unless told otherwise.</summary>
    public Task<HttpResponseMessage> PushAsync(string path, byte[] content, string? sha256 = null, bool withHash = true)
    {
        var request = new HttpRequestMessage(HttpMethod.Put, AddressOf(path)) { Content = new ByteArrayContent(content) };
        if (withHash)
            request.Headers.Add("X-Content-SHA256", sha256 ?? Convert.ToHexStringLower(SHA256.HashData(content)));
        return _client.SendAsync(request);
    }

    /// <summary>Rows of this source: <c>{source}</c> in the statement is its id.</summary>
    public Task<List<string>> AskAsync(string sql) => Platform.QueryAsync(sql.Replace("{source}", id.ToString(), StringComparison.Ordinal));

    /// <summary>The one recording of the path's external id, once it has its bytes.</summary>
    public Task<Guid> TakenAsync(string externalId) => UntilAsync<Guid>(async () =>
        await AskAsync($"select id from recordings where source_id = '{{source}}' and external_id = '{externalId.Replace("'", "''", StringComparison.Ordinal)}' and size_bytes is not null") is [var one] ? Guid.Parse(one) : null, $"{externalId} is taken");

    public Task UntilIsAsync(string expected, string sql) => UntilAsync(async () => string.Join(' ', await AskAsync(sql)) == expected, $"{sql} is {expected}");

    public Task UntilAsync(Func<Task<bool>> condition, string what) => UntilAsync<bool>(async () => await condition() ? true : null, what);

    async Task<T> UntilAsync<T>(Func<Task<T?>> look, string what) where T : struct
    {
        try
        {
            return await Until.ValueAsync(look, TimeSpan.FromSeconds(120), what);
        }
        catch (TimeoutException e)
        {
            var state = await AskAsync("select concat_ws('|', 'expectation', medium, state, look_at, looks, last_problem, external_id) from expectations where source_id = '{source}' union all select concat_ws('|', 'file', path, size_bytes, reported_bytes, state, still_looks, refusal) from spool_files where source_id = '{source}' union all select concat_ws('|', 'job', kind, state, failures, waiting_for) from jobs where kind like 'jibri.%' or kind = 'source.watch'");
            throw new TimeoutException($"{e.Message}\n{string.Join('\n', state)}\n{platform.Platform.Worker.Said}", e);
        }
    }

    public async Task<byte[]> DownloadAsync(Guid recording)
    {
        using var answer = await platform.Admin.GetAsync($"api/v1/recordings/{recording}/download");
        return await answer.Content.ReadAsByteArrayAsync();
    }

    /// <summary>Sweeps now.</summary>
    public Task SweepAsync() => AskAsync("insert into jobs (id, kind, arguments) values (gen_random_uuid(), 'jibri.sweep_source', '{\"source_id\":\"{source}\"}') returning id");

    /// <summary>As if this much time had gone by since its files last changed.</summary>
    public Task AgeAsync(TimeSpan by) => AskAsync($"update spool_files set still_since = still_since - interval '{by.TotalSeconds} s' where source_id = '{{source}}' returning id");

    /// <summary>Has what is expected looked for at once.</summary>
    public Task LookAsync() => AskAsync("with due as (update expectations set look_at = app_now() where source_id = '{source}' and look_at is not null returning id) update jobs set run_at = app_now() where unique_key = 'watch:{source}' and state = 'queued' returning id");

    public void Dispose() => _client.Dispose();
}
