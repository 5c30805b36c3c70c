using Amazon.S3;
using RecordingPlatform.Core.Storage;
using RecordingPlatform.Core.Storage.S3;

namespace RecordingPlatform.Core.Sources;

/// <summary>Reaches the bucket in which a source leaves its media; nothing to do with the platform's own store.</summary>
public static class SourceBucket
{
    /// <summary>A source is read with its own keys or not at all: what the machine may is the platform's.</summary>
    public static bool HasKeys(SourceSecrets secrets) => secrets is { S3AccessKey.Length: > 0, S3SecretKey.Length: > 0 };

    /// <summary>A client for the caller to dispose.</summary>
    /// <param name="settings">Region, and the address of an S3 that is not Amazon's.</param>
    /// <param name="secrets">The keys.</param>
    /// <param name="timeout">Of each try of a request.</param>
    /// <exception cref="ArgumentException">There are no keys: the SDK would look for some in the environment, the profile and the machine's role.</exception>
    public static IAmazonS3 Open(SourceSettings settings, SourceSecrets secrets, TimeSpan timeout)
    {
        if (!HasKeys(secrets))
            throw new ArgumentException("The source has no keys for its bucket.", nameof(secrets));
        return new S3Client(new S3StorageOptions
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
}
