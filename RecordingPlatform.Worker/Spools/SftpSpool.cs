using RecordingPlatform.Worker.Sftp;

namespace RecordingPlatform.Worker.Spools;

/// <summary>A spool behind SSH. Each question takes the session that stands, or a new one.</summary>
sealed class SftpSpool(SftpSessions sessions, SftpEndpoint endpoint, string root) : ISpool
{
    public Task<IReadOnlyList<SpoolEntry>> ListAsync(string folder, CancellationToken ct) => AskAsync(async session =>
    {
        var entries = new List<SpoolEntry>();
        try
        {
            // A folder that is not there yet leads nowhere either.
            if (!await session.LiesUnderAsync(At(folder), root, ct) && await session.LinkStatAsync(At(folder), ct) is not null)
                throw new SpoolException(SpoolFault.NotAFile, "A day's folder leads by a link out of the recording folder and was not read. Look at the links in the PBX's recording folder.");
            await foreach (var entry in session.ListAsync(At(folder), ct))
                entries.Add(new SpoolEntry(entry.Name, KindOf(entry.Attributes.Kind), entry.Attributes.Length ?? 0, TimeOf(entry.Attributes)));
        }
        catch (SftpException e) when (e.Fault == SftpFault.NoSuchFile)
        {
            if (await session.StatAsync(root, ct) is not { Kind: SftpKind.Folder })
                throw new SpoolException(SpoolFault.Settings, "The PBX has no folder where the source's recordings should be. Correct the path of the media location.", e);
        }
        return (IReadOnlyList<SpoolEntry>)entries;
    }, ct);

    public Task<SpoolStat> ReadAsync(string path, long offset, long end, SpoolSink sink, CancellationToken ct) => AskAsync(async session =>
    {
        var read = await session.ReadAsync(new SftpFile(At(path)) { Offset = offset, Length = end - offset, Within = root }, new SftpSink(sink), ct);
        return new SpoolStat(read.Attributes.Length ?? 0, TimeOf(read.Attributes));
    }, ct);

    public Task<SpoolStat?> StatAsync(string path, CancellationToken ct) => AskAsync<SpoolStat?>(async session =>
        await session.LinkStatAsync(At(path), ct) switch
        {
            null => null,
            { Kind: SftpKind.File } file => new SpoolStat(file.Length ?? 0, TimeOf(file)),
            _ => throw new SpoolException(SpoolFault.NotAFile, "A name of a recording is a link, a folder or a device, and was not read."),
        }, ct);

    async Task<T> AskAsync<T>(Func<SftpSession, Task<T>> askAsync, CancellationToken ct)
    {
        try
        {
            using var lease = await sessions.RentAsync(endpoint, ct);
            return await askAsync(lease.Session);
        }
        catch (ArgumentException e)
        {
            throw new SpoolException(SpoolFault.Settings, string.Join(' ', endpoint.Problems()), e);
        }
        catch (SftpException e)
        {
            throw new SpoolException(FaultOf(e.Fault), e.Message, e);
        }
    }

    string At(string path) => root == "/" ? "/" + path : $"{root}/{path}";

    static SpoolKind KindOf(SftpKind kind) => kind switch { SftpKind.File => SpoolKind.File, SftpKind.Link => SpoolKind.Link, _ => SpoolKind.Other };

    // Version 3 has whole seconds.
    static DateTimeOffset TimeOf(SftpAttributes attributes) => attributes.ModifiedAt ?? DateTimeOffset.UnixEpoch;

    static SpoolFault FaultOf(SftpFault fault) => fault switch
    {
        SftpFault.HostKeyChanged or SftpFault.HostKeyUnknown => SpoolFault.HostKey,
        SftpFault.KeyUnusable or SftpFault.ClientMissing or SftpFault.SubsystemRefused or SftpFault.NothingInCommon => SpoolFault.Settings,
        SftpFault.SignInRefused or SftpFault.PermissionDenied => SpoolFault.Denied,
        SftpFault.NoSuchFile => SpoolFault.Missing,
        SftpFault.OutsideRoot => SpoolFault.NotAFile,
        _ => SpoolFault.Unreachable,
    };
}
