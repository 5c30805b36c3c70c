using System.Runtime.Versioning;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using RecordingPlatform.Core.Storage;

namespace RecordingPlatform.Tests.Storage;

[SupportedOSPlatform("linux")]
public sealed class ObjectStoreRegistrationTests
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
    [InlineData("azure", "Storage:Provider is 'azure', which this build does not contain; it contains disk.")]
    [InlineData("s3", "Storage:Provider is 's3', which this build does not contain; it contains disk.")]
    public async Task A_provider_that_is_not_there_is_named(string provider, string error) =>
        Assert.Equal([error], await FailuresAsync(("Storage:Provider", provider)));

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
