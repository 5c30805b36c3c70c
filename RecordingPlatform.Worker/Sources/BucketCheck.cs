using System.Net;
using Amazon.Runtime;
using Amazon.S3.Model;
using RecordingPlatform.Core.Sources;

namespace RecordingPlatform.Worker.Sources;

/// <summary>Lists a bucket and reads a byte of it, and says in the administrator's words what S3 answered.</summary>
internal static class BucketCheck
{
    static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    public static async Task<IReadOnlyList<SourceFinding>> FindAsync(MediaLocation.Bucket bucket, SourceSettings settings, SourceSecrets secrets, CancellationToken ct)
    {
        if (!SourceBucket.HasKeys(secrets))
            return [Finding.Bad(SourceSubject.SignIn, "The source has no keys for its bucket, so nothing can be fetched from it. Store an access key and a secret key that may read it with the source's secrets.")];
        using var s3 = SourceBucket.Open(settings, secrets, Timeout);
        var where = settings.S3ServiceUrl is { } address ? $"the S3 at {address}" : $"Amazon S3 in {settings.S3Region ?? "us-east-1"}";
        var findings = new List<SourceFinding>();
        try
        {
            var listed = await s3.ListObjectsV2Async(new ListObjectsV2Request { BucketName = bucket.Name, Prefix = bucket.Prefix, MaxKeys = 1 }, ct);
            findings.Add(Finding.Good(SourceSubject.SignIn, $"The keys are accepted by {where}."));
            if (listed.S3Objects is not [var sample, ..])
                return [.. findings, Finding.Good(SourceSubject.Path, $"{bucket} can be listed; there is nothing in it yet. If there should be, correct the prefix.")];
            findings.Add(Finding.Good(SourceSubject.Path, $"{bucket} can be listed and holds media."));
            using var read = await s3.GetObjectAsync(new GetObjectRequest { BucketName = bucket.Name, Key = sample.Key, ByteRange = sample.Size > 0 ? new ByteRange(0, 0) : null }, ct);
            return [.. findings, Finding.Good(SourceSubject.Permission, "An object in it can be read.")];
        }
        catch (AmazonServiceException refused) when ((int)refused.StatusCode != 0)
        {
            return [.. findings, Of(refused, bucket, settings, where, findings.Count > 0)];
        }
        catch (Exception failure) when (failure is AmazonServiceException or AmazonClientException or HttpRequestException)
        {
            return [.. findings, Finding.Bad(SourceSubject.Connection, $"Nothing that speaks S3 answers at {where}. Look at s3_service_url, s3_region, and the network in between.")];
        }
    }

    static SourceFinding Of(AmazonServiceException refused, MediaLocation.Bucket bucket, SourceSettings settings, string where, bool listed)
    {
        var answer = $"(status {(int)refused.StatusCode}, {refused.ErrorCode})";
        return (refused.StatusCode, refused.ErrorCode) switch
        {
            (_, "NoSuchBucket") => Finding.Bad(SourceSubject.Path, $"There is no bucket {bucket.Name} at {where} {answer}. Correct the media location, or create the bucket."),
            (_, "InvalidAccessKeyId") => Finding.Bad(SourceSubject.SignIn, $"The access key is not known at {where} {answer}. Store the right one with the source's secrets."),
            (_, "SignatureDoesNotMatch") => Finding.Bad(SourceSubject.SignIn, $"The secret key does not belong to the access key {answer}. Store both anew with the source's secrets."),
            (_, "ExpiredToken" or "InvalidToken") => Finding.Bad(SourceSubject.SignIn, $"The keys have expired {answer}. Store new ones with the source's secrets."),
            (_, "RequestTimeTooSkewed") => Finding.Bad(SourceSubject.Clock, $"The worker's clock is off by more than 15 minutes {answer}. Set it by NTP."),
            (HttpStatusCode.MovedPermanently or HttpStatusCode.TemporaryRedirect, _) or (_, "PermanentRedirect" or "AuthorizationHeaderMalformed" or "IllegalLocationConstraintException") =>
                Finding.Bad(SourceSubject.Settings, $"The bucket {bucket.Name} lies in another region than {settings.S3Region ?? "us-east-1"} {answer}. Correct s3_region."),
            (HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized, _) => Finding.Bad(SourceSubject.Permission, listed
                ? $"The keys may list {bucket} and not read it {answer}. Give them s3:GetObject on {bucket.Name}/{bucket.Prefix}*."
                : $"The keys may not list {bucket} {answer}. Give them s3:ListBucket on the bucket and s3:GetObject on what is in it."),
            (>= HttpStatusCode.InternalServerError, _) => Finding.Bad(SourceSubject.Connection, $"{where} is not able to answer now {answer}. Try again later."),
            _ => Finding.Bad(SourceSubject.Connection, $"What answers at {where} is no S3, or does not know the request {answer}. Look at s3_service_url."),
        };
    }
}
