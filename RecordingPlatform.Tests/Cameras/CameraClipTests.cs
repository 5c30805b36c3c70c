using System.Globalization;
using System.Net.Http.Json;
using Microsoft.Extensions.Logging.Abstractions;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Keys;
using RecordingPlatform.Core.Sources;
using RecordingPlatform.Tests.Access;
using RecordingPlatform.Tests.Fixtures;
using RecordingPlatform.Tests.Sources;

namespace RecordingPlatform.Tests.Cameras;

/// <summary>The whole way: a PBX reports a call, and what becomes of its camera.</summary>
public sealed class CameraClipTests(PostgresCluster cluster) : IAsyncLifetime
{
    const string Password = "s3cret-of-the-camera";

    static readonly TimeSpan s_soon = TimeSpan.FromSeconds(90);

    Platform _platform = null!;
    HttpClient _admin = null!;

    public async ValueTask InitializeAsync()
    {
        _platform = await Platform.StartAsync(cluster, new PlatformSettings
        {
            Environment = new Dictionary<string, string>
            {
                ["Cameras__AllowLoopback"] = "true",
                ["Cameras__Clip"] = "00:00:02",
                ["Cameras__Within"] = "00:00:30",
                ["Jobs__Lease"] = "00:00:04",
                ["Jobs__Backoff"] = "00:00:01",
            },
        });
        _admin = await _platform.SignInAsync("admin");
    }

    public async ValueTask DisposeAsync()
    {
        _admin?.Dispose();
        if (_platform is not null)
            await _platform.DisposeAsync();
    }

    [Fact]
    public async Task An_alarm_calls_clip_becomes_a_recording_beside_a_call_whose_audio_stays_expected()
    {
        await using var camera = await RtspCamera.StartAsync(new() { Credentials = $"watcher:{Password}" });
        var call = await ReportAsync("door", camera.Url);

        var id = Guid.Parse(await ValueAsync($"select id from recordings where external_id = 'camera:door:{call}'"));
        var details = await _platform.WaitForAsync(_admin, id, "ready");

        Assert.Contains("h264", details.ToString(), StringComparison.Ordinal);
        Assert.Equal("received", await ValueAsync($"select state from expectations e where medium = 'video' and external_id = 'camera:door' and recording_id = '{id}' and state = 'received'"));
        await AssertAudioUntouchedAsync(call);
        Assert.DoesNotContain(Password, _platform.Worker.Said, StringComparison.Ordinal);
        Assert.DoesNotContain("rtsp://", _platform.Worker.Said, StringComparison.Ordinal);

        // The same job once more finds that all is done.
        var connections = camera.Connections;
        var again = Guid.CreateVersion7();
        await _platform.QueryAsync($"insert into jobs (id, kind, arguments) select '{again}', kind, arguments from jobs where kind = 'camera.clip'");
        await ValueAsync($"select state from jobs where id = '{again}' and state = 'done'");
        Assert.Equal(["1"], await _platform.QueryAsync("select count(*) from recordings where external_id like 'camera:%'"));
        Assert.Equal(connections, camera.Connections);
    }

