using System.Net;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using RecordingPlatform.Tests.Storage.S3Stub;

namespace RecordingPlatform.Tests.Storage;

/// <summary>That the stub refuses what Amazon refuses: the SDK's own requests, altered on their way.</summary>
public sealed class S3StubTests : IAsyncLifetime
{
    readonly MovedClock clock = new();
    S3StubServer server = null!;
    Relay relay = null!;
    AmazonS3Client client = null!;

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        server = await S3StubServer.StartAsync(clock);
        relay = await Relay.StartAsync(server.Address);
        client = new AmazonS3Client(new BasicAWSCredentials(S3StubServer.AccessKey, S3StubServer.SecretKey), new AmazonS3Config
        {
            ServiceURL = relay.Address.ToString(), AuthenticationRegion = S3StubServer.Region, ForcePathStyle = true, MaxErrorRetry = 0,
            DisableClockSkewCorrection = true, RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
        });
    }

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        await relay.DisposeAsync();
        await server.DisposeAsync();
    }

    [Fact]
    public async Task An_upload_is_signed_chunk_by_chunk_and_stored_without_its_framing()
    {
        await PutAsync(new string('x', 200_000));

        Assert.Equal("STREAMING-AWS4-HMAC-SHA256-PAYLOAD", Assert.Single(relay.Seen).Headers["x-amz-content-sha256"]);
        Assert.Equal(200_000, server.Bucket.Get("a").Content.Length);
    }

    [Fact]
    public async Task A_byte_altered_in_a_chunk_is_noticed()
    {
        relay.Alter = request =>
        {
            var body = request.Content!.ReadAsByteArrayAsync().Result;
            body[body.Length / 2] ^= 1;
            request.Content = Replaced(request.Content, body);
        };

        Assert.Equal("SignatureDoesNotMatch", await RefusalAsync(() => PutAsync(new string('x', 200_000))));
    }

    [Theory]
    [InlineData("x-amz-meta-note", "altered", "SignatureDoesNotMatch")]
    [InlineData("x-amz-storage-class", "GLACIER", "AccessDenied")] // not among the signed ones
    public async Task A_header_altered_or_added_is_noticed(string name, string value, string code)
    {
        relay.Alter = request =>
        {
            request.Headers.Remove(name);
            request.Headers.Add(name, value);
        };

        Assert.Equal(code, await RefusalAsync(() => PutAsync("text")));
    }

    [Fact]
    public async Task A_path_altered_is_noticed()
    {
        await PutAsync("text");
        relay.Alter = request => request.RequestUri = new Uri($"{request.RequestUri}b");

        Assert.Equal(HttpStatusCode.Forbidden, (await Assert.ThrowsAsync<AmazonS3Exception>(() => client.GetObjectMetadataAsync(S3StubServer.BucketName, "a", Ct))).StatusCode);
    }

    [Fact]
    public async Task A_signature_that_leaves_out_the_host_is_refused()
    {
        relay.Alter = request =>
        {
            var authorization = request.Headers.GetValues("Authorization").Single();
            request.Headers.Remove("Authorization");
            request.Headers.TryAddWithoutValidation("Authorization", authorization.Replace("host;", "", StringComparison.Ordinal));
        };

        Assert.Equal("AccessDenied", await RefusalAsync(() => PutAsync("text")));
    }

    [Fact]
    public async Task A_request_without_a_signature_is_refused()
    {
        relay.Alter = request => request.Headers.Remove("Authorization");

        Assert.Equal("AccessDenied", await RefusalAsync(() => PutAsync("text")));
    }

    [Theory]
    [InlineData(20, "RequestTimeTooSkewed")]
    [InlineData(-20, "RequestTimeTooSkewed")]
    [InlineData(10, null)]
    public async Task A_clock_more_than_15_minutes_off_is_refused(int minutes, string? code)
    {
        clock.Advance(TimeSpan.FromMinutes(minutes));

        if (code is null)
            await PutAsync("text");
        else
            Assert.Equal(code, await RefusalAsync(() => PutAsync("text")));
    }

    [Fact]
    public async Task Parts_below_five_mebibytes_do_not_complete()
    {
        var id = (await client.InitiateMultipartUploadAsync(S3StubServer.BucketName, "a", Ct)).UploadId;
        List<PartETag> parts = [];
        for (var number = 1; number <= 2; number++)
        {
            var part = await client.UploadPartAsync(
                new UploadPartRequest { BucketName = S3StubServer.BucketName, Key = "a", UploadId = id, PartNumber = number, InputStream = new MemoryStream(new byte[1000]), PartSize = 1000 }, Ct);
            parts.Add(new PartETag(number, part.ETag));
        }

        Assert.Equal("EntityTooSmall", await RefusalAsync(() => client.CompleteMultipartUploadAsync(
            new CompleteMultipartUploadRequest { BucketName = S3StubServer.BucketName, Key = "a", UploadId = id, PartETags = parts }, Ct)));
    }

    [Fact]
    public async Task A_copy_that_changes_nothing_is_refused()
    {
        await PutAsync("text");

        Assert.Equal("InvalidRequest", await RefusalAsync(() => client.CopyObjectAsync(S3StubServer.BucketName, "a", S3StubServer.BucketName, "a", Ct)));
    }

    Task<PutObjectResponse> PutAsync(string text)
    {
        var put = new PutObjectRequest { BucketName = S3StubServer.BucketName, Key = "a", ContentBody = text };
        put.Metadata["note"] = "first";
        return client.PutObjectAsync(put, Ct);
    }

    static async Task<string> RefusalAsync(Func<Task> call) => (await Assert.ThrowsAsync<AmazonS3Exception>(call)).ErrorCode;

    static ByteArrayContent Replaced(HttpContent before, byte[] body)
    {
        var after = new ByteArrayContent(body);
        foreach (var (name, values) in before.Headers)
            after.Headers.TryAddWithoutValidation(name, values);
        return after;
    }
}
