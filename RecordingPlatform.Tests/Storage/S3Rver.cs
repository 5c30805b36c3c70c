using System.Runtime.Versioning;
using RecordingPlatform.Tests.Fixtures;

[assembly: AssemblyFixture(typeof(RecordingPlatform.Tests.Storage.S3Rver))]

namespace RecordingPlatform.Tests.Storage;

/// <summary>s3rver, an S3 server that somebody else wrote.</summary>
[SupportedOSPlatform("linux")]
public sealed class S3Rver() : NpmServer("RecordingPlatform.Tests/Storage/s3rver", "s3rver/bin/s3rver.js")
{
    public const string Bucket = "recordings";

    /// <summary>Both its access key and its secret key.</summary>
    public const string Key = "S3RVER";

    readonly string _folder = Path.Combine(Path.GetTempPath(), $"rp-s3rver-{Guid.CreateVersion7():N}");

    protected override string[] Arguments => ["--directory", _folder, "--address", "127.0.0.1", "--port", $"{Port}", "--silent", "--no-vhost-buckets", "--configure-bucket", Bucket];

    public async Task<Uri> AddressAsync()
    {
        await StartedAsync();
        return new Uri($"http://127.0.0.1:{Port}");
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (Directory.Exists(_folder))
            Directory.Delete(_folder, recursive: true);
    }
}