    [Fact]
    public async Task A_camera_that_is_off_is_tried_twice_and_then_absent_with_a_reason_and_the_audio_is_left_alone()
    {
        var call = await ReportAsync("door", string.Create(CultureInfo.InvariantCulture, $"rtsp://127.0.0.1:{Ports.Free()}/stream"));

        var reason = await ValueAsync("select absent_reason from expectations where external_id = 'camera:door' and state = 'absent'");

        Assert.Contains("did not answer: the connection was refused", reason, StringComparison.Ordinal);
        Assert.Equal(["2"], await _platform.QueryAsync("select looks from expectations where external_id = 'camera:door'"));
        await ValueAsync("select state from jobs where kind = 'camera.clip' and state = 'done'");
        Assert.Equal(["1"], await _platform.QueryAsync("select count(*) from events where kind = 'expectation.changed' and data ->> 'state' = 'absent' and data ->> 'medium' = 'video'"));
        await AssertAudioUntouchedAsync(call);
        Assert.Contains("gave no clip", _platform.Worker.Said, StringComparison.Ordinal);
        Assert.DoesNotContain(Password, _platform.Worker.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_password_is_tried_once_and_an_unknown_camera_not_at_all()
    {
        await using var camera = await RtspCamera.StartAsync(new() { Credentials = "watcher:another" });
        var call = await ReportAsync("door", camera.Url);
        Assert.Contains("refused the sign-in", await ValueAsync("select absent_reason from expectations where external_id = 'camera:door' and state = 'absent'"), StringComparison.Ordinal);
        Assert.Equal(1, camera.Connections);
        await AssertAudioUntouchedAsync(call);

        call = await ReportAsync("window", camera.Url, named: "cellar");
        Assert.Contains("not among", await ValueAsync("select absent_reason from expectations where external_id = 'camera:cellar' and state = 'absent'"), StringComparison.Ordinal);
        Assert.Equal(1, camera.Connections);
        await AssertAudioUntouchedAsync(call);
    }

    [Fact]
    public async Task The_test_of_a_source_asks_each_camera_and_says_which_sends_nothing_and_why()
    {
        await using var camera = await RtspCamera.StartAsync(new() { Credentials = $"watcher:{Password}" });
        var sources = new SourcesClient(_platform, _admin);
        var off = string.Create(CultureInfo.InvariantCulture, $"rtsp://127.0.0.1:{Ports.Free()}/stream");
        var source = await sources.CreateAsync(settings: new { cameras = new[] { new { id = "door", url = camera.Url }, new { id = "yard", url = off }, new { id = "gate", url = camera.Url } } });
        await sources.SendAsync("PUT", $"/{source}/secrets", 200, new { camera_credentials = new { door = $"watcher:{Password}", gate = "watcher:another" } });

        var found = (await sources.TestAsync(source))["camera"].ToList();

        Assert.Equal([true, false, false], found.Select(f => f.Ok));
        Assert.Equal("Camera door sends pictures.", found[0].Message);
        Assert.Contains("Camera yard: ", found[1].Message, StringComparison.Ordinal);
        Assert.Contains("the connection was refused", found[1].Message, StringComparison.Ordinal);
        Assert.Contains("Camera gate: ", found[2].Message, StringComparison.Ordinal);
        Assert.Contains("refused the sign-in", found[2].Message, StringComparison.Ordinal);
        // Nothing is kept of it.
        Assert.Equal(["0"], await _platform.QueryAsync("select count(*) from recordings"));
        Assert.Equal(["0"], await _platform.QueryAsync("select count(*) from objects"));
        Assert.DoesNotContain(Password, sources.Said + _platform.Worker.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_worker_that_is_killed_while_it_films_leaves_one_recording_to_the_next()
    {
        await using var camera = await RtspCamera.StartAsync(new() { Credentials = $"watcher:{Password}" });
        var call = await KillWhileFilmingAsync(camera);
        camera.OpenShutter();
        await _platform.Workers[0].StartAsync();

        var id = Guid.Parse(await ValueAsync($"select id from recordings where external_id = 'camera:door:{call}'"));
        await _platform.WaitForAsync(_admin, id, "ready");

        Assert.Equal(["1"], await _platform.QueryAsync("select count(*) from recordings where external_id like 'camera:%'"));
        Assert.Equal(["received"], await _platform.QueryAsync("select state from expectations where external_id = 'camera:door'"));
        Assert.Equal(["2"], await _platform.QueryAsync("select looks from expectations where external_id = 'camera:door'"));
        await AssertAudioUntouchedAsync(call);
    }

    [Fact]
    public async Task A_clip_that_no_worker_took_in_time_is_absent_with_that_reason()
    {
        await using var camera = await RtspCamera.StartAsync(new() { Credentials = $"watcher:{Password}" });
        var call = await KillWhileFilmingAsync(camera);
        await _platform.QueryAsync("update jobs set deadline_at = app_now() where kind = 'camera.clip'");
        await _platform.Workers[0].StartAsync();

        Assert.Contains("No worker took the clip in time", await ValueAsync("select absent_reason from expectations where external_id = 'camera:door' and state = 'absent'"), StringComparison.Ordinal);

        Assert.Equal(["0"], await _platform.QueryAsync("select count(*) from recordings where external_id like 'camera:%'"));
        Assert.Equal(1, camera.Connections);
        await AssertAudioUntouchedAsync(call);
    }

    async Task<string> KillWhileFilmingAsync(RtspCamera camera)
    {
        camera.CloseShutter();
        var call = await ReportAsync("door", camera.Url);
        await Until.TrueAsync(() => Task.FromResult(camera.Requests.Any(request => request.StartsWith("PLAY", StringComparison.Ordinal))), s_soon, "the camera is asked to play");
        await _platform.Workers[0].KillAsync();
        return call;
    }

    /// <summary>A source with one camera, and an alarm call of it.</summary>
    /// <returns>The id of the call.</returns>
    async Task<string> ReportAsync(string camera, string url, string? named = null)
    {
        var (source, call) = ($"pbx-{Guid.CreateVersion7():N}", $"{Guid.CreateVersion7():N}.1");
        await AddSourceAsync(source, camera, url);
        var key = await AccessPlatform.SendAsync(_admin, HttpMethod.Post, "api/v1/admin/api-keys", 201, new { name = source, scopes = (string[])[$"ingest:{source}"] });
        using var pbx = _platform.WithKey(key.GetProperty("key").GetString()!);
        var report = new { @event = "call_started", uniqueid = $"leg-{call}", linkedid = call, direction = "inbound", from = "+4930123", to = "+4930456", started_at = TimeProvider.System.GetUtcNow(), camera = named ?? camera };
        // The door learns of a new source within two seconds.
        await Until.TrueAsync(async () => (await pbx.PostAsJsonAsync("webhooks/freepbx", report)).IsSuccessStatusCode, s_soon, "the report is taken");
        return call;
    }

    async Task AddSourceAsync(string name, string camera, string url)
    {
        await using var data = DatabaseSetup.BuildDataSource(_platform.Database.App);
        using var kek = new LocalKek(Path.Combine(_platform.Folder, "keys", "kek.json"), TimeProvider.System);
        using var keys = new EnvelopeKeys(data, kek, TimeProvider.System, NullLogger<EnvelopeKeys>.Instance);
        var source = new Source { Id = Guid.CreateVersion7(), Name = name, Kind = SourceKind.Freepbx };
        await source.SealSecretsAsync(keys, new SourceSecrets { CameraCredentials = new Dictionary<string, string> { [camera] = $"watcher:{Password}" } }, TestContext.Current.CancellationToken);
        var settings = new SourceSettings { Cameras = [new SourceCamera { Id = camera, Url = url }] }.Write();
        await _platform.QueryAsync($"""
            insert into sources (id, name, kind, settings, sealed_secrets, secrets_master_key_id)
            values ('{source.Id}', '{name}', 'freepbx', '{settings}', '\x{Convert.ToHexString(source.SealedSecrets!)}', '{source.SecretsMasterKeyId}')
            """);
    }

    async Task AssertAudioUntouchedAsync(string call) => Assert.Equal(
        ["expected"],
        await _platform.QueryAsync($"select state from expectations e join conversations c on c.id = e.conversation_id where c.external_id = '{call}' and medium = 'audio' and look_at is not null and recording_id is null"));

    Task<string> ValueAsync(string sql) => Until.NotNullAsync(async () => (await _platform.QueryAsync(sql)).FirstOrDefault(), s_soon, $"there is an answer to: {sql}\n{_platform.Worker.Said}");
}
