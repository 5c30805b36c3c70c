using RecordingPlatform.Core.Sources;
using RecordingPlatform.Worker.Media;
using RecordingPlatform.Worker.Sftp;

namespace RecordingPlatform.Worker.Sources;

/// <summary>Signs in anew, whatever session is kept, and goes to the spool; says at which step it ended.</summary>
internal sealed class SftpCheck(SftpOptions options, WorkDirectories directories, TimeProvider clock, ILogger logger)
{
    /// <param name="place">Where the media lie.</param>
    /// <param name="settings">The pinned host keys.</param>
    /// <param name="secrets">The private key.</param>
    /// <param name="byDay">Whether there is a folder for each day.</param>
    /// <param name="findings">Gets what is found as it is found: a host that stops answering takes nothing of it away.</param>
    /// <param name="ct">Ends the session.</param>
    public async Task FindAsync(MediaLocation.Sftp place, SourceSettings settings, SourceSecrets secrets, bool byDay, List<SourceFinding> findings, CancellationToken ct)
    {
        // Which key a host shows is told before anybody signs in: with a stand-in it is seen while there is no pin or no key.
        var endpoint = new SftpEndpoint
        {
            Host = place.Host,
            Port = place.Port,
            User = place.User,
            PrivateKey = secrets.SshPrivateKey ?? SshPrivateKey.Create().Text,
            HostKeys = settings.HostKeys.Count > 0 ? settings.HostKeys : [SshPublicKey.OfNobody()],
        };
        if (endpoint.Problems() is { Count: > 0 } problems)
        {
            findings.AddRange(problems.Select(problem => Finding.Bad(SourceSubject.Settings, problem)));
            return;
        }
        if (secrets.SshPrivateKey is null)
            findings.Add(Finding.Bad(SourceSubject.Settings, $"The source has no SSH key to sign in with. Generate one here, and put its public key into the authorized_keys of {place.User} on the other machine."));
        try
        {
            await using var session = await SftpSession.OpenAsync(endpoint, options, directories, clock, logger, ct);
            findings.Add(Finding.Good(SourceSubject.Connection, $"{endpoint.Where} can be reached and speaks SFTP."));
            findings.Add(Finding.Good(SourceSubject.HostKey, "It shows the host key that is pinned."));
            findings.Add(Finding.Good(SourceSubject.SignIn, $"It accepts the key for the user {place.User}."));
            await LookAsync(session, place, byDay, findings, ct);
        }
        catch (SftpException e)
        {
            findings.AddRange(Of(e, endpoint, pinned: settings.HostKeys.Count > 0, hasKey: secrets.SshPrivateKey is not null));
        }
    }

    static async Task LookAsync(SftpSession session, MediaLocation.Sftp place, bool byDay, List<SourceFinding> findings, CancellationToken ct)
    {
        var step = place.Path;
        try
        {
            if (await session.StatAsync(place.Path, ct) is not { } found)
            {
                findings.Add(Finding.Bad(SourceSubject.Path, $"There is no {place.Path} on {place.Host}. Correct the media location; FreePBX's own is /var/spool/asterisk/monitor."));
                return;
            }
            if (found.Kind != SftpKind.Folder)
            {
                findings.Add(Finding.Bad(SourceSubject.Path, $"{place.Path} on {place.Host} is no folder. Correct the media location."));
                return;
            }
            var count = await session.ListAsync(place.Path, ct).Take(DayFolders.Most).CountAsync(ct);
            string At(string below) => below.Length == 0 ? place.Path : $"{place.Path.TrimEnd('/')}/{below}";
            var day = byDay
                ? await DayFolders.NewestAsync(async below => await session.ListAsync(step = At(below), ct).Where(e => e is { Name: not null, Attributes.Kind: SftpKind.Folder }).Select(e => e.Name!).Take(DayFolders.Most).ToListAsync(ct))
                : null;
            findings.Add(Finding.Good(SourceSubject.Path, DayFolders.Say($"{place.Path} on {place.Host} is there", count, byDay, day)));
            step = At(day ?? "");
            var sample = await session.ListAsync(step, ct).Where(e => e is { Name: not null, Attributes.Kind: SftpKind.File }).Select(e => e.Name).FirstOrDefaultAsync(ct);
            if (sample is null)
                return;
            await session.ReadAsync(new SftpFile($"{step.TrimEnd('/')}/{sample}") { Length = 1 }, (_, _) => ValueTask.CompletedTask, ct);
            findings.Add(Finding.Good(SourceSubject.Permission, "A file in it can be read."));
        }
        catch (SftpException e) when (e.Fault == SftpFault.PermissionDenied)
        {
            // Of a file only its folder is named: names of recordings hold phone numbers.
            findings.Add(Finding.Bad(SourceSubject.Permission,
                $"The user {place.User} may not read {step} on {place.Host}, or not what is in it. Put that user into the group of the recordings (asterisk on FreePBX), or: setfacl -R -m u:{place.User}:rX,d:u:{place.User}:rX {place.Path}"));
        }
    }

    static IEnumerable<SourceFinding> Of(SftpException failure, SftpEndpoint endpoint, bool pinned, bool hasKey)
    {
        switch (failure.Fault)
        {
            case SftpFault.HostKeyChanged or SftpFault.HostKeyUnknown:
                yield return Finding.Good(SourceSubject.Connection, $"{endpoint.Where} can be reached.");
                yield return Finding.Bad(SourceSubject.HostKey, pinned ? failure.Message
                    : $"No host key is pinned. {endpoint.Where} shows {failure.OfferedFingerprint ?? "one whose fingerprint is not known"}. Compare it on the machine itself (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub, and the other ssh_host_*_key.pub), then pin the line of that file.");
                break;
            case SftpFault.SignInRefused or SftpFault.KeyUnusable:
                yield return Finding.Good(SourceSubject.Connection, $"{endpoint.Where} can be reached.");
                yield return Finding.Good(SourceSubject.HostKey, "It shows the host key that is pinned.");
                // Without a key of its own that is said already.
                if (hasKey)
                    yield return Finding.Bad(SourceSubject.SignIn, failure.Message);
                break;
            case SftpFault.NoSuchFile or SftpFault.OutsideRoot:
                yield return Finding.Bad(SourceSubject.Path, $"What was listed on {endpoint.Where} a moment ago is gone. Test again.");
                break;
            default:
                yield return Finding.Bad(SourceSubject.Connection, failure.Message);
                break;
        }
    }
}
