using System.Runtime.Versioning;
using Microsoft.AspNetCore.Http;
using RecordingPlatform.Core.Sources;
using RecordingPlatform.Tests.Api;
using RecordingPlatform.Tests.Fixtures;
using RecordingPlatform.Tests.Storage;
using RecordingPlatform.Tests.Storage.S3Stub;

namespace RecordingPlatform.Tests.Sources;

/// <summary>The test button over the running API and worker: real folders, an S3 server, an sshd, and deliveries that were refused.</summary>
[Collection(ApiSurface.Name)]
[SupportedOSPlatform("linux")]
public sealed class SourceCheckTests(ApiSurface.Running running, S3Rver s3, PostgresCluster cluster) : IDisposable
{
    readonly SourcesClient _sources = new(running.Platform, running.Admin);
    readonly string _folder = Directory.CreateTempSubdirectory("rp-source-").FullName;

    [Fact]
    public async Task A_folder_is_gone_to_and_its_newest_day_named_or_what_is_missing_of_the_way()
    {
        var day = Directory.CreateDirectory(Path.Combine(_folder, "2026/11/25")).FullName;
        Directory.CreateDirectory(Path.Combine(_folder, "2026/09/30"));
        Directory.CreateDirectory(Path.Combine(_folder, "voicemail"));
        await File.WriteAllTextAsync(Path.Combine(day, "in-201-+4511223344.wav"), "media");
        var found = await FindAsync(_folder);
        Says(found, "path", true, "2 entries", "newest day is 2026/11/25");
        Says(found, "permission", true, "can be read");
        Says(found, "media", true, "ffmpeg");
        Says(await FindAsync(Path.Combine(_folder, "voicemail")), "path", true, "0 entries", "no folder of a day");

        Says(await FindAsync(Path.Combine(_folder, "2027/01")), "path", false, $"no {_folder}/2027,", $"no {_folder}/2027/01", "Mount it");
        Says(await FindAsync(Path.Combine(day, "in-201-+4511223344.wav")), "path", false, "is a file");
        // Names of recordings hold phone numbers.
        Assert.DoesNotContain("4511223344", string.Join(' ', found.SelectMany(f => f).Select(f => f.Message)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_source_that_cannot_work_as_it_is_set_up_says_what_to_set()
    {
        var id = await _sources.CreateAsync();
        await _sources.SendAsync("PATCH", $"/{id}", 200, new { enabled = false });
        var name = (await _sources.SendAsync("GET", $"/{id}", 200)).GetProperty("name").GetString();
        var found = await _sources.TestAsync(id);
        Says(found, "settings", false, "switched off", "No media location", $"ingest:{name}");
        await _sources.GenerateWebhookSecretAsync(id);
        await _sources.SendAsync("PATCH", $"/{id}", 200, new { enabled = true, media_location = _folder });
        Says(await _sources.TestAsync(id), "settings", true, "switched on");
    }

    [Fact]
    public async Task Deliveries_that_were_turned_away_tell_of_a_wrong_secret_and_a_wrong_clock_until_one_is_accepted()
    {
        var id = await _sources.CreateAsync(location: _folder);
        var secret = await _sources.GenerateWebhookSecretAsync(id);
        await _sources.ReportsAsync(secret, $"{id}.0", "accepted");
        await _sources.ReportsAsync(secret, $"{id}.1", "timestamp_out_of_window", TimeSpan.FromSeconds(-4000));
        var wrong = Core.Ingest.StandardWebhook.NewSecret();
        await _sources.ReportsAsync(wrong, $"{id}.2", "signature_wrong");
        var found = await Until.NotNullAsync(async () => await _sources.TestAsync(id) is var now && now["clock"].Any(f => !f.Ok) && now["signature"].Any(f => !f.Ok) ? now : null, TimeSpan.FromSeconds(60), "both refusals are found");
        Says(found, "signature", false, "fits no secret", "could not be told whose", "newest report that was accepted is of");
        Says(found, "clock", false, "400", "seconds ago", "NTP");
        await _sources.ReportsAsync(secret, $"{id}.3", "accepted");
        found = await _sources.TestAsync(id);
        Says(found, "signature", true, "was recognised");
        Says(found, "clock", true, "not out of time");
    }

    [Fact]
    public async Task A_bucket_is_listed_and_read_or_what_S3_refused_is_said()
    {
        var address = await s3.AddressAsync();
        var settings = new { s3_service_url = address.ToString().TrimEnd('/'), s3_region = "us-east-1" };
        var prefix = $"{Guid.CreateVersion7():N}";
        var id = await _sources.CreateAsync("jibri", $"s3://{S3Rver.Bucket}/{prefix}", settings);
        await _sources.SendAsync("PUT", $"/{id}/secrets", 200, new { s3_access_key = S3Rver.Key, s3_secret_key = S3Rver.Key });
        Says(await _sources.TestAsync(id), "path", true, "nothing in it yet");
        using (var client = SourceBucket.Open(new SourceSettings { S3ServiceUrl = settings.s3_service_url }, new SourceSecrets { S3AccessKey = S3Rver.Key, S3SecretKey = S3Rver.Key }, TimeSpan.FromSeconds(30)))
            await client.PutObjectAsync(new Amazon.S3.Model.PutObjectRequest { BucketName = S3Rver.Bucket, Key = $"{prefix}/meeting.mp4", ContentBody = "media" });
        var found = await _sources.TestAsync(id);
        Says(found, "path", true, "holds media");
        Says(found, "permission", true, "can be read");

        await _sources.SendAsync("PATCH", $"/{id}", 200, new { media_location = "s3://nobodys-bucket" });
        Says(await _sources.TestAsync(id), "path", false, "no bucket nobodys-bucket", "create the bucket");
        await _sources.SendAsync("PATCH", $"/{id}", 200, new { settings = new { s3_service_url = $"http://127.0.0.1:{Ports.Free()}" } });
        Says(await _sources.TestAsync(id), "connection", false, "Nothing that speaks S3 answers", "s3_service_url");
    }

    [Fact]
    public async Task A_bucket_whose_keys_are_missing_is_not_asked_with_those_of_the_workers_machine()
    {
        await using var wire = await Relay.StartAsync(await s3.AddressAsync());
        await using var platform = await Platform.StartAsync(cluster, new PlatformSettings
        {
            Environment = new Dictionary<string, string> { ["AWS_ACCESS_KEY_ID"] = S3Rver.Key, ["AWS_SECRET_ACCESS_KEY"] = S3Rver.Key },
        });
        using var admin = await platform.SignInAsync("admin");
        var sources = new SourcesClient(platform, admin);
        var id = await sources.CreateAsync("jibri", $"s3://{S3Rver.Bucket}/meetings", new { s3_service_url = wire.Address.ToString().TrimEnd('/') });
        var found = await sources.TestAsync(id);
        Says(found, "sign_in", false, "no keys", "the source's secrets");
        Assert.Empty(found["path"]);
        Assert.Empty(wire.Seen);
    }

    // s3rver takes any secret key, and knows neither regions nor rights.
    [Fact]
    public async Task Keys_regions_and_rights_that_S3_refuses_are_told_apart()
    {
        await using var stub = await S3StubServer.StartAsync();
        await using var wire = await Relay.StartAsync(stub.Address);
        var settings = new { s3_service_url = wire.Address.ToString().TrimEnd('/'), s3_region = S3StubServer.Region };
        var id = await _sources.CreateAsync("jibri", $"s3://{S3StubServer.BucketName}/meetings", settings);
        await KeysAsync(S3StubServer.AccessKey, "anothers");
        Says(await _sources.TestAsync(id), "sign_in", false, "does not belong to the access key");
        await KeysAsync("NOBODYS", "anothers");
        Says(await _sources.TestAsync(id), "sign_in", false, "not known");
        await KeysAsync(S3StubServer.AccessKey, S3StubServer.SecretKey);
        Says(await _sources.TestAsync(id), "path", true, "nothing in it yet");
        await RefuseAsync(403, "AccessDenied", "permission", "may not list", "s3:ListBucket");
        await RefuseAsync(301, "PermanentRedirect", "settings", "another region than eu-central-1", "s3_region");
        await RefuseAsync(403, "RequestTimeTooSkewed", "clock", "NTP");
        await RefuseAsync(403, "ExpiredToken", "sign_in", "expired");

        Task KeysAsync(string access, string secret) => _sources.SendAsync("PUT", $"/{id}/secrets", 200, new { s3_access_key = access, s3_secret_key = secret });

        async Task RefuseAsync(int status, string code, string subject, params string[] says)
        {
            wire.Before = async (_, http) =>
            {
                http.Response.StatusCode = status;
                http.Response.ContentType = "application/xml";
                await http.Response.WriteAsync($"<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>Refused</Message></Error>");
                return true;
            };
            Says(await _sources.TestAsync(id), subject, false, says);
        }
    }

    [Fact]
    public async Task A_PBX_is_signed_in_to_and_its_spool_gone_to_or_the_step_that_failed_is_said()
    {
        await using var pbx = await SshServer.StartAsync();
        Directory.CreateDirectory(pbx.At("2026/11/24"));
        await File.WriteAllTextAsync(Path.Combine(Directory.CreateDirectory(pbx.At("2026/11/25")).FullName, "in-201-+4511223344.wav"), "media");
        string Place(string path) => $"sftp://{SshServer.User}@127.0.0.1:{pbx.Port}{path}";
        var id = await _sources.CreateAsync(location: Place(pbx.Spool));

        // Neither pinned nor with a key: which key the PBX shows is said all the same.
        var fingerprint = (await Run.ToEndAsync("ssh-keygen", "-lf", Path.Combine(pbx.Home, "host.pub"))).Split(' ')[1];
        var found = await _sources.TestAsync(id);
        Says(found, "host_key", false, "No host key is pinned", fingerprint);
        Says(found, "settings", false, "no SSH key");

        await _sources.SendAsync("PUT", $"/{id}/secrets", 200, new { ssh_private_key = pbx.Key });
        await PinAsync(pbx.HostKey);
        found = await _sources.TestAsync(id);
        foreach (var step in new[] { "connection", "host_key", "sign_in" })
            Says(found, step, true);
        Says(found, "path", true, "one entry", "newest day is 2026/11/25");
        Says(found, "permission", true, "can be read");
        Assert.DoesNotContain("4511223344", _sources.Said.ToString(), StringComparison.Ordinal);

        await _sources.SendAsync("PATCH", $"/{id}", 200, new { media_location = Place(pbx.Spool + "/elsewhere") });
        Says(await _sources.TestAsync(id), "path", false, $"no {pbx.Spool}/elsewhere", "/var/spool/asterisk/monitor");
        await _sources.SendAsync("PATCH", $"/{id}", 200, new { media_location = Place(pbx.Spool) });

        File.SetUnixFileMode(pbx.At("2026"), UnixFileMode.None);
        try
        {
            Says(await _sources.TestAsync(id), "permission", false, pbx.At("2026"), "setfacl");
        }
        finally
        {
            File.SetUnixFileMode(pbx.At("2026"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        await PinAsync(SshPublicKey.OfNobody());
        Says(await _sources.TestAsync(id), "host_key", false, fingerprint, "Compare");
        await PinAsync(pbx.HostKey);
        await _sources.SendAsync("PUT", $"/{id}/secrets", 200, new { ssh_private_key = "generate" });
        Says(await _sources.TestAsync(id), "sign_in", false, "authorized_keys");
        await _sources.SendAsync("PATCH", $"/{id}", 200, new { media_location = $"sftp://{SshServer.User}@127.0.0.1:{Ports.Free()}/spool" });
        Says(await _sources.TestAsync(id), "connection", false, "cannot be reached");

        Task PinAsync(string key) => _sources.SendAsync("PATCH", $"/{id}", 200, new { settings = new { host_keys = new[] { key } } });
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    async Task<ILookup<string, (bool Ok, string Message)>> FindAsync(string folder) => await _sources.TestAsync(await _sources.CreateAsync(location: folder));


    static void Says(ILookup<string, (bool Ok, string Message)> found, string subject, bool ok, params string[] parts)
    {
        var all = string.Join('\n', found.SelectMany(f => f.Select(one => $"{f.Key} {one.Ok}: {one.Message}")));
        var said = string.Join('\n', found[subject].Where(f => f.Ok == ok).Select(f => f.Message));
        Assert.True(said.Length > 0, $"nothing of {subject} is {(ok ? "right" : "wrong")}:\n{all}");
        Assert.True(!ok || found[subject].All(f => f.Ok), all);
        foreach (var part in parts)
            Assert.True(said.Contains(part, StringComparison.Ordinal), $"'{part}' is not said:\n{all}");
    }
}
