using Amazon;
using Amazon.Runtime;
using Amazon.S3;

namespace RecordingPlatform.Core.Storage.S3;

/// <summary>The SDK's client as our options want it, one for all buckets.</summary>
internal sealed class S3Client : IDisposable
{
    public S3Client(S3StorageOptions options)
    {
        Timeout = options.Timeout;
        RestoredDays = options.RestoredDays;
        var config = new AmazonS3Config
        {
            ForcePathStyle = options.ForcePathStyle,
            Timeout = options.Timeout,
            RetryMode = RequestRetryMode.Standard,
            MaxErrorRetry = 3,
        };
        if (options.ServiceUrl is { } address)
        {
            config.ServiceURL = address;
            config.AuthenticationRegion = options.Region ?? "us-east-1";
            // Checksums in trailers are Amazon's own; most other servers refuse or do not know them. Signatures cover the content.
            config.RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED;
            config.ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED;
        }
        else
        {
            config.RegionEndpoint = RegionEndpoint.GetBySystemName(options.Region);
        }

        Api = string.IsNullOrEmpty(options.AccessKey)
            ? new AmazonS3Client(config)
            : new AmazonS3Client(new BasicAWSCredentials(options.AccessKey, options.SecretKey), config);
    }

    public AmazonS3Client Api { get; }

    public TimeSpan Timeout { get; }

    public int RestoredDays { get; }

    public void Dispose() => Api.Dispose();
}
