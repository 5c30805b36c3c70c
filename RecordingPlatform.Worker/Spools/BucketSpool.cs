using System.Net;
using System.Net.Http.Headers;
using Amazon;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using RecordingPlatform.Core.Sources;

namespace RecordingPlatform.Worker.Spools;

/// <summary>A spool that is the part of a bucket below a prefix, reached with the source's own keys. Nothing outside the prefix is asked for.</summary>
sealed class BucketSpool : ISpool, IDisposable
{
    const int BufferBytes = 128 * 1024;

    // Of each try of a request, and of each wait for more bytes of a read.
    static readonly TimeSpan Timeout = TimeSpan.FromMinutes(1);

    readonly MediaLocation.Bucket _location;
    readonly AmazonS3Client _api;
    readonly TimeProvider _clock;

    public BucketSpool(MediaLocation.Bucket location, SourceSettings settings, SourceSecrets secrets, TimeProvider clock)
    {
        (_location, _clock) = (location, clock);
        var config = new AmazonS3Config { Timeout = Timeout, RetryMode = RequestRetryMode.Standard, MaxErrorRetry = 2 };
        if (settings.S3ServiceUrl is { } address)
        {
            config.ServiceURL = address;
            config.AuthenticationRegion = settings.S3Region ?? "us-east-1";
            config.ForcePathStyle = true;
            // Checksums in trailers are Amazon's own; most other servers do not know them.
            config.ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED;
        }
        else
        {
            config.RegionEndpoint = RegionEndpoint.GetBySystemName(settings.S3Region ?? "us-east-1");
        }
        // The platform's own rights are for its own buckets: a source reads with the source's keys or not at all.
        if (!SourceBucket.HasKeys(secrets))
            throw new SpoolException(SpoolFault.Settings, "The source has no keys for its bucket. Store an access key and a secret key that may read it with the source's secrets.");
        _api = new AmazonS3Client(new BasicAWSCredentials(secrets.S3AccessKey, secrets.S3SecretKey), config);
    }

    public void Dispose() => _api.Dispose();

    public Task<IReadOnlyList<SpoolEntry>> ListAsync(string folder, CancellationToken ct) => AskAsync<IReadOnlyList<SpoolEntry>>(async () =>
    {
        var prefix = folder.Length == 0 ? _location.Prefix : $"{At(folder)}/";
        var entries = new List<SpoolEntry>();
        var list = new ListObjectsV2Request { BucketName = _location.Name, Prefix = prefix, Delimiter = "/" };
        ListObjectsV2Response page;
        do
        {
            page = await _api.ListObjectsV2Async(list, ct);
            entries.AddRange((page.CommonPrefixes ?? []).Select(p => new SpoolEntry(p[prefix.Length..].TrimEnd('/'), SpoolKind.Other, 0, DateTimeOffset.UnixEpoch)));
            // An object of the prefix itself is how some tools make a folder.
            entries.AddRange((page.S3Objects ?? []).Where(o => o.Key.Length > prefix.Length).Select(o => new SpoolEntry(o.Key[prefix.Length..], SpoolKind.File, o.Size ?? 0, TimeOf(o.LastModified))));
            list.ContinuationToken = page.NextContinuationToken;
        }
        while (page.IsTruncated is true);
        return entries;
    }, ct);

    public Task<SpoolStat?> StatAsync(string path, CancellationToken ct) => AskAsync<SpoolStat?>(async () =>
    {
        try
        {
            var found = await _api.GetObjectMetadataAsync(new GetObjectMetadataRequest { BucketName = _location.Name, Key = At(path) }, ct);
            return new SpoolStat(found.ContentLength, TimeOf(found.LastModified));
        }
        catch (AmazonS3Exception missing) when (missing.StatusCode == HttpStatusCode.NotFound && missing.ErrorCode != "NoSuchBucket")
        {
            return null;
        }
    }, ct);

