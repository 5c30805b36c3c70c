using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Keys;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Keys;

public sealed class KeySetupTests(PostgresCluster cluster)
{
    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_first_migrate_makes_the_KEK_and_the_first_keys_and_the_second_makes_nothing()
    {
        using var folder = new KekFolder();
        await using var source = DatabaseSetup.BuildDataSource((await cluster.CreateDatabaseAsync()).Owner);
        using var kek = new LocalKek(folder.FilePath, TimeProvider.System);
        Assert.Equal(new KeysReady(MadeKek: true, MadeKeys: 3), await EnsureAsync(source, kek));
        var file = await File.ReadAllBytesAsync(folder.FilePath, Ct);
        Assert.Equal(new KeysReady(MadeKek: false, MadeKeys: 0), await EnsureAsync(source, kek));
        Assert.Equal(file, await File.ReadAllBytesAsync(folder.FilePath, Ct));
        Assert.Equal("1 1 2", await CountsAsync(source));
    }

    [Fact]
    public async Task Two_migrates_at_once_make_one_set_of_keys()
    {
        using var folder = new KekFolder();
        var database = await cluster.CreateDatabaseAsync();
        await using var source = DatabaseSetup.BuildDataSource(database.Owner);
        using var kek = new LocalKek(folder.FilePath, TimeProvider.System);
        using var other = new LocalKek(folder.FilePath, TimeProvider.System);
        var done = await Task.WhenAll(EnsureAsync(source, kek), EnsureAsync(source, other));
        Assert.Single(done, d => d.MadeKek);
        Assert.Equal("1 1 2", await CountsAsync(source));
    }

    [Fact]
    public async Task A_file_that_is_already_there_is_taken_into_use()
    {
        using var folder = new KekFolder();
        var kek = await folder.KekAsync();
        await using var source = DatabaseSetup.BuildDataSource((await cluster.CreateDatabaseAsync()).Owner);
        Assert.Equal(new KeysReady(MadeKek: false, MadeKeys: 3), await EnsureAsync(source, kek));
        Assert.Equal("1 1 2", await CountsAsync(source));
    }

    [Fact]
    public async Task A_lost_file_is_named_and_never_replaced()
    {
        await using var rig = await KeyRig.StartAsync(cluster);
        var version = rig.Kek.Newest.Id;
        File.Delete(rig.Folder.FilePath);
        var lost = await Assert.ThrowsAsync<LocalKekException>(() => EnsureAsync(rig.Owner, rig.Kek));
        Assert.Contains(rig.Folder.FilePath, lost.Message, StringComparison.Ordinal);
        Assert.Contains(version, lost.Message, StringComparison.Ordinal);
        Assert.Contains("import", lost.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(rig.Folder.FilePath));
    }

