#pragma warning disable RS0030 // the key and the pinned host keys as files for ssh, in a work directory; ssh itself on the PATH

using System.IO.Pipes;
using System.Runtime.InteropServices;
using RecordingPlatform.Worker.Children;
using RecordingPlatform.Worker.Media;

namespace RecordingPlatform.Worker.Sftp;

/// <summary>
/// One ssh process and the conversation through it. The key's file exists until the conversation stands, in memory where the
/// machine has a memory file system. After disposal nothing of the process is left.
/// </summary>
sealed partial class SftpLane : IAsyncDisposable
{
    /// <summary>A pipe holds 64 KiB unless asked; ssh then waits for every second chunk. 1 MiB is what an unprivileged process may have.</summary>
    const int PipeBytes = 1 << 20;

    static readonly TimeSpan s_ownEndTakes = TimeSpan.FromSeconds(5);

    readonly SftpEndpoint _endpoint;
    readonly TimeProvider _clock;
    readonly ChildSession _child;
    readonly SshLog _log = new();
    readonly Task _errorsRead;
    readonly Task _life;
    readonly TaskCompletionSource<SftpEnd> _endedHere = new(TaskCreationOptions.RunContinuationsAsynchronously);

    SftpLane(SftpEndpoint endpoint, SftpOptions options, TimeProvider clock, ChildSession child)
    {
        (_endpoint, _clock, _child) = (endpoint, clock, child);
        var output = child.Process.StandardOutput.BaseStream;
        if (output is PipeStream pipe)
            _ = SetPipeSize(pipe.SafePipeHandle, FSetPipeSize, PipeBytes); // refused: then it stays as small as it is
        Wire = new SftpWire(output, child.Process.StandardInput.BaseStream, clock, options.StallTimeout);
        _errorsRead = _log.Lines.ReadAsync(child.Process.StandardError.BaseStream, CancellationToken.None);
        _life = LiveAsync();
        Wire.Start();
    }

    public SftpWire Wire { get; }

    /// <summary>Completes when the session is over and its process gone.</summary>
    public Task Over => _life;

    public SftpException? Failure { get; private set; }

    public int ProcessId => _child.Process.Id;

    /// <exception cref="SftpException">It did not come to stand.</exception>
    public static async Task<SftpLane> OpenAsync(SftpEndpoint endpoint, SftpOptions options, WorkDirectories directories, TimeProvider clock, CancellationToken ct)
    {
        var ssh = Find(options.Ssh) ?? throw SshDiagnosis.ClientMissing(options.Ssh);
        SftpLane lane;
        using (var secrets = directories.Create(expectedBytes: 64 << 10))
        {
            await WriteAsync(secrets.File(SshArguments.KeyFile), endpoint.KeyFile(), ct);
            await WriteAsync(secrets.File(SshArguments.KnownHostsFile), endpoint.KnownHostsFile(SshArguments.HostAlias), ct);
            ct.ThrowIfCancellationRequested();
            lane = new SftpLane(endpoint, options, clock, await StartAsync(ssh, endpoint, options, secrets.Path));
            try
            {
                // Twice ssh's own: it counts for the connection alone.
                await lane.Wire.Version.WaitAsync(options.ConnectTimeout * 2, clock, ct);
            }
            catch (TimeoutException)
            {
                lane._endedHere.TrySetResult(new SftpEnd(SftpEndKind.Stalled, null));
                await lane._life;
                throw lane.Failure!.Again();
            }
            catch
            {
                await lane.DisposeAsync();
                throw;
            }
        }
        return lane;
    }

    public async ValueTask DisposeAsync()
    {
        _endedHere.TrySetResult(new SftpEnd(SftpEndKind.Closed, null));
        await _life;
        Wire.Dispose();
        _child.Dispose();
    }

    async Task LiveAsync()
    {
        await Task.Yield();
        var end = await await Task.WhenAny(Wire.Ended, _endedHere.Task);
        var stood = Wire.Version.IsCompletedSuccessfully;
        // Ended by the other side: ssh says why on its way out. Otherwise there is nothing to wait for.
        if (Wire.Ended.IsCompleted && end.Kind == SftpEndKind.Closed)
        {
            await Task.WhenAll(_child.Process.WaitForExitAsync(CancellationToken.None), _errorsRead)
                .WaitAsync(s_ownEndTakes, _clock).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        int? exitCode = _child.Process.HasExited ? _child.Process.ExitCode : null;
        await _child.KillAsync(_clock);
        await _errorsRead.WaitAsync(ChildSession.DeathTakes, _clock).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Failure = SshDiagnosis.Judge(_endpoint, end, _log, exitCode, stood);
        Wire.Fail(Failure);
    }

    static async Task<ChildSession> StartAsync(string ssh, SftpEndpoint endpoint, SftpOptions options, string folder)
    {
        try
        {
            // No core file: the key would be in it.
            return await ChildSession.StartAsync(["prlimit", "--core=0", "--", ssh, .. SshArguments.For(endpoint, options.ConnectTimeout)], folder);
        }
        catch (ChildStartException e)
        {
            throw new SftpException(SftpFault.ClientMissing, "ssh could not be started: util-linux (setsid, setpriv, prlimit) is needed beside openssh-client on the worker's machine.", e);
        }
    }

    static async Task WriteAsync(string path, byte[] content, CancellationToken ct)
    {
        await using var file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        await file.WriteAsync(content, ct);
    }

    static string? Find(string program) => Path.IsPathRooted(program)
        ? File.Exists(program) ? program : null
        : (Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin").Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);

    const int FSetPipeSize = 1031;

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int SetPipeSize(SafeHandle pipe, int command, int bytes);
}
