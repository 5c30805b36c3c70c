using System.Runtime.Versioning;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using RecordingPlatform.Core.Storage;
using RecordingPlatform.Core.Storage.Azure;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Storage;

[SupportedOSPlatform("linux")]
public sealed class ObjectStoreRegistrationTests(Azurite azurite)
{
    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_container_is_a_store_of_its_own_in_the_configured_folder()
    {
        using var container = new DiskContainer();
        using var host = await StartAsync(("Storage:Disk:Path", container.Options.Path));

        var recordings = host.Services.GetRequiredService<IObjectStore>();
        var evidence = host.Services.GetRequiredKeyedService<IObjectStore>(StoreContainer.Evidence);

        Assert.Same(recordings, host.Services.GetRequiredKeyedService<IObjectStore>(StoreContainer.Recordings));
        Assert.Equal(("disk", "recordings"), (recordings.Provider, recordings.Container));
        Assert.Equal(("disk", "evidence"), (evidence.Provider, evidence.Container));
        await using (var upload = await recordings.CreateAsync("a", Ct))
            await upload.CommitAsync(Ct);
        Assert.NotNull(await recordings.GetTierAsync("a", Ct));
        Assert.Null(await evidence.GetTierAsync("a", Ct));
        Assert.Equal(["recordings"], Directory.GetDirectories(container.Options.Path).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_wrong_section_stops_the_start_with_every_error_naming_its_key()
    {
        var failures = await FailuresAsync(
            ("Storage:Disk:Path", "relative/folder"),
            ("Storage:Disk:RestoreDelay", "-00:00:01"),
            ("Storage:Disk:SweepAfter", "00:00:01"),
            ("Storage:Container", "Not A Container"),
            ("Storage:EvidenceContainer", "x"));

        Assert.Equal(
            [
                "Storage:Container is 'Not A Container'", "Storage:Disk:Path is 'relative/folder'", "Storage:Disk:RestoreDelay is -00:00:01",
                "Storage:Disk:SweepAfter is 00:00:01", "Storage:EvidenceContainer is 'x'",
            ],
            failures.Select(failure => failure.Split(';')[0]).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_disk_provider_needs_a_path() =>
        Assert.StartsWith("Storage:Disk:Path is missing", Assert.Single(await FailuresAsync()), StringComparison.Ordinal);

    [Fact]
    public async Task Evidence_lies_elsewhere_than_recordings() =>
        Assert.StartsWith(
            "Storage:EvidenceContainer is 'same', as is Storage:Container",
            Assert.Single(await FailuresAsync(("Storage:Disk:Path", "/data"), ("Storage:Container", "same"), ("Storage:EvidenceContainer", "same"))),
            StringComparison.Ordinal);

    [Theory]
    [InlineData("ftp", "Storage:Provider is 'ftp'; it must be disk, azure or s3.")]
    [InlineData("Disk", "Storage:Provider is 'Disk'; it must be disk, azure or s3.")]
    public async Task A_provider_that_is_not_there_is_named(string provider, string error) =>
        Assert.Equal([error], await FailuresAsync(("Storage:Provider", provider)));

    [Theory]
    [InlineData(null, "is missing; it must be the URL")]
    [InlineData("nonsense", "has no AccountName")]
    [InlineData("AccountName=a", "has no AccountKey; without one, give the URL")]
    [InlineData("AccountName=a;AccountKey=se cret", "has an AccountKey that is not base64")]
    [InlineData("AccountName=a;AccountKey=c2VjcmV0;BlobEndpoint=ftp://x", "has a BlobEndpoint that is not an http or https URL")]
    [InlineData("http://a.blob.core.windows.net", "is an http URL; Entra ID's tokens travel by https only")]
    [InlineData("https://a.blob.core.windows.net/?sv=secret", "shared access signatures are not supported")]
    public async Task A_wrong_blob_connection_is_explained_without_showing_it(string? connection, string words)
    {
        var failures = await FailuresAsync(("Storage:Provider", "azure"), ("ConnectionStrings:blobs", connection!), ("Storage:Azure:Timeout", "00:00:00"));

        Assert.Equal(2, failures.Count());
        Assert.StartsWith("ConnectionStrings:blobs", failures.First(), StringComparison.Ordinal);
        Assert.Contains(words, failures.First(), StringComparison.Ordinal);
        Assert.StartsWith("Storage:Azure:Timeout is 00:00:00", failures.Last(), StringComparison.Ordinal);
        Assert.DoesNotContain(failures, failure => failure.Contains("secret", StringComparison.Ordinal) || failure.Contains("se cret", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_wrong_s3_section_is_explained_whole()
    {
        var failures = await FailuresAsync(
            ("Storage:Provider", "s3"), ("Storage:S3:AccessKey", "a"), ("Storage:S3:Timeout", "00:00:00"), ("Storage:S3:RestoredDays", "0"),
            ("Storage:S3:Bucket", "same"), ("Storage:S3:EvidenceBucket", "same"));

        Assert.Equal(
            [
                "Storage:S3:EvidenceBucket is 'same', as is Storage:S3:Bucket", "Storage:S3:Region is missing", "Storage:S3:RestoredDays is 0",
                "Storage:S3:SecretKey is missing", "Storage:S3:Timeout is 00:00:00",
            ],
            failures.Select(failure => failure.Split(';')[0]).Order(StringComparer.Ordinal));
        Assert.StartsWith(
            "Storage:S3:ServiceUrl is 'minio:9000'", Assert.Single(await FailuresAsync(("Storage:Provider", "s3"), ("Storage:S3:ServiceUrl", "minio:9000"))), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_on_azure_creates_both_containers_when_it_starts()
    {
        var (container, evidence) = ($"c{Guid.CreateVersion7():n}", $"e{Guid.CreateVersion7():n}");
        using var host = await StartAsync(
            ("Storage:Provider", "azure"), ("ConnectionStrings:blobs", await azurite.ConnectionStringAsync()),
            ("Storage:Azure:Container", container), ("Storage:Azure:EvidenceContainer", evidence));

        var stores = new[] { host.Services.GetRequiredService<IObjectStore>(), host.Services.GetRequiredKeyedService<IObjectStore>(StoreContainer.Evidence) };

        Assert.Equal([("azure", container), ("azure", evidence)], stores.Select(store => (store.Provider, store.Container)));
        // A container that is missing is a failure, and not a name that is.
        foreach (var store in stores)
            Assert.Null(await store.GetTierAsync("a", Ct));
        foreach (var store in stores)
            Assert.Empty(await store.ListAsync("", Ct).ToListAsync(Ct));
    }

    [Fact]
    public async Task A_store_that_is_away_does_not_keep_a_host_from_starting()
    {
        using var host = await StartAsync(
            ("Storage:Provider", "azure"),
            ("ConnectionStrings:blobs", $"AccountName=a;AccountKey=c2VjcmV0;BlobEndpoint=http://127.0.0.1:{Ports.Free()}/a"));

        Assert.False((await host.Services.GetRequiredService<IObjectStore>().ProbeAsync(Ct)).Writable);
    }

    [Theory]
    [InlineData("https://account.blob.core.windows.net/", "https://account.blob.core.windows.net/", null)]
    [InlineData("Endpoint=https://account.blob.core.windows.net/", "https://account.blob.core.windows.net/", null)]
    [InlineData("DefaultEndpointsProtocol=https;AccountName=account;AccountKey=c2VjcmV0;EndpointSuffix=core.windows.net", "https://account.blob.core.windows.net/", "account")]
    [InlineData("AccountName=account;AccountKey=c2VjcmU=", "https://account.blob.core.windows.net/", "account")]
    [InlineData("AccountName=dev;AccountKey=c2VjcmV0;BlobEndpoint=http://127.0.0.1:10000/dev;", "http://127.0.0.1:10000/dev", "dev")]
    public void A_blob_connection_is_read_as_azure_and_aspire_write_it(string text, string endpoint, string? account)
    {
        Assert.True(BlobConnection.TryParse(text, out var connection, out _));

        Assert.Equal((new Uri(endpoint), account, account is not null), (connection.Endpoint, connection.Account, connection.AccountKey is not null));
    }

    [Fact]
    public async Task A_host_on_s3_has_its_buckets()
    {
        using var host = await StartAsync(
            ("Storage:Provider", "s3"), ("Storage:S3:Region", "eu-central-1"), ("Storage:S3:Bucket", "ours-recordings"), ("Storage:S3:AccessKey", "a"), ("Storage:S3:SecretKey", "b"));

        Assert.Equal("ours-recordings", host.Services.GetRequiredService<IObjectStore>().Container);
        Assert.Equal("evidence", host.Services.GetRequiredKeyedService<IObjectStore>(StoreContainer.Evidence).Container);
    }

    [Theory]
    [InlineData("abc")]
    [InlineData("a-b-3")]
    public async Task A_container_is_named_as_the_clouds_allow(string name)
    {
        using var host = await StartAsync(("Storage:Disk:Path", "/data"), ("Storage:Container", name));
        Assert.Equal(name, host.Services.GetRequiredService<IObjectStore>().Container);
    }

    [Theory]
    [InlineData("ab")]
    [InlineData("-abc")]
    [InlineData("a--b")]
    [InlineData("abc-")]
    [InlineData("../up")]
    [InlineData("abc\n")]
    public async Task A_container_name_that_some_cloud_refuses_is_refused_everywhere(string name) =>
        Assert.StartsWith("Storage:Container is", Assert.Single(await FailuresAsync(("Storage:Disk:Path", "/data"), ("Storage:Container", name))), StringComparison.Ordinal);

    static async Task<IEnumerable<string>> FailuresAsync(params (string Key, string Value)[] settings) =>
        (await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync(settings))).Failures;

    static async Task<IHost> StartAsync(params (string Key, string Value)[] settings)
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration.AddInMemoryCollection(settings.ToDictionary(setting => setting.Key, string? (setting) => setting.Value));
        builder.Services.AddObjectStore(builder.Configuration);
        var host = builder.Build();
        await host.StartAsync(Ct);
        return host;
    }
}