    [Fact]
    public async Task Another_installations_file_is_refused_by_the_version_it_lacks()
    {
        await using var rig = await KeyRig.StartAsync(cluster);
        using var foreign = new KekFolder();
        using var kek = await LocalKek.CreateAsync(foreign.FilePath, TimeProvider.System, Ct);
        var refused = await Assert.ThrowsAsync<LocalKekException>(() => EnsureAsync(rig.Owner, kek));
        Assert.Contains(rig.Kek.Newest.Id, refused.Message, StringComparison.Ordinal);
        Assert.Contains(foreign.FilePath, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_whose_keys_are_a_vaults_says_so()
    {
        await using var rig = await KeyRig.StartAsync(cluster);
        await rig.ExecuteAsync("update kek_versions set provider = 'key_vault'");
        var refused = await Assert.ThrowsAsync<LocalKekException>(() => EnsureAsync(rig.Owner, rig.Kek));
        Assert.Contains("ConnectionStrings__vault", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_public_key_that_is_not_the_files_is_reported()
    {
        await using var rig = await KeyRig.StartAsync(cluster);
        await rig.ExecuteAsync("update kek_versions set public_key = '\\x00'");
        var refused = await Assert.ThrowsAsync<LocalKekException>(() => EnsureAsync(rig.Owner, rig.Kek));
        Assert.Contains("kek_versions", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_migrate_between_adding_a_version_and_rotating_leaves_the_version_in_force()
    {
        await using var rig = await KeyRig.StartAsync(cluster);
        var inForce = rig.Kek.Newest.Id;
        await rig.Kek.AddVersionAsync(Ct);
        Assert.Equal(new KeysReady(MadeKek: false, MadeKeys: 0), await EnsureAsync(rig.Owner, rig.Kek));
        Assert.Equal(inForce, await rig.ScalarAsync<string>("select string_agg(id, ' ') from kek_versions"));
    }

    [Fact]
    public async Task A_database_that_was_never_set_up_says_what_to_run()
    {
        var database = await cluster.CreateDatabaseAsync();
        using var folder = new KekFolder();
        await using var source = DatabaseSetup.BuildDataSource(database.App);
        using var keys = new EnvelopeKeys(source, await folder.KekAsync(), TimeProvider.System, NullLogger<EnvelopeKeys>.Instance);
        var missing = await Assert.ThrowsAsync<KeysNotSetUpException>(() => keys.SigningKeyAsync(ServiceKeyPurpose.Ticket, Ct));
        Assert.Contains("worker migrate", missing.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Production", null, false)]
    [InlineData("Production", "false", false)]
    [InlineData("Production", "true", true)]
    [InlineData("Development", null, true)]
    public void The_embedded_KEK_serves_in_Production_only_when_told_to(string environment, string? allow, bool serves)
    {
        using var host = HostOf(environment, ("Keys:LocalFile", "kek.json"), ("Keys:AllowLocalInProduction", allow));
        var refused = Record.Exception(() => host.Services.GetRequiredService<EnvelopeKeys>());
        if (serves)
            Assert.Null(refused);
        else
            Assert.Contains("Keys:AllowLocalInProduction", Assert.IsType<OptionsValidationException>(refused).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Everything_wrong_with_the_settings_is_told_at_once_when_the_host_starts()
    {
        using var host = HostOf("Production", ("ConnectionStrings:vault", "https://vault.example"));
        var refused = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(Ct));
        Assert.Equal(3, refused.Failures.Count());
        foreach (var key in (string[])["ConnectionStrings:vault", "Keys:LocalFile", "Keys:AllowLocalInProduction"])
            Assert.Contains(key, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_probes_the_KEK_as_soon_as_it_runs()
    {
        await using var rig = await KeyRig.StartAsync(cluster);
        using var host = HostOf("Development", ("Keys:LocalFile", rig.Folder.FilePath), ("app", rig.Database.App));
        await host.StartAsync(Ct);
        var keys = host.Services.GetRequiredService<EnvelopeKeys>();
        await Until.TrueAsync(() => Task.FromResult(keys.Health.Condition is KekCondition.Answering), TimeSpan.FromSeconds(20), "the KEK is probed");
        await host.StopAsync(Ct);
    }

    static IHost HostOf(string environment, params (string Key, string? Value)[] settings)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { EnvironmentName = environment });
        builder.Configuration.AddInMemoryCollection(settings.ToDictionary(s => s.Key, s => s.Value));
        builder.Services.AddRecordingDb(builder.Configuration["app"] ?? "Host=127.0.0.1");
        builder.Services.AddEnvelopeKeys(builder.Configuration);
        return builder.Build();
    }

    static Task<KeysReady> EnsureAsync(NpgsqlDataSource source, LocalKek kek) => KeySetup.EnsureAsync(source, kek, TimeProvider.System, NullLogger.Instance, Ct);

    static async Task<string> CountsAsync(NpgsqlDataSource source)
    {
        await using var command = source.CreateCommand("select concat_ws(' ', (select count(*) from kek_versions), (select count(*) from master_keys), (select count(*) from service_keys))");
        return (string)(await command.ExecuteScalarAsync(Ct))!;
    }
}
