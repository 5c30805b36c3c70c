using System.Security.Cryptography;
using RecordingPlatform.Core.Sources;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Sources;

/// <summary>Keys against OpenSSH's own program: what it makes is read, and what is made here it reads.</summary>
public sealed class SshPrivateKeyTests : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("rp-keys-").FullName;

    [Fact]
    public async Task A_key_made_here_is_one_to_ssh()
    {
        var made = SshPrivateKey.Create();
        Assert.Equal(made.PublicKey, await PublicAsync(made.Text));
        Assert.True(SshPrivateKey.TryRead(made.Text, out var read, out _));
        Assert.Equal(made.PublicKey, read.PublicKey);
    }

    [Theory]
    [InlineData("ed25519")]
    [InlineData("ecdsa")]
    [InlineData("ecdsa", "-b", "521")]
    [InlineData("rsa", "-b", "2048")]
    [InlineData("rsa", "-b", "2048", "-m", "PEM")]
    [InlineData("rsa", "-b", "2048", "-m", "PKCS8")]
    [InlineData("ecdsa", "-m", "PEM")]
    [InlineData("ecdsa", "-b", "384", "-m", "PKCS8")]
    public async Task A_key_of_ssh_keygen_is_read_with_its_public_line(string type, params string[] how)
    {
        var text = await MakeAsync(["-t", type, .. how]);
        // As a browser's text area sends it.
        Assert.True(SshPrivateKey.TryRead("  " + text.ReplaceLineEndings("\r\n"), out var key, out var problem), problem);
        Assert.Equal(await PublicAsync(key.Text), key.PublicKey);
        Assert.Equal(key.PublicKey, SshPublicKey.Normalize($"{key.PublicKey} a comment"));
    }

    [Theory]
    [InlineData("passphrase", "-t", "ed25519", "-N", "secret")]
    [InlineData("passphrase", "-t", "rsa", "-b", "2048", "-m", "PEM", "-N", "secret")]
    [InlineData("passphrase", "-t", "ecdsa", "-m", "PKCS8", "-N", "secret")]
    [InlineData("bits", "-t", "rsa", "-b", "1024")]
    public async Task What_ssh_could_not_use_is_refused_with_what_to_do(string says, params string[] how) => Refused(says, await MakeAsync(how));

    [Fact]
    public async Task What_is_no_private_key_is_refused_with_what_to_do()
    {
        var text = await MakeAsync(["-t", "ed25519"]);
        Refused("public key", await File.ReadAllTextAsync(Path.Combine(_folder, "key.pub")));
        Refused("PuTTY", "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n");
        Refused("not whole", text[..^60]);
        Refused("not whole", "nothing");
        Refused("no key", new string('x', 100_000));
        var lines = text.TrimEnd().Split('\n');
        Refused("damaged", string.Join('\n', [lines[0], .. lines[2..]]));
        for (var bytes = 0; bytes < 200; bytes += 7)
            Refused("damaged", $"{lines[0]}\n{Convert.ToBase64String(Convert.FromBase64String(string.Concat(lines[1..^1]))[..bytes])}\n{lines[^1]}");
        Refused("neither", $"-----BEGIN PRIVATE KEY-----\n{Convert.ToBase64String(RandomNumberGenerator.GetBytes(48))}\n-----END PRIVATE KEY-----");
    }

    [Theory]
    [InlineData("")]
    [InlineData("ssh-ed25519")]
    [InlineData("ssh-ed25519 AAAA")]
    [InlineData("ssh-ed25519 AAAAC3NzaC1yc2E=")]
    [InlineData("pbx.example ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPKSUTyz1HwHReFVvD5obVsALAgJRNarH4TRpNePnAS")]
    [InlineData("ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIGPKSUTyz1HwHReFVvD5obVsALAgJRNarH4TRpNePnAS")]
    [InlineData("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPKSUTyz1HwHReFVvD5obVsALAgJRNarH4TRpNePnAS\n* ssh-rsa AAAA")]
    public void A_line_that_is_no_public_key_is_none(string line) => Assert.Null(SshPublicKey.Normalize(line));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    static void Refused(string says, string text)
    {
        Assert.False(SshPrivateKey.TryRead(text, out _, out var problem));
        Assert.Contains(says, problem, StringComparison.Ordinal);
    }

    async Task<string> MakeAsync(string[] how)
    {
        var file = Path.Combine(_folder, "key");
        File.Delete(file);
        await Run.ToEndAsync(["ssh-keygen", "-q", "-f", file, .. how.Contains("-N") ? Array.Empty<string>() : ["-N", ""], .. how]);
        return await File.ReadAllTextAsync(file);
    }

    async Task<string> PublicAsync(string text)
    {
        var file = Path.Combine(_folder, "asked");
        File.Delete(file);
        await File.WriteAllTextAsync(file, text);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return string.Join(' ', (await Run.ToEndAsync("ssh-keygen", "-y", "-f", file)).Trim().Split(' ')[..2]);
    }
}
