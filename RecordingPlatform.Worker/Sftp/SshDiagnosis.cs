namespace RecordingPlatform.Worker.Sftp;

/// <summary>Why a session did not come to stand or did not last, in words that say what to do.</summary>
static class SshDiagnosis
{
    public static SftpException Judge(SftpEndpoint endpoint, SftpEnd end, SshLog log, int? exitCode, bool stood) => end.Kind switch
    {
        SftpEndKind.Stalled when stood => new(SftpFault.Stalled,
            $"{endpoint.Where} sent nothing for too long while it owed an answer, so the session was ended. When this repeats, look at the PBX's disk and at the network in between."),
        SftpEndKind.Violated when stood => new(SftpFault.ProtocolViolated,
            $"{endpoint.Where} sent what is not SFTP version 3 ({end.What}), so the session was ended. Use OpenSSH's own server on the PBX (Subsystem sftp internal-sftp)."),
        SftpEndKind.Violated => new(SftpFault.ProtocolViolated,
            $"{endpoint.Where} did not begin with SFTP ({end.What}). Often the account's shell prints something at its start: 'ssh {endpoint.User}@… true' must print nothing. Subsystem sftp internal-sftp in sshd_config avoids the shell."),
        _ when stood => new(SftpFault.ConnectionLost,
            $"The connection to {endpoint.Where} ended ({Words(log, exitCode)}). What was read so far is whole; go on from there."),
        _ => JudgeOpening(endpoint, end, log, exitCode),
    };

    static SftpException JudgeOpening(SftpEndpoint endpoint, SftpEnd end, SshLog log, int? exitCode)
    {
        var where = endpoint.Where;
        // ssh calls both a changed host; an operator pins a further key in one case and looks for an intruder in the other.
        if (log.HostKeyRefused && (log.OfferedType is null || endpoint.HostKeys.Any(pinned => pinned.StartsWith(log.OfferedType + " ", StringComparison.Ordinal))))
        {
            return new(SftpFault.HostKeyChanged, $"{where} shows another host key than the pinned one: {Offered(log)} instead of {Pinned(endpoint)}. "
                + "Either the PBX was set up anew or somebody stands in between. Compare the fingerprint on the PBX itself (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub); only when it is the same, pin the new key.")
            { OfferedFingerprint = log.OfferedFingerprint };
        }
        if (log.HostKeyRefused)
        {
            return new(SftpFault.HostKeyUnknown, $"{where} shows a host key of a type that is not pinned: {Offered(log)}; pinned is {Pinned(endpoint)}. "
                + "Compare the fingerprint on the PBX itself (for f in /etc/ssh/ssh_host_*_key.pub; do ssh-keygen -lf $f; done), then pin that key.")
            { OfferedFingerprint = log.OfferedFingerprint };
        }
        if (log.NothingInCommon is { } theirs)
            return new(SftpFault.NothingInCommon, $"{where} and this machine's ssh have no algorithm in common ({theirs}). The SSH server of the PBX is too old to be safe: update it.");
        if (log.SignedIn)
        {
            return new(SftpFault.SubsystemRefused, $"{where} lets {endpoint.User} sign in but gives no SFTP ({Words(log, exitCode)}). "
                + "On the PBX, sshd_config needs 'Subsystem sftp internal-sftp', and the account must not be limited to another command.");
        }
        if (log.KeyRejectedHere)
            return new(SftpFault.KeyUnusable, $"The private key for {endpoint} cannot be read by ssh. Paste the whole file that 'ssh-keygen -t ed25519 -N \"\"' made.");
        if (log.SignInRefused)
        {
            return new(SftpFault.SignInRefused, $"{where} does not accept the key for the user {endpoint.User}. "
                + "On the PBX, put the public key into that account's ~/.ssh/authorized_keys, which must belong to the account and be writable by it alone; sshd's log says more.");
        }
        if (log.Connected)
        {
            return new(SftpFault.HostUnreachable, $"{where} accepts connections but gives no SSH session ({Words(log, exitCode, end.Kind == SftpEndKind.Stalled)}). "
                + "Is it the SSH port? Does fail2ban on the PBX block this address, or MaxStartups in sshd_config refuse it?");
        }
        return new(SftpFault.HostUnreachable, $"{where} cannot be reached ({log.Unreachable ?? Words(log, exitCode, end.Kind == SftpEndKind.Stalled)}). "
            + "Look at the name, the port, and the firewalls in between.");
    }

    public static SftpException ClientMissing(string program) => new(SftpFault.ClientMissing,
        $"OpenSSH's client is not installed ('{program}' is not found). Install it on the worker's machine: apt-get install openssh-client (Alpine: apk add openssh-client-default).");

    static string Offered(SshLog log) => log.OfferedFingerprint ?? "one whose fingerprint is not known";

    static string Pinned(SftpEndpoint endpoint) => string.Join(", ", endpoint.PinnedFingerprints);

    static string Words(SshLog log, int? exitCode, bool late = false) =>
        late ? "no answer in time" : log.LastWords.Length > 0 ? log.LastWords : $"ssh ended with {exitCode?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "a signal"}";
}
