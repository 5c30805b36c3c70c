using System.Net;
using System.Net.Sockets;
using System.Text;
using RecordingPlatform.Tests.Fixtures;
using RecordingPlatform.Worker.Sftp;

namespace RecordingPlatform.Tests.Sftp;

public sealed class SftpFaultTests(SftpRig rig) : IClassFixture<SftpRig>
{
    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Another_host_key_than_the_pinned_one_is_shown_beside_it_and_no_session_stands()
    {
        await using var other = await SshServer.StartAsync();

        var failure = await FailAsync(rig.Endpoint with { HostKeys = [other.HostKey] }, SftpFault.HostKeyChanged);

        Assert.Equal(await FingerprintAsync(rig.Server), failure.OfferedFingerprint);
        Assert.Contains(failure.OfferedFingerprint!, failure.Message, StringComparison.Ordinal);
        Assert.Contains(await FingerprintAsync(other), failure.Message, StringComparison.Ordinal);
        Assert.Empty(rig.PrivateFiles);
    }

    [Fact]
    public async Task A_host_key_of_a_type_that_is_not_pinned_is_unknown()
    {
        await using var other = await SshServer.StartAsync(hostKeyType: "ecdsa");

        var failure = await FailAsync(rig.Endpoint with { HostKeys = [other.HostKey] }, SftpFault.HostKeyUnknown);

        Assert.Equal(await FingerprintAsync(rig.Server), failure.OfferedFingerprint);
    }

    [Fact]
    public async Task One_of_several_pinned_keys_suffices()
    {
        await using var other = await SshServer.StartAsync();

        await using var session = await rig.OpenAsync(rig.Endpoint with { HostKeys = [other.HostKey, rig.Server.HostKey + " root@pbx"] });

        Assert.NotNull(await session.StatAsync("/", Ct));
    }

    [Fact]
    public async Task A_key_that_the_host_does_not_know_is_refused_by_it()
    {
        await using var other = await SshServer.StartAsync();

        await FailAsync(rig.Endpoint with { PrivateKey = other.Key }, SftpFault.SignInRefused);
    }

    [Fact]
    public async Task A_key_that_ssh_cannot_read_is_our_fault()
    {
        var damaged = rig.Server.Key.Split('\n');
        // Its private half: all that ssh alone looks at.
        damaged[4] = new string('A', damaged[4].Length);

        await FailAsync(rig.Endpoint with { PrivateKey = string.Join('\n', damaged) }, SftpFault.KeyUnusable);
    }

    [Fact]
    public async Task A_key_as_Windows_writes_it_serves()
    {
        var pasted = rig.Server.Key.TrimEnd().ReplaceLineEndings("\r\n");

        await using var session = await rig.OpenAsync(rig.Endpoint with { PrivateKey = pasted });

        Assert.NotNull(await session.StatAsync("/", Ct));
    }

    [Fact]
    public async Task A_port_on_which_nobody_listens_is_unreachable() =>
        Assert.Contains("refused", (await FailAsync(rig.Endpoint with { Port = Ports.Free() }, SftpFault.HostUnreachable)).Message, StringComparison.Ordinal);

    [Fact]
    public async Task A_name_that_does_not_exist_is_unreachable() =>
        await FailAsync(rig.Endpoint with { Host = "no-such-host.invalid" }, SftpFault.HostUnreachable);

    [Fact]
    public async Task Something_that_is_not_SSH_is_unreachable_and_says_why()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var answering = AnswerAsync(listener, "HTTP/1.1 400 Bad Request\r\n\r\n");

        var failure = await FailAsync(rig.Endpoint with { Port = ((IPEndPoint)listener.LocalEndpoint).Port }, SftpFault.HostUnreachable);

        Assert.Contains("gives no SSH session", failure.Message, StringComparison.Ordinal);
        await answering;
    }

    [Fact]
    public async Task A_host_that_accepts_and_says_nothing_is_given_up_in_time()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();

        await FailAsync(rig.Endpoint with { Port = ((IPEndPoint)listener.LocalEndpoint).Port }, SftpFault.HostUnreachable, new SftpOptions { ConnectTimeout = TimeSpan.FromSeconds(1) });
    }

    [Fact]
    public async Task An_account_without_SFTP_is_told_from_one_that_may_not_sign_in()
    {
        await using var server = await SshServer.StartAsync(subsystem: "# none");

        await FailAsync(SftpRig.EndpointOf(server), SftpFault.SubsystemRefused);
    }

    [Fact]
    public async Task An_account_that_is_forced_to_another_command_is_not_SFTP()
    {
        await using var server = await SshServer.StartAsync(settings: ["ForceCommand internal-sftp -Q requests"]);

        await FailAsync(SftpRig.EndpointOf(server), SftpFault.SubsystemRefused, SftpFault.ProtocolViolated);
    }

    [Fact]
    public async Task A_server_with_which_nothing_is_in_common_is_named_with_its_offer()
    {
        await using var server = await SshServer.StartAsync(settings: ["Ciphers aes256-cbc"]);

        Assert.Contains("aes256-cbc", (await FailAsync(SftpRig.EndpointOf(server), SftpFault.NothingInCommon)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_machine_without_ssh_says_how_to_install_it() =>
        Assert.Contains("apt-get install openssh-client", (await FailAsync(rig.Endpoint, SftpFault.ClientMissing, new SftpOptions { Ssh = "no-such-ssh" })).Message, StringComparison.Ordinal);

    [Fact]
    public async Task A_file_that_may_not_be_read_is_told_from_one_that_is_not_there()
    {
        var path = rig.Write("forbidden", 10);
        File.SetUnixFileMode(path, UnixFileMode.None); // root's sshd signs in nobody, so this holds for it too
        await using var session = await rig.OpenAsync();

        Assert.Equal(SftpFault.PermissionDenied, (await Assert.ThrowsAsync<SftpException>(() => SftpRig.ReadAsync(session, new SftpFile(path)))).Fault);
        Assert.Equal(SftpFault.NoSuchFile, (await Assert.ThrowsAsync<SftpException>(() => SftpRig.ReadAsync(session, new SftpFile(path + "-not")))).Fault);
        Assert.Equal(SftpFault.NoSuchFile, (await Assert.ThrowsAsync<SftpException>(async () => await session.ListAsync(path + "-not", Ct).CountAsync(Ct))).Fault);
        Assert.Null(session.Failure);
    }

    async Task<SftpException> FailAsync(SftpEndpoint endpoint, params SftpFault[] oneOf) => await FailAsync(endpoint, null, oneOf);

    Task<SftpException> FailAsync(SftpEndpoint endpoint, SftpFault fault, SftpOptions options) => FailAsync(endpoint, options, [fault]);

    async Task<SftpException> FailAsync(SftpEndpoint endpoint, SftpOptions? options, SftpFault[] oneOf)
    {
        var failure = await Assert.ThrowsAsync<SftpException>(() => rig.OpenAsync(endpoint, options));
        Assert.True(oneOf.Contains(failure.Fault), $"{failure.Fault}: {failure.Message}");
        if (failure.Fault != SftpFault.ClientMissing)
            Assert.Contains($"{endpoint.Host}:{endpoint.Port}", failure.Message, StringComparison.Ordinal);
        return failure;
    }

    static async Task<string> FingerprintAsync(SshServer server) =>
        (await Run.ToEndAsync("ssh-keygen", "-l", "-f", Path.Combine(server.Home, "host.pub"))).Split(' ')[1];

    static async Task AnswerAsync(TcpListener listener, string text)
    {
        using var client = await listener.AcceptTcpClientAsync(Ct);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(text), Ct);
    }
}
