using Amazon.S3;
using RecordingPlatform.Core.Storage;
using RecordingPlatform.Core.Storage.S3;

namespace RecordingPlatform.Core.Sources;

/// <summary>Reaches the bucket in which a source leaves its media; nothing to do with the platform's own store.</summary>
public static class SourceBucket
{
    /// <summary>A client for the caller to dispose. Without keys the SDK looks where it always does: environment, profile, role.</summary>
    /// <param name="settings">Region, and the address of an S3 that is not Amazon's.</param>
    /// <param name="secrets">The keys.</param>
    /// <param name="timeout">Of each try of a request.</param>
    public static IAmazonS3 Open(SourceSettings settings, SourceSecrets secrets, TimeSpan timeout) => new S3Client(new S3StorageOptions
    {
        ServiceUrl = settings.S3ServiceUrl,
        Region = settings.S3Region ?? "us-east-1",
        AccessKey = secrets.S3AccessKey,
        SecretKey = secrets.S3SecretKey,
        // Names of buckets in the host's name are Amazon's own.
        ForcePathStyle = settings.S3ServiceUrl is not null,
        Timeout = timeout,
    }).Api;
}