    public Task<SpoolStat> ReadAsync(string path, long offset, long end, SpoolSink sink, CancellationToken ct) => AskAsync(async () =>
    {
        using var answer = await _api.GetObjectAsync(new GetObjectRequest { BucketName = _location.Name, Key = At(path), ByteRange = new ByteRange($"bytes={offset}-{end - 1}") }, ct);
        if (!ContentRangeHeaderValue.TryParse(answer.ContentRange, out var range) || range is not { From: { } from, Length: { } whole } || from != offset)
            throw new SpoolException(SpoolFault.Unreachable, "The bucket's server answered another range than it was asked for. Look at what stands between it and the worker.");
        var buffer = new byte[BufferBytes];
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(ct);
        while (offset < end)
        {
            using var waits = _clock.CreateTimer(_ => silence.Cancel(), null, Timeout, System.Threading.Timeout.InfiniteTimeSpan);
            var read = await answer.ResponseStream.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, end - offset)), silence.Token);
            if (read == 0)
                break;
            await sink(buffer.AsMemory(0, read), ct);
            offset += read;
        }
        return new SpoolStat(whole, TimeOf(answer.LastModified));
    }, ct);

    string At(string path) => path.Split('/').Any(part => part is "" or "." or "..")
        ? throw new SpoolException(SpoolFault.NotAFile, "A path of the source leads out of its bucket's prefix, and was not read.")
        : _location.Prefix + path;

    // S3 has whole seconds.
    static DateTimeOffset TimeOf(DateTime? at) => at is { } time ? SpoolStat.Rounded(new DateTimeOffset(time.ToUniversalTime())) : DateTimeOffset.UnixEpoch;

    static async Task<T> AskAsync<T>(Func<Task<T>> askAsync, CancellationToken ct)
    {
        try
        {
            return await askAsync();
        }
        catch (AmazonS3Exception e) when ((int)e.StatusCode != 0)
        {
            throw Of(e);
        }
        catch (OperationCanceledException e) when (!ct.IsCancellationRequested)
        {
            throw new SpoolException(SpoolFault.Unreachable, "The bucket's server did not answer in time. Look at the network and at the source's S3 address.", e);
        }
        catch (Exception e) when (e is AmazonServiceException or AmazonClientException or HttpRequestException or IOException)
        {
            throw new SpoolException(SpoolFault.Unreachable, "The bucket's server cannot be reached, or the connection broke. Look at the network and at the source's S3 address and region.", e);
        }
    }

    static SpoolException Of(AmazonS3Exception e) => ((int)e.StatusCode, e.ErrorCode) switch
    {
        (_, "InvalidAccessKeyId" or "SignatureDoesNotMatch" or "ExpiredToken" or "InvalidToken") => new(SpoolFault.Settings, $"The bucket's server does not accept the source's keys ({e.ErrorCode}). Store them anew with the source's secrets.", e),
        (_, "NoSuchBucket") => new(SpoolFault.Settings, "There is no such bucket. Correct the source's media location.", e),
        (_, "RequestTimeTooSkewed") => new(SpoolFault.Settings, "The bucket's server refuses the date: the clock of this worker is off by more than 15 minutes.", e),
        (301 or 307, _) or (_, "AuthorizationHeaderMalformed" or "PermanentRedirect") => new(SpoolFault.Settings, "The bucket lies in another region. Correct the source's S3 region.", e),
        (_, "InvalidObjectState") => new(SpoolFault.Denied, "The recording is archived in its bucket. Restore it there; it is fetched then.", e),
        (404, _) => new(SpoolFault.Missing, "The recording is no longer where it was seen.", e),
        (401 or 403, _) => new(SpoolFault.Denied, "The source's keys may not read the bucket. They need s3:GetObject and s3:ListBucket below its prefix.", e),
        _ => new(SpoolFault.Unreachable, $"The bucket's server does not give the recording now (status {(int)e.StatusCode}). It is tried again.", e),
    };
}
