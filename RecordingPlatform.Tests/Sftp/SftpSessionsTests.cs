using RecordingPlatform.Tests.Fixtures;
using RecordingPlatform.Worker.Sftp;

namespace RecordingPlatform.Tests.Sftp;

public sealed class SftpSessionsTests(SftpRig rig) : IClassFixture<SftpRig>
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_session_serves_one_look_after_the_other_and_many_at_once()
    {
        var before = rig.Server.SignIns;
        await using var sessions = rig.Sessions();

        for (var look = 0; look < 5; look++)
            await LookAsync(sessions, rig.Endpoint);
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => LookAsync(sessions, rig.Endpoint)));

        Assert.Equal(before + 1, rig.Server.SignIns);
    }

    [Fact]
    public async Task A_session_that_was_lost_is_opened_again_by_the_next_look()
    {
        await using var cable = new Cable(rig.Server.Port);
        await using var sessions = rig.Sessions();
        var endpoint = rig.Endpoint with { Port = cable.Port };
        SftpSession lost;
        using (var lease = await sessions.RentAsync(endpoint, Ct))
            lost = lease.Session;

        cable.Break();
        await lost.Over.WaitAsync(Patience, Ct);
        Assert.Equal(SftpFault.HostUnreachable, (await Assert.ThrowsAsync<SftpException>(() => LookAsync(sessions, endpoint))).Fault);

        cable.Mend();
        await LookAsync(sessions, endpoint);
    }

    [Fact]
    public async Task An_endpoint_with_another_pin_is_another_session_and_the_old_one_ends()
    {
        await using var sessions = rig.Sessions();
        SftpSession old;
        using (var lease = await sessions.RentAsync(rig.Endpoint, Ct))
        {
            old = lease.Session;
            await using var other = await SshServer.StartAsync();
            Assert.Equal(SftpFault.HostKeyChanged, (await Assert.ThrowsAsync<SftpException>(() => LookAsync(sessions, rig.Endpoint with { HostKeys = [other.HostKey] }))).Fault);
            Assert.NotNull(await old.StatAsync("/", Ct)); // whoever uses it may end
        }

        await old.Over.WaitAsync(Patience, Ct);
    }

    [Fact]
    public async Task A_session_that_nobody_uses_is_closed_after_a_while_and_one_in_use_is_not()
    {
        await using var sessions = rig.Sessions(new SftpOptions { KeepIdle = TimeSpan.FromSeconds(1) });
        SftpSession session;
        using (var lease = await sessions.RentAsync(rig.Endpoint, Ct))
        {
            session = lease.Session;
            await Assert.ThrowsAsync<TimeoutException>(() => session.Over.WaitAsync(TimeSpan.FromSeconds(2), Ct));
        }

        await session.Over.WaitAsync(Patience, Ct);
        await LookAsync(sessions, rig.Endpoint);
    }

    [Fact]
    public async Task After_disposal_nothing_of_ssh_is_left()
    {
        var session = await rig.OpenAsync();
        var ssh = session.ProcessId;
        Assert.Equal("ssh", File.ReadAllText($"/proc/{ssh}/comm").Trim());

        await session.DisposeAsync();

        Assert.False(Directory.Exists($"/proc/{ssh}"));
        await Assert.ThrowsAsync<SftpException>(() => session.StatAsync("/", Ct));
    }

    [Fact]
    public async Task A_cancelled_opening_leaves_neither_a_process_nor_a_key()
    {
        await using var cable = new Cable(rig.Server.Port);
        cable.Cut();
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var opening = SftpSession.OpenAsync(rig.Endpoint with { Port = cable.Port }, SftpRig.Options, rig.Directories, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance, cancel.Token);
        await Until.TrueAsync(() => Task.FromResult(cable.Made == 1), Patience, "ssh has connected");

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => opening);
        Assert.Empty(rig.PrivateFiles);
        Assert.DoesNotContain(Run.ChildrenOf(Environment.ProcessId), pid => CommandLine(pid).Contains($"Port={cable.Port}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_key_is_a_file_of_the_owners_alone_until_the_session_stands_and_ssh_knows_nothing_of_the_worker()
    {
        await using var cable = new Cable(rig.Server.Port);
        cable.Cut();
        var opening = rig.OpenAsync(rig.Endpoint with { Port = cable.Port });
        await Until.TrueAsync(() => Task.FromResult(cable.Made == 1), Patience, "ssh has connected");
        var files = rig.PrivateFiles.ToList();
        var ssh = Run.ChildrenOf(Environment.ProcessId).Single(pid => CommandLine(pid).Contains($"Port={cable.Port}", StringComparison.Ordinal));

        Assert.Contains(files, f => Path.GetFileName(f) == SshArguments.KeyFile);
        Assert.All(files, f => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(f)));
        Assert.DoesNotContain("DOTNET", File.ReadAllText($"/proc/{ssh}/environ"), StringComparison.Ordinal);
        Assert.All(rig.Server.Key.Split('\n')[1..3], line => Assert.DoesNotContain(line, CommandLine(ssh), StringComparison.Ordinal));

        cable.Mend();
        await using var session = await opening;
        Assert.Empty(rig.PrivateFiles);
    }

    [Fact]
    public async Task A_session_goes_on_when_the_keys_are_exchanged_anew_without_its_files()
    {
        await using var server = await SshServer.StartAsync(settings: ["RekeyLimit 1M"]);
        var path = server.At("long");
        File.WriteAllBytes(path, new byte[8 << 20]);
        await using var session = await rig.OpenAsync(SftpRig.EndpointOf(server));

        Assert.Equal(8 << 20, (await SftpRig.ReadAsync(session, new SftpFile(path))).Length);
    }

    static async Task LookAsync(SftpSessions sessions, SftpEndpoint endpoint)
    {
        using var lease = await sessions.RentAsync(endpoint, Ct);
        Assert.NotNull(await lease.Session.StatAsync("/", Ct));
    }

    static string CommandLine(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline");
        }
        catch (IOException)
        {
            return ""; // it has gone
        }
    }
}
