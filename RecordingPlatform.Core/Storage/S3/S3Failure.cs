using System.Net;
using Amazon.Runtime;
using Amazon.S3;

namespace RecordingPlatform.Core.Storage.S3;

/// <summary>
/// Turns what the SDK throws into what the contract promises, in words for the one who has to repair it: bucket, setting, and the
/// service's own code and request id; never an address, a key or a signature.
/// </summary>
internal static class S3Failure
{
    /// <summary>The call, with every failure of the store as an <see cref="IOException"/>.</summary>
    public static async Task<T> GuardAsync<T>(string bucket, Func<Task<T>> call, CancellationToken ct)
    {
        try
        {
            return await call();
        }
        catch (AmazonServiceException refused) when ((int)refused.StatusCode != 0)
        {
            throw Of(refused, bucket);
        }
        catch (Exception failure) when (failure is AmazonServiceException or AmazonClientException or HttpRequestException)
        {
            throw new IOException(
                $"The object store's bucket '{bucket}' cannot be reached: check Storage:S3:ServiceUrl or Region and the network; without Storage:S3:AccessKey, also that the environment, a profile or this machine's role gives credentials.", failure);
        }
        catch (OperationCanceledException late) when (!ct.IsCancellationRequested)
        {
            throw new IOException($"The object store's bucket '{bucket}' did not answer in time.", late);
        }
    }

    public static bool IsMissing(AmazonS3Exception refused) => refused.StatusCode == HttpStatusCode.NotFound && refused.ErrorCode != "NoSuchBucket";

    /// <summary>A condition was not met: the name is taken, or with If-Match no longer there.</summary>
    public static bool IsUnmet(AmazonS3Exception refused) => refused.StatusCode == HttpStatusCode.PreconditionFailed;

    /// <summary>Another write or delete of the name ran at the same moment: ask, then try again.</summary>
    public static bool IsConflict(AmazonS3Exception refused) => refused.ErrorCode == "ConditionalRequestConflict";

    static IOException Of(AmazonServiceException refused, string bucket)
    {
        var store = $"The object store's bucket '{bucket}'";
        var answer = $"(status {(int)refused.StatusCode}, {refused.ErrorCode}, request {refused.RequestId})";
        return ((int)refused.StatusCode, refused.ErrorCode) switch
        {
            (507, _) or (_, "QuotaExceeded" or "XMinioStorageFull") => new ObjectStoreFullException($"{store} is full {answer}.", refused),
            (_, "InvalidAccessKeyId") => new IOException($"{store} does not know the key in Storage:S3:AccessKey {answer}.", refused),
            (_, "SignatureDoesNotMatch") => new IOException($"{store} refused the signature: Storage:S3:SecretKey does not belong to AccessKey {answer}.", refused),
            (_, "RequestTimeTooSkewed") => new IOException($"{store} refused the date: this machine's clock is off by more than 15 minutes {answer}.", refused),
            (_, "ExpiredToken" or "InvalidToken") => new IOException($"{store} refused credentials that have expired {answer}.", refused),
            (_, "NoSuchBucket") => new IOException($"{store} does not exist: create it, or correct Storage:S3:Bucket and EvidenceBucket {answer}.", refused),
            (301 or 307, _) or (_, "AuthorizationHeaderMalformed" or "PermanentRedirect") => new IOException($"{store} lies in another region: correct Storage:S3:Region {answer}.", refused),
            (501, _) => new IOException($"{store} does not implement what the platform needs: conditional writes (If-None-Match) above all {answer}.", refused),
            (401 or 403, _) => new IOException(
                $"{store} denied access: this identity needs s3:GetObject, PutObject, DeleteObject, ListBucket, AbortMultipartUpload, RestoreObject, GetObjectTagging and PutObjectTagging {answer}.", refused),
            (429 or >= 500, _) => new IOException($"{store} is not available now {answer}.", refused),
            _ => new IOException($"{store} answered unexpectedly {answer}.", refused),
        };
    }
}
