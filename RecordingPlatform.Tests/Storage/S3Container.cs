using Microsoft.Extensions.Logging.Abstractions;
using RecordingPlatform.Core.Storage;
using RecordingPlatform.Core.Storage.S3;
using RecordingPlatform.Tests.Storage.S3Stub;

namespace RecordingPlatform.Tests.Storage;

/// <summary>The stub of S3, seen through a relay, and any number of replicas on it.</summary>
sealed class S3Container : IAsyncDisposable
{
    readonly List<S3Client> opened = [];

    S3Container(S3StubServer server, Relay relay) => (Server, Relay) = (server, relay);

    public S3StubServer Server { get; }

    public Relay Relay { get; }

    public static async Task<S3Container> StartAsync()
    {
        var server = await S3StubServer.StartAsync();
        return new S3Container(server, await Relay.StartAsync(server.Address));
    }

    public S3StorageOptions Options() => new()
    {
        ServiceUrl = Relay.Address.ToString(),
        Region = S3StubServer.Region,
        AccessKey = S3StubServer.AccessKey,
        SecretKey = S3StubServer.SecretKey,
        ForcePathStyle = true,
    };

    public S3ObjectStore Open(S3StorageOptions? options = null, string bucket = S3StubServer.BucketName)
    {
        var client = new S3Client(options ?? Options());
        opened.Add(client);
        return new S3ObjectStore(client, bucket, NullLogger<S3ObjectStore>.Instance);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in opened)
            client.Dispose();
        await Relay.DisposeAsync();
        await Server.DisposeAsync();
    }
}
