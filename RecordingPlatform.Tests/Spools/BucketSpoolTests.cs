using System.Runtime.Versioning;
using Amazon.Runtime;
using Amazon.S3;
using RecordingPlatform.Core.Sources;
using RecordingPlatform.Tests.Fixtures;
using RecordingPlatform.Tests.Jibri;
using RecordingPlatform.Tests.Storage;
using RecordingPlatform.Worker.Spools;

namespace RecordingPlatform.Tests.Spools;

/// <summary>A bucket below a prefix as a place where recordings lie, on an S3 server that somebody else wrote.</summary>
[SupportedOSPlatform("linux")]
public sealed class BucketSpoolTests(S3Rver server, JibriPlatform platform) : IClassFixture<JibriPlatform>
{
    const string Room = "team_alpha_2026-11-25-09-30-00";

    static readonly SourceSecrets Secrets = new() { S3AccessKey = S3Rver.Key, S3SecretKey = S3Rver.Key };

    readonly string _prefix = $"spool-{Guid.CreateVersion7():N}";

    [Fact]
    public async Task A_bucket_is_listed_by_folders_and_read_from_any_offset()
    {
        await PutAsync($"{_prefix}/abcd/room.mp4", [.. Enumerable.Range(0, 1000).Select(n => (byte)n)]);
        await PutAsync($"{_prefix}/abcd/two words & more.mp4", [1]);
        await PutAsync($"{_prefix}/root.mp4", [1, 2]);
        await PutAsync($"{_prefix}-other/abcd/not-ours.mp4", [1]);
        using var spool = new BucketSpool(new MediaLocation.Bucket(S3Rver.Bucket, $"{_prefix}/"), await SettingsAsync(), Secrets, TimeProvider.System);

        Assert.Equal([("abcd", SpoolKind.Other, 0L), ("root.mp4", SpoolKind.File, 2L)], (await spool.ListAsync("", default)).Select(e => (e.Name!, e.Kind, e.SizeBytes)));
        Assert.Equal(["room.mp4", "two words & more.mp4"], (await spool.ListAsync("abcd", default)).Select(e => e.Name!));
        Assert.Empty(await spool.ListAsync("nowhere", default));
        var stat = await spool.StatAsync("abcd/room.mp4", default);
        Assert.Equal(1000, stat!.Value.SizeBytes);
        Assert.Null(await spool.StatAsync("abcd/not-ours.mp4", default));

        var read = new List<byte>();
        Assert.Equal(stat, await spool.ReadAsync("abcd/room.mp4", 900, 950, (bytes, _) =>
        {
            read.AddRange(bytes.ToArray());
            return ValueTask.CompletedTask;
        }, default));
        Assert.Equal(Enumerable.Range(900, 50).Select(n => (byte)n), read);
        Assert.Equal(SpoolFault.Missing, (await Assert.ThrowsAsync<SpoolException>(() => spool.ReadAsync("gone.mp4", 0, 1, (_, _) => ValueTask.CompletedTask, default))).Fault);
        Assert.Equal(SpoolFault.NotAFile, (await Assert.ThrowsAsync<SpoolException>(() => spool.StatAsync($"../{_prefix}-other/abcd/not-ours.mp4", default))).Fault);
    }

    [Fact]
    public async Task What_is_wrong_with_a_bucket_is_said_in_words_that_help()
    {
        var settings = await SettingsAsync();
        await FaultAsync(SpoolFault.Settings, "keys", S3Rver.Bucket, settings, Secrets with { S3AccessKey = "another" });
        await FaultAsync(SpoolFault.Settings, "no such bucket", "nobodys", settings, Secrets);
        await FaultAsync(SpoolFault.Unreachable, "cannot be reached", S3Rver.Bucket, settings with { S3ServiceUrl = $"http://127.0.0.1:{Ports.Free()}" }, Secrets);
        Assert.Contains("no keys", Assert.Throws<SpoolException>(() => new BucketSpool(new MediaLocation.Bucket(S3Rver.Bucket, ""), settings, new SourceSecrets(), TimeProvider.System)).Message, StringComparison.Ordinal);

        static async Task FaultAsync(SpoolFault fault, string words, string bucket, SourceSettings settings, SourceSecrets secrets)
        {
            using var spool = new BucketSpool(new MediaLocation.Bucket(bucket, ""), settings, secrets, TimeProvider.System);
            var e = await Assert.ThrowsAsync<SpoolException>(() => spool.ListAsync("", default));
            Assert.Equal(fault, e.Fault);
            Assert.Contains(words, e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_reported_file_is_fetched_from_the_bucket_and_one_that_nobody_reported_is_found_there()
    {
        using var jibri = await platform.AddAsync($"s3://{S3Rver.Bucket}/{_prefix}", await SettingsAsync(), Secrets);
        await PutAsync($"{_prefix}/abcd/{Room}.mp4", JibriPlatform.Video);
        await PutAsync($"{_prefix}/abcd/metadata.json", "{\"participants\":[\"Sam\"]}"u8.ToArray());
        await PutAsync($"{_prefix}/efgh/{Room}.mp4", JibriPlatform.Audio);
        foreach (var path in (string[])[$"s3://{S3Rver.Bucket}/{_prefix}-other/x/{Room}.mp4", $"s3://another/{_prefix}/x/{Room}.mp4", $"/srv/x/{Room}.mp4"])
        {
            using var answer = await jibri.SendReportAsync(path, 100);
            Assert.Equal("storage_path_outside", (await Platform.ReadAsync(answer, 400)).GetProperty("code").GetString());
        }
        await jibri.ReportAsync($"s3://{S3Rver.Bucket}/{_prefix}/abcd/{Room}.mp4", JibriPlatform.Video.Length);
        Assert.Equal(JibriPlatform.Video, await jibri.DownloadAsync(await jibri.TakenAsync($"abcd/{Room}.mp4")));
        Assert.Equal(["Sam"], await jibri.AskAsync("select p.display_name from participants p join conversations c on c.id = p.conversation_id where c.source_id = '{source}'"));

        await jibri.SweepAsync();
        await jibri.UntilIsAsync("1", "select count(*) from spool_files where source_id = '{source}' and state = 'seen'");
        await jibri.AgeAsync(TimeSpan.FromMinutes(11));
        await jibri.SweepAsync();
        Assert.Equal(JibriPlatform.Audio, await jibri.DownloadAsync(await jibri.TakenAsync($"efgh/{Room}.mp4")));
    }

    async Task<SourceSettings> SettingsAsync() => new() { S3ServiceUrl = (await server.AddressAsync()).ToString().TrimEnd('/') };

    async Task PutAsync(string key, byte[] content)
    {
        using var api = new AmazonS3Client(new BasicAWSCredentials(S3Rver.Key, S3Rver.Key), new AmazonS3Config { ServiceURL = (await server.AddressAsync()).ToString(), AuthenticationRegion = "us-east-1", ForcePathStyle = true, RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED });
        await api.PutObjectAsync(new Amazon.S3.Model.PutObjectRequest { BucketName = S3Rver.Bucket, Key = key, InputStream = new MemoryStream(content), UseChunkEncoding = false });
    }
}
