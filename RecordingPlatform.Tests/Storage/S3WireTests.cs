using System.Runtime.Versioning;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using RecordingPlatform.Core.Storage;
using RecordingPlatform.Core.Storage.S3;

namespace RecordingPlatform.Tests.Storage;

/// <summary>
/// The S3 provider against a server that this project did not write. s3rver has no conditional writes, no restores, lists every
/// object as hot and verifies no signature of version 4, so of the contract's tests those about taken names, races and tiers cannot
/// pass there: the stub has those, and wrong keys.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class S3WireTests(S3Rver server) : IAsyncLifetime
{
    readonly string prefix = $"wire/{Guid.CreateVersion7():n}/";
    S3Client client = null!;
    S3ObjectStore store = null!;

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        client = new S3Client(new S3StorageOptions
        {
            ServiceUrl = (await server.AddressAsync()).ToString(), AccessKey = S3Rver.Key, SecretKey = S3Rver.Key, ForcePathStyle = true,
        });
        store = new S3ObjectStore(client, S3Rver.Bucket, NullLogger<S3ObjectStore>.Instance, checksConditions: false);
    }

    public ValueTask DisposeAsync()
    {
        client.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_server_without_conditional_writes_is_refused()
    {
        var careful = new S3ObjectStore(client, S3Rver.Bucket, NullLogger<S3ObjectStore>.Instance);

        var failure = await Assert.ThrowsAsync<IOException>(() => careful.CreateAsync(prefix + "a", Ct));

        Assert.Contains("no conditional writes", failure.Message, StringComparison.Ordinal);
        Assert.False((await careful.ProbeAsync(Ct)).Writable);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(100_000)]
    [InlineData(8 * 1024 * 1024)]
    [InlineData(20_000_000)]
    public async Task What_is_put_is_what_is_read(int length)
    {
        var content = RandomNumberGenerator.GetBytes(length);

        Assert.Equal(PutOutcome.Created, await store.PutAsync(prefix + "a", content, Ct));

        Assert.Equal(content, await store.GetAsync(prefix + "a", Ct));
        Assert.Equal(content[(length / 3)..(length / 2)], await store.GetAsync(prefix + "a", Ct, length / 3, length / 2 - length / 3));
        await using var read = await store.ReadAsync(prefix + "a", length, 10, Ct);
        Assert.Equal((0, length), (Assert.IsType<ObjectRead.Found>(read).Length, ((ObjectRead.Found)read).ObjectLength));
    }

    [Fact]
    public async Task What_is_not_there_is_not_found_and_a_delete_happens_once()
    {
        await using (var read = await store.ReadAsync(prefix + "a", 0, 10, Ct))
            Assert.IsType<ObjectRead.NotFound>(read);
        Assert.Null(await store.GetTierAsync(prefix + "a", Ct));
        await store.PutAsync(prefix + "a", new byte[10], Ct);

        Assert.True(await store.DeleteAsync(prefix + "a", Ct));
        Assert.False(await store.DeleteAsync(prefix + "a", Ct));
    }

    [Fact]
    public async Task An_upload_given_up_leaves_nothing()
    {
        await using (var upload = await store.CreateAsync(prefix + "a", Ct))
            await upload.Content.WriteAsync(new byte[20_000_000], Ct);

        Assert.Empty(await ListAsync());
    }

    [Fact]
    public async Task A_listing_has_names_and_lengths()
    {
        foreach (var (index, name) in ((string[])["a", "a/b", "c/d/e", "f"]).Index())
            await store.PutAsync(prefix + name, new byte[index + 1], Ct);

        Assert.Equal(
            [(prefix + "a", 1L), (prefix + "a/b", 2L), (prefix + "c/d/e", 3L), (prefix + "f", 4L)],
            (await ListAsync()).Select(stored => (stored.Name, stored.Length)).OrderBy(stored => stored.Name, StringComparer.Ordinal));
    }

    async Task<List<StoredObject>> ListAsync()
    {
        List<StoredObject> all = [];
        await foreach (var stored in store.ListAsync(prefix, Ct))
            all.Add(stored);
        return all;
    }
}
