using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using RecordingPlatform.Core.Sources;

namespace RecordingPlatform.Worker.Sftp;

/// <summary>
/// Where recordings are fetched and as whom. Written by users, so nothing of it is trusted: <see cref="Problems"/> names
/// everything that is wrong, and no session opens before it is empty.
/// </summary>
sealed record SftpEndpoint
{
    const string Letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

    static readonly SearchValues<char>
        s_hostCharacters = SearchValues.Create(Letters),
        s_userCharacters = SearchValues.Create(Letters + "$"),
        s_ipv6Characters = SearchValues.Create("0123456789abcdefABCDEF:.");

    /// <summary>A DNS name or an IP address, without a port.</summary>
    public required string Host { get; init; }

    public int Port { get; init; } = 22;

    public required string User { get; init; }

    /// <summary>The private key, as <see cref="SshPrivateKey"/> reads it.</summary>
    public required string PrivateKey { get; init; }

    /// <summary>The host keys that are accepted, as in known_hosts but without the names in front: <c>ssh-ed25519 AAAA…</c>.</summary>
    public required IReadOnlyList<string> HostKeys { get; init; }

    /// <summary>What is wrong, each with what to write; empty when a session may be opened.</summary>
    public IReadOnlyList<string> Problems()
    {
        var problems = new List<string>();
        if (!IsHost(Host))
            problems.Add("The host is not a name that can be connected to: write a DNS name like pbx.example.com, or an IP address, without a port.");
        if (Port is < 1 or > 65535)
            problems.Add("The port is a number from 1 to 65535; SSH's own is 22.");
        if (User is not { Length: > 0 and <= 64 } || User[0] == '-' || User.AsSpan().ContainsAnyExcept(s_userCharacters))
            problems.Add("The user is not an account's name: write up to 64 of the characters a-z A-Z 0-9 . _ - $, not beginning with a '-'.");
        if (!SshPrivateKey.TryRead(PrivateKey, out _, out var key))
            problems.Add(key);
        if (HostKeys is not { Count: > 0 })
            problems.Add("No host key is pinned: write the key that the PBX shows, as 'ssh-ed25519 AAAA…'. On the PBX it is in /etc/ssh/ssh_host_ed25519_key.pub.");
        else if (HostKeys.Any(pinned => SshPublicKey.FingerprintOf(pinned) is null))
            problems.Add("A pinned host key is not one: write its type and its base64 as in a .pub file, like 'ssh-ed25519 AAAA…', one key each.");
        return problems;
    }

    /// <summary>Account, host and port, for messages.</summary>
    public override string ToString() => $"{User}@{Where}";

    /// <summary>Host and port, for messages.</summary>
    internal string Where => Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";

    /// <summary>The pinned keys' fingerprints, as <c>ssh-keygen -l</c> shows them.</summary>
    internal IEnumerable<string> PinnedFingerprints => HostKeys.Select(SshPublicKey.FingerprintOf).OfType<string>();

    /// <summary>Says whether two endpoints are the same one, key and pins included, without showing any of it.</summary>
    internal string Identity
    {
        get
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            Span<byte> length = stackalloc byte[4];
            foreach (var part in (ReadOnlySpan<byte[]>)[.. new[] { ToString(), PrivateKey }.Concat(HostKeys).Select(Encoding.UTF8.GetBytes)])
            {
                BinaryPrimitives.WriteInt32BigEndian(length, part.Length);
                hash.AppendData(length);
                hash.AppendData(part);
            }
            return Convert.ToHexString(hash.GetHashAndReset());
        }
    }

    /// <summary>The key as a file that ssh takes.</summary>
    internal byte[] KeyFile() =>
        SshPrivateKey.TryRead(PrivateKey, out var key, out var problem) ? Encoding.ASCII.GetBytes(key.Text) : throw new InvalidOperationException(problem);

    /// <summary>The known_hosts file that accepts the pinned keys for one name and nothing else.</summary>
    internal byte[] KnownHostsFile(string name) => Encoding.ASCII.GetBytes(string.Concat(HostKeys.Select(pinned => $"{name} {SshPublicKey.Normalize(pinned)}\n")));

    static bool IsHost(string? host) =>
        host is { Length: > 0 and <= 253 }
        && ((host[0] is not ('-' or '.') && !host.AsSpan().ContainsAnyExcept(s_hostCharacters))
            || (!host.AsSpan().ContainsAnyExcept(s_ipv6Characters) && host.Contains(':', StringComparison.Ordinal) && IPAddress.TryParse(host, out _)));
}
