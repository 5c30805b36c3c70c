using RecordingPlatform.Core.Sources;
using RecordingPlatform.Tests.Fixtures;
using RecordingPlatform.Worker.Sftp;

namespace RecordingPlatform.Tests.Sftp;

public sealed class SftpEndpointTests
{
    const string Pin = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";

    static readonly string s_key = SshPrivateKey.Create().Text;

    static SftpEndpoint Good => new() { Host = "pbx.example.com", User = "asterisk", PrivateKey = s_key, HostKeys = [Pin] };

    [Theory]
    [InlineData("pbx")]
    [InlineData("pbx-1.example.com")]
    [InlineData("192.0.2.7")]
    [InlineData("2001:db8::7")]
    [InlineData("::ffff:192.0.2.7")]
    public void A_name_or_an_address_is_a_host(string host) => Assert.Empty((Good with { Host = host }).Problems());

    [Theory]
    [InlineData("")]
    [InlineData("-oProxyCommand=id")]
    [InlineData("pbx example")]
    [InlineData("pbx\n")]
    [InlineData("root@pbx")]
    [InlineData("ssh://pbx")]
    [InlineData("pbx:22")]
    [InlineData("[::1]")]
    [InlineData("::1%eth0")]
    [InlineData("pbx%h")]
    [InlineData("pbx\0")]
    public void What_ssh_could_take_for_something_else_is_no_host(string host) =>
        Assert.Contains("host", Assert.Single((Good with { Host = host }).Problems()), StringComparison.Ordinal);

    [Theory]
    [InlineData("")]
    [InlineData("-l")]
    [InlineData("a b")]
    [InlineData("a@b")]
    [InlineData("a%u")]
    [InlineData("a\n")]
    public void What_ssh_could_take_for_something_else_is_no_user(string user) =>
        Assert.Contains("user", Assert.Single((Good with { User = user }).Problems()), StringComparison.Ordinal);

    [Theory]
    [InlineData(0)]
    [InlineData(65536)]
    public void A_port_is_one(int port) => Assert.Contains("port", Assert.Single((Good with { Port = port }).Problems()), StringComparison.Ordinal);

    [Theory]
    [InlineData("")]
    [InlineData("ssh-ed25519")]
    [InlineData("ssh-ed25519 !!!!")]
    [InlineData("ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl")]
    [InlineData("pbx " + Pin)]
    [InlineData("@cert-authority " + Pin)]
    [InlineData(Pin + "\n* " + Pin)]
    public void A_pin_is_a_type_and_its_key_and_nothing_more(string pin) =>
        Assert.Contains("pinned", Assert.Single((Good with { HostKeys = [Pin, pin] }).Problems()), StringComparison.Ordinal);

    [Fact]
    public void Everything_that_is_wrong_is_said_at_once() =>
        Assert.Equal(5, new SftpEndpoint { Host = "-", Port = 0, User = "-", PrivateKey = "", HostKeys = [] }.Problems().Count);

    [Theory]
    [InlineData(Pin + " asterisk@pbx", "public key")]
    [InlineData("PuTTY-User-Key-File-3: ssh-ed25519\n", "puttygen")]
    [InlineData("secret", "not whole")]
    [InlineData("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n", "not whole")]
    [InlineData("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nMIIB\n-----END RSA PRIVATE KEY-----", "passphrase")]
    public void A_key_that_cannot_serve_says_what_to_do_and_shows_nothing_of_itself(string key, string says)
    {
        var problem = Assert.Single((Good with { PrivateKey = key }).Problems());

        Assert.Contains(says, problem, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_with_a_passphrase_is_seen_before_ssh_is_asked()
    {
        var folder = Directory.CreateTempSubdirectory("rp-key-").FullName;
        try
        {
            foreach (var (type, passphrase, problems) in new[] { ("ed25519", "correct horse", 1), ("rsa", "correct horse", 1), ("ed25519", "", 0), ("rsa", "", 0), ("ecdsa", "", 0) })
            {
                var file = Path.Combine(folder, $"{type}{problems}");
                await Run.ToEndAsync("ssh-keygen", "-q", "-t", type, "-N", passphrase, "-f", file);
                Assert.Equal(problems, (Good with { PrivateKey = File.ReadAllText(file) }).Problems().Count(p => p.Contains("passphrase", StringComparison.Ordinal)));
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void What_an_endpoint_shows_of_itself_has_no_key_in_it() => Assert.Equal("asterisk@pbx.example.com:22", Good.ToString());

    [Fact]
    public void Another_key_or_pin_is_another_endpoint()
    {
        Assert.Equal(Good.Identity, Good.Identity);
        Assert.NotEqual(Good.Identity, (Good with { PrivateKey = SshPrivateKey.Create().Text }).Identity);
        Assert.NotEqual(Good.Identity, (Good with { HostKeys = [Pin, Pin] }).Identity);
        Assert.NotEqual(Good.Identity, (Good with { User = "root" }).Identity);
    }
}
