using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.FreePbx;
using RecordingPlatform.Core.Keys;
using RecordingPlatform.Core.Sources;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.FreePbx;

/// <summary>A platform and any number of PBXs, each with a spool of its own, that report to it.</summary>
public sealed class PbxPlatform(PostgresCluster cluster) : IAsyncLifetime
{
    Platform? _platform;
    HttpClient? _admin;

    public Platform Platform => _platform!;

    public HttpClient Admin => _admin!;

    /// <summary>Before the platform starts.</summary>
    public PlatformSettings Settings { get; init; } = new();

    public async ValueTask InitializeAsync()
    {
        _platform = await Platform.StartAsync(cluster, Settings);
        _admin = await Platform.SignInAsync("admin");
    }

    /// <summary>A PBX whose spool is mounted on the worker's machine.</summary>
    internal Task<Pbx> MountAsync(string zone = "UTC") => AddAsync(null, Directory.CreateDirectory(Path.Combine(Platform.Folder, "spools", Guid.CreateVersion7().ToString("N"))).FullName, zone, null, null);

    /// <summary>A PBX that is reached over SSH.</summary>
    /// <param name="server">It, to be disposed with it.</param>
    /// <param name="port">Another port that leads there.</param>
    /// <param name="pin">Another host key than its own.</param>
    internal Task<Pbx> ConnectAsync(SshServer server, int? port = null, string? pin = null) => AddAsync(server, server.Spool, "UTC", port, pin);

    async Task<Pbx> AddAsync(SshServer? server, string spool, string zone, int? port, string? pin)
    {
        var id = Guid.CreateVersion7();
        var location = server is null ? spool : $"sftp://{SshServer.User}@127.0.0.1:{port ?? server.Port}{spool}";
        await Platform.QueryAsync($"insert into sources (id, name, kind, time_zone, media_location) values ('{id}', 'pbx-{id}', 'freepbx', '{zone}', '{location}') returning id");
        var key = (await Platform.ReadAsync(await Admin.PostAsJsonAsync("api/v1/admin/api-keys", new { name = $"pbx-{id}", scopes = new[] { $"ingest:pbx-{id}" } }), 201)).GetProperty("key").GetString()!;
        var pbx = new Pbx(this, id, spool, TimeZoneInfo.FindSystemTimeZoneById(zone), server, Platform.WithKey(key));
        if (server is not null)
            await pbx.PinAsync(pin ?? server.HostKey);
        return pbx;
    }

    /// <summary>Changes a source's row as the administrator's page does, secrets sealed by the platform's own key.</summary>
    internal async Task ChangeAsync(Guid sourceId, Func<Source, EnvelopeKeys, Task> changeAsync)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection([new("Keys:LocalFile", Path.Combine(Platform.Folder, "keys", "kek.json")), new("Keys:AllowLocalInProduction", "true")]);
        builder.Services.AddLogging();
        builder.Services.AddRecordingDb(Platform.Database.App).AddEnvelopeKeys(builder.Configuration);
        using var host = builder.Build();
        await using var scope = host.Services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<RecordingDb>();
        var source = await db.Sources.SingleAsync(s => s.Id == sourceId);
        await changeAsync(source, host.Services.GetRequiredService<EnvelopeKeys>());
        source.UpdatedAt = await db.NowAsync(default);
        await db.SaveChangesAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _admin?.Dispose();
        if (_platform is not null)
            await _platform.DisposeAsync();
    }
}

/// <summary>A call as a PBX tells of it and records it.</summary>
internal sealed record PbxCall(string UniqueId, DateTimeOffset StartedAt, string? LinkedId = null);

internal sealed class Pbx(PbxPlatform platform, Guid id, string spool, TimeZoneInfo zone, SshServer? server, HttpClient client) : IAsyncDisposable
{
    static int s_calls;

    public Guid Id => id;

    public string Spool => spool;

    Platform Platform => platform.Platform;

    public static PbxCall NewCall(DateTimeOffset? startedAt = null)
    {
        var at = startedAt ?? DateTimeOffset.UtcNow;
        return new PbxCall($"{at.ToUnixTimeSeconds()}.{Interlocked.Increment(ref s_calls)}", at);
    }

    public Task PinAsync(string hostKey) => platform.ChangeAsync(id, (source, keys) =>
    {
        source.Settings = (SourceSettings.Read(source.Settings) with { HostKeys = [hostKey] }).Write();
        return source.SealSecretsAsync(keys, new SourceSecrets { SshPrivateKey = server!.Key }, default);
    });

    public async Task ReportAsync(PbxCall call, string what, DateTimeOffset? endedAt = null)
    {
        var body = JsonSerializer.Serialize(new
        {
            @event = what,
            uniqueid = call.UniqueId,
            linkedid = call.LinkedId,
            direction = "inbound",
            from = "+442079460131",
            to = "201",
            started_at = call.StartedAt.ToString("O", CultureInfo.InvariantCulture),
            ended_at = (what == "call_ended" ? endedAt ?? DateTimeOffset.UtcNow : endedAt)?.ToString("O", CultureInfo.InvariantCulture),
        });
        using var answer = await client.PostAsync("webhooks/freepbx", new StringContent(body, Encoding.UTF8, "application/json"));
        await Platform.ReadAsync(answer, 202);
    }

