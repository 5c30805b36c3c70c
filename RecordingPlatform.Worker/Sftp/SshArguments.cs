using System.Globalization;

namespace RecordingPlatform.Worker.Sftp;

/// <summary>The command line of ssh: nothing but what stands here, whatever is configured on the machine.</summary>
static class SshArguments
{
    /// <summary>Names in the private folder that ssh is started in, so that no path has to be quoted.</summary>
    public const string KeyFile = "key";

    public const string KnownHostsFile = "known_hosts";

    /// <summary>What the pinned keys belong to: a name of ours, so that neither port nor case nor address changes which entry is meant.</summary>
    public const string HostAlias = "pinned";

    /// <summary>Fastest first where the processor knows AES, which every server of the last ten years does.</summary>
    const string Ciphers = "aes128-gcm@openssh.com,aes256-gcm@openssh.com,chacha20-poly1305@openssh.com,aes256-ctr";

    public static IEnumerable<string> For(SftpEndpoint endpoint, TimeSpan connectTimeout)
    {
        string[] options =
        [
            "BatchMode=yes", "LogLevel=DEBUG1", "RequestTTY=no", "EscapeChar=none", "Compression=no",
            $"Ciphers={Ciphers}",
            $"ConnectTimeout={Math.Max(1, (int)connectTimeout.TotalSeconds).ToString(CultureInfo.InvariantCulture)}", "ConnectionAttempts=1",
            "ServerAliveInterval=15", "ServerAliveCountMax=3", "TCPKeepAlive=yes",
            // Who they are.
            "StrictHostKeyChecking=yes", $"UserKnownHostsFile={KnownHostsFile}", "GlobalKnownHostsFile=/dev/null", $"HostKeyAlias={HostAlias}",
            "UpdateHostKeys=no", "CheckHostIP=no", "VerifyHostKeyDNS=no", "FingerprintHash=sha256",
            // Who we are: this key, and nothing that the worker's account has.
            $"IdentityFile={KeyFile}", "IdentitiesOnly=yes", "IdentityAgent=none", "PreferredAuthentications=publickey", "PubkeyAuthentication=yes",
            "PasswordAuthentication=no", "KbdInteractiveAuthentication=no", "NumberOfPasswordPrompts=0", "AddKeysToAgent=no",
            // Nothing else through this connection.
            "ForwardAgent=no", "ForwardX11=no", "ClearAllForwardings=yes", "Tunnel=no", "PermitLocalCommand=no",
            "ProxyCommand=none", "ControlMaster=no", "ControlPath=none", "ControlPersist=no", "CanonicalizeHostname=no",
            $"User={endpoint.User}", $"Port={endpoint.Port.ToString(CultureInfo.InvariantCulture)}",
        ];
        return ["-F", "none", .. options.SelectMany(option => new[] { "-o", option }), "-s", "--", endpoint.Host, "sftp"];
    }
}
