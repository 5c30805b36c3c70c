using System.Runtime.Versioning;
using System.Text;
using RecordingPlatform.Core.Keys;

namespace RecordingPlatform.Tests.Keys;

[SupportedOSPlatform("linux")] // permission bits
public sealed class LocalKekTests : IDisposable
{
    const string Passphrase = "correct horse battery";
    readonly KekFolder _folder = new();

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_new_file_is_readable_by_its_owner_alone()
    {
        using var kek = await LocalKek.CreateAsync(_folder.FilePath, TimeProvider.System, Ct);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_folder.FilePath));
        await kek.AddVersionAsync(Ct);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_folder.FilePath));
        Assert.Equal([_folder.FilePath], Directory.GetFiles(_folder.Folder));
    }

    [Theory]
    [InlineData(UnixFileMode.GroupRead)]
    [InlineData(UnixFileMode.OtherRead)]
    [InlineData(UnixFileMode.GroupWrite)]
    [InlineData(UnixFileMode.OtherExecute)]
    public async Task A_file_that_others_may_touch_is_refused_even_while_it_is_served(UnixFileMode looser)
    {
        var kek = await _folder.KekAsync();
        var version = kek.Newest;
        kek.Resolve(version.Id, Ct);
        File.SetUnixFileMode(_folder.FilePath, UnixFileMode.UserRead | UnixFileMode.UserWrite | looser);
        var refused = Assert.Throws<KekDeniedException>(() => kek.Resolve(version.Id, Ct));
        Assert.Contains(_folder.FilePath, refused.Message, StringComparison.Ordinal);
        Assert.Contains("0600", refused.Message, StringComparison.Ordinal);
        File.SetUnixFileMode(_folder.FilePath, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Assert.Equal(version.Id, kek.Resolve(version.Id, Ct).KeyId);
    }

    [Fact]
    public async Task No_weaker_algorithm_is_served()
    {
        var kek = await _folder.KekAsync();
        var key = kek.Resolve(kek.Newest.Id, Ct);
        Assert.Throws<NotSupportedException>(() => key.WrapKey("RSA1_5", new byte[32], Ct));
        Assert.Throws<NotSupportedException>(() => key.UnwrapKey("RSA-OAEP", new byte[384], Ct));
    }

    [Fact]
    public async Task A_missing_file_is_an_outage_that_names_the_file()
    {
        var kek = await _folder.KekAsync();
        var version = kek.Newest;
        File.Delete(_folder.FilePath);
        var away = Assert.Throws<KekOutageException>(() => kek.Resolve(version.Id, Ct));
        Assert.Contains(_folder.FilePath, away.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("""{"format":"recording-platform-kek/2","keys":[]}""")]
    [InlineData("""{"format":"recording-platform-kek/1","keys":[]}""")]
    [InlineData("""{"format":"recording-platform-kek/1","keys":[{"id":"local:0","created_at":"2026-01-31T09:00:00Z","private_key":"AAAA"}]}""")]
    public async Task A_damaged_file_says_so(string content)
    {
        await _folder.WriteAsync(Encoding.UTF8.GetBytes(content));
        var kek = await _folder.KekAsync();
        var damaged = Assert.Throws<LocalKekException>(() => kek.Newest);
        Assert.Equal(LocalKekFault.Malformed, damaged.Fault);
        Assert.Contains(_folder.FilePath, damaged.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_under_another_ones_id_is_refused()
    {
        var kek = await _folder.KekAsync(versions: 2);
        var (first, second) = (kek.Versions[0].Id, kek.Versions[1].Id);
        var swapped = (await File.ReadAllTextAsync(_folder.FilePath, Ct)).Replace(first, "?", StringComparison.Ordinal).Replace(second, first, StringComparison.Ordinal).Replace("?", second, StringComparison.Ordinal);
        await _folder.WriteAsync(Encoding.UTF8.GetBytes(swapped));
        var refused = Assert.Throws<LocalKekException>(() => kek.Newest);
        Assert.Contains("not the key of that id", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_existing_file_is_never_overwritten_by_a_new_one()
    {
        var kek = await _folder.KekAsync();
        var before = await File.ReadAllBytesAsync(_folder.FilePath, Ct);
        var refused = await Assert.ThrowsAsync<LocalKekException>(() => LocalKek.CreateAsync(_folder.FilePath, TimeProvider.System, Ct));
        Assert.Equal(LocalKekFault.Exists, refused.Fault);
        Assert.Equal(before, await File.ReadAllBytesAsync(_folder.FilePath, Ct));
        Assert.Single(kek.Versions);
    }

    [Fact]
    public async Task A_version_added_by_one_process_is_seen_by_another_that_is_running()
    {
        var served = await _folder.KekAsync();
        var first = served.Newest;
        using var elsewhere = new LocalKek(_folder.FilePath, TimeProvider.System);
        var added = await elsewhere.AddVersionAsync(Ct);
        Assert.Equal(added.Id, served.Resolve(added.Id, Ct).KeyId);
        Assert.Equal(first.Id, served.Resolve(first.Id, Ct).KeyId);
        Assert.Equal(added.Id, served.Newest.Id);
    }

    [Fact]
    public async Task What_was_exported_imports_into_a_file_that_opens_the_same_wraps()
    {
        var kek = await _folder.KekAsync(versions: 2);
        var wrapped = kek.Resolve(kek.Versions[0].Id, Ct).WrapKey(KekPayload.Algorithm, new byte[32], Ct);
        var export = kek.Export(Passphrase);
        using var other = new KekFolder();
        using var imported = await LocalKek.ImportAsync(other.FilePath, export, Passphrase, TimeProvider.System, Ct);
        Assert.Equal(kek.Versions.Select(v => v.Id), imported.Versions.Select(v => v.Id));
        Assert.Equal(new byte[32], imported.Resolve(kek.Versions[0].Id, Ct).UnwrapKey(KekPayload.Algorithm, wrapped, Ct));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(other.FilePath));
    }

    [Fact]
    public async Task An_import_adds_what_is_lacking_and_keeps_what_is_there()
    {
        var kek = await _folder.KekAsync(versions: 2);
        using var other = new KekFolder();
        using var fresh = await LocalKek.CreateAsync(other.FilePath, TimeProvider.System, Ct);
        var own = fresh.Newest.Id;
        using var both = await LocalKek.ImportAsync(other.FilePath, kek.Export(Passphrase), Passphrase, TimeProvider.System, Ct);
        Assert.Equal([.. kek.Versions.Select(v => v.Id), own], both.Versions.Select(v => v.Id));
        using var again = await LocalKek.ImportAsync(other.FilePath, kek.Export(Passphrase), Passphrase, TimeProvider.System, Ct);
        Assert.Equal(3, again.Versions.Count);
    }

    [Fact]
    public async Task An_export_opens_with_its_own_passphrase_only()
    {
        var export = (await _folder.KekAsync()).Export(Passphrase);
        using var other = new KekFolder();
        var refused = await Assert.ThrowsAsync<LocalKekException>(() => LocalKek.ImportAsync(other.FilePath, export, "another passphrase", TimeProvider.System, Ct));
        Assert.Equal(LocalKekFault.Passphrase, refused.Fault);
        Assert.False(File.Exists(other.FilePath));
    }

    [Fact]
    public async Task An_export_needs_a_passphrase_of_some_length()
    {
        var kek = await _folder.KekAsync();
        Assert.Equal(LocalKekFault.Passphrase, Assert.Throws<LocalKekException>(() => kek.Export("short")).Fault);
    }

    [Fact]
    public async Task An_export_whose_keys_were_relabelled_is_refused()
    {
        var kek = await _folder.KekAsync();
        var changed = kek.Export(Passphrase).Replace(kek.Newest.Id, "local:00000000000000000000000000000000", StringComparison.Ordinal);
        using var other = new KekFolder();
        await Assert.ThrowsAsync<LocalKekException>(() => LocalKek.ImportAsync(other.FilePath, changed, Passphrase, TimeProvider.System, Ct));
        Assert.False(File.Exists(other.FilePath));
    }

    public void Dispose() => _folder.Dispose();
}