    /// <summary>Below the spool, as the PBX names the recording of a call.</summary>
    public string NameOf(PbxCall call, string extension = "wav", string type = "in", string leg = "", string? uniqueId = null)
    {
        var local = TimeZoneInfo.ConvertTime(call.StartedAt, zone);
        return string.Create(CultureInfo.InvariantCulture, $"{MonitorFolder.Of(DateOnly.FromDateTime(local.DateTime))}/{type}-201-442079460131-{local:yyyyMMdd-HHmmss}-{uniqueId ?? call.UniqueId}{leg}.{extension}");
    }

    public string At(string name)
    {
        var path = Path.Combine(spool, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        return path;
    }

    public string Write(string name, byte[] content, TimeSpan? age = null)
    {
        var path = At(name);
        File.WriteAllBytes(path, content);
        if (age is { } old)
            File.SetLastWriteTimeUtc(path, DateTime.UtcNow - old);
        return path;
    }

    public Task<List<string>> AskAsync(string sql) => Platform.QueryAsync(sql.Replace("{source}", id.ToString(), StringComparison.Ordinal));

    /// <summary>One value of what is expected of a call, as text; null before it is reported.</summary>
    public async Task<string?> ExpectedAsync(PbxCall call, string expression) => (await AskAsync($"""
        select {expression} from expectations e join conversation_keys k on k.conversation_id = e.conversation_id
        where k.source_id = '{id}' and k.key = '{call.UniqueId}' and e.medium = 'audio'
        """)).SingleOrDefault();

    public Task<List<string>> RecordingsAsync(string uniqueId) => AskAsync($"""
        select r.id from recordings r join conversation_keys k on k.conversation_id = r.conversation_id where k.source_id = '{id}' and k.key = '{uniqueId}' and r.size_bytes is not null order by r.id
        """);

    public async Task UntilAsync(Func<Task<bool>> condition, string what, int seconds = 120)
    {
        try
        {
            await Until.TrueAsync(condition, TimeSpan.FromSeconds(seconds), what);
        }
        catch (TimeoutException e)
        {
            var standing = await AskAsync("""
                select concat_ws(' ', 'expectation', state, looks, look_at - app_now(), last_problem) from expectations where source_id = '{source}'
                union all select concat_ws(' ', 'file', state, size_bytes, still_looks, app_now() - still_since, refusal) from spool_files where source_id = '{source}'
                union all select concat_ws(' ', 'job', kind, state, failures, waiting_for, run_at - app_now()) from jobs where kind like 'spool%' or kind = 'source.watch'
                union all select error from job_errors
                """);
            throw new TimeoutException($"{e.Message}\n{string.Join('\n', standing)}\n{string.Join('\n', Platform.Workers.Select(w => w.Service.Said))}", e);
        }
    }

    public async Task<Guid> TakenAsync(PbxCall call)
    {
        await UntilAsync(async () => await RecordingsAsync(call.UniqueId) is not [], $"a recording of {call.UniqueId} is taken in");
        return Guid.Parse(Assert.Single(await RecordingsAsync(call.UniqueId)));
    }

    public Task<byte[]> DownloadAsync(Guid recording) => platform.Admin.GetByteArrayAsync($"api/v1/recordings/{recording}/download");

    /// <summary>Has the retrieval's jobs run now that wait for later.</summary>
    public Task HurryAsync(string kind) => AskAsync($"update jobs set run_at = app_now() where kind = '{kind}' and state = 'queued' returning id");

    public Task SweepAsync() => AskAsync($$"""
        insert into jobs (id, kind, arguments, priority, unique_key) values (gen_random_uuid(), 'spool.sweep_source', '{"source_id": "{{id}}"}', 50, 'sweep:{{id}}') returning id
        """);

    public async ValueTask DisposeAsync()
    {
        // The watch of a PBX that is gone would go on asking for it.
        await AskAsync("update sources set enabled = false, updated_at = app_now() where id = '{source}' returning id");
        client.Dispose();
        if (server is not null)
            await server.DisposeAsync();
    }
}

/// <summary>Telephone sound that can be told apart.</summary>
internal static class Sound
{
    public const int Rate = 8000;

    /// <summary>Samples of 16 bits.</summary>
    public static byte[] Tone(double seconds, double hertz = 440) => Enumerable.Range(0, (int)(seconds * Rate))
        .SelectMany(n => BitConverter.GetBytes((short)(12_000 * Math.Sin(2 * Math.PI * hertz * n / Rate)))).ToArray();

    public static byte[] Wave(double seconds, double hertz = 440)
    {
        var tone = Tone(seconds, hertz);
        return [.. WaveHeader.Of(tone.Length, Rate), .. tone];
    }
}
