using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;

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

    static readonly string[] s_keyTypes = ["ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"];

    /// <summary>A DNS name or an IP address, without a port.</summary>
    public required string Host { get; init; }

    public int Port { get; init; } = 22;

    public required string User { get; init; }

    /// <summary>The private key as OpenSSH and OpenSSL write it (PEM text), without a passphrase.</summary>
    public required ReadOnlyMemory<byte> PrivateKey { get; init; }

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
        if (KeyProblem(PrivateKey.Span) is { } key)
            problems.Add(key);
        if (HostKeys is not { Count: > 0 })
            problems.Add("No host key is pinned: write the key that the PBX shows, as 'ssh-ed25519 AAAA…'. On the PBX it is in /etc/ssh/ssh_host_ed25519_key.pub.");
        else if (HostKeys.Any(pinned => FingerprintOf(pinned) is null))
            problems.Add("A pinned host key is not one: write its type and its base64 as in a .pub file, like 'ssh-ed25519 AAAA…', one key each.");
        return problems;
    }

    /// <summary>Account, host and port, for messages.</summary>
    public override string ToString() => $"{User}@{Where}";

    /// <summary>Host and port, for messages.</summary>
    internal string Where => Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";

    /// <summary>The pinned keys' fingerprints, as <c>ssh-keygen -l</c> shows them.</summary>
    internal IEnumerable<string> PinnedFingerprints => HostKeys.Select(FingerprintOf).OfType<string>();

    /// <summary>Says whether two endpoints are the same one, key and pins included, without showing any of it.</summary>
    internal string Identity
    {
        get
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            Span<byte> length = stackalloc byte[4];
            foreach (var part in (ReadOnlySpan<byte[]>)[Encoding.UTF8.GetBytes(ToString()), PrivateKey.ToArray(), .. HostKeys.Select(Encoding.UTF8.GetBytes)])
            {
                BinaryPrimitives.WriteInt32BigEndian(length, part.Length);
                hash.AppendData(length);
                hash.AppendData(part);
            }
            return Convert.ToHexString(hash.GetHashAndReset());
        }
    }

    /// <summary>The key as a file that ssh takes: it refuses one with carriage returns or without a last line end.</summary>
    internal byte[] KeyFile() => Encoding.ASCII.GetBytes(Encoding.ASCII.GetString(PrivateKey.Span).ReplaceLineEndings("\n").Trim() + "\n");

    /// <summary>The known_hosts file that accepts the pinned keys for one name and nothing else.</summary>
    internal byte[] KnownHostsFile(string name) =>
        Encoding.ASCII.GetBytes(string.Concat(HostKeys.Select(pinned => $"{name} {string.Join(' ', pinned.Split(' ', StringSplitOptions.RemoveEmptyEntries).Take(2))}\n")));

    static bool IsHost(string? host) =>
        host is { Length: > 0 and <= 253 }
        && ((host[0] is not ('-' or '.') && !host.AsSpan().ContainsAnyExcept(s_hostCharacters))
            || (!host.AsSpan().ContainsAnyExcept(s_ipv6Characters) && host.Contains(':', StringComparison.Ordinal) && IPAddress.TryParse(host, out _)));

    static string? KeyProblem(ReadOnlySpan<byte> key)
    {
        // 64 KiB: an RSA key of 16384 bits takes 13.
        if (key.Length > 64 << 10)
            return "The private key is longer than any key: paste the file that ssh-keygen made, alone.";
        var text = Encoding.ASCII.GetString(key).Trim();
        if (text.StartsWith("PuTTY-User-Key-File", StringComparison.Ordinal))
            return "The private key is in PuTTY's format: convert it with 'puttygen key.ppk -O private-openssh -o key'.";
        if (s_keyTypes.Any(type => text.StartsWith(type + " ", StringComparison.Ordinal)))
            return "This is a public key: paste the private one, the file without .pub.";
        var lines = text.ReplaceLineEndings("\n").Split('\n');
        var first = lines[0].TrimEnd();
        if (!first.StartsWith("-----BEGIN ", StringComparison.Ordinal) || !first.EndsWith("PRIVATE KEY-----", StringComparison.Ordinal) || lines[^1].TrimEnd() != first.Replace("BEGIN", "END", StringComparison.Ordinal))
            return "The private key is not one: paste the whole file that ssh-keygen made, from -----BEGIN OPENSSH PRIVATE KEY----- to its end.";
        return IsEncrypted(text, string.Concat(lines[1..^1]))
            ? "The private key has a passphrase, which nobody can type here: write it anew without one, 'ssh-keygen -p -N \"\" -f key'."
            : null;
    }

    static bool IsEncrypted(string text, string body)
    {
        if (text.Contains("ENCRYPTED", StringComparison.Ordinal))
            return true;
        if (!text.StartsWith("-----BEGIN OPENSSH", StringComparison.Ordinal))
            return false;
        // openssh-key-v1: a magic word, then the name of the cipher.
        var bytes = new byte[body.Length];
        ReadOnlySpan<byte> unencrypted = "openssh-key-v1\0\0\0\0\u0004none"u8;
        return Convert.TryFromBase64String(body, bytes, out var length) && !bytes.AsSpan(0, length).StartsWith(unencrypted);
    }

    /// <summary>SHA256:… of a key part, or null when it is none: the base64 begins with the type's own name.</summary>
    static string? FingerprintOf(string pinned)
    {
        // 4 KiB: an RSA key of 16384 bits takes 2.8.
        if (pinned is not { Length: <= 4096 } || pinned.Any(c => c is < ' ' or > '~'))
            return null;
        var parts = pinned.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length < 2 || !s_keyTypes.Contains(parts[0]))
            return null;
        var blob = new byte[parts[1].Length];
        if (!Convert.TryFromBase64String(parts[1], blob, out var length))
            return null;
        var key = blob.AsSpan(0, length);
        return key.Length > 4 && BinaryPrimitives.ReadInt32BigEndian(key) == parts[0].Length && key[4..].StartsWith(Encoding.ASCII.GetBytes(parts[0]))
            ? string.Create(CultureInfo.InvariantCulture, $"SHA256:{Convert.ToBase64String(SHA256.HashData(key)).TrimEnd('=')}")
            : null;
    }
}
