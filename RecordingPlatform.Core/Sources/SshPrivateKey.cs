using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace RecordingPlatform.Core.Sources;

/// <summary>A private key as a file that <c>ssh</c> takes, without a passphrase: nobody is there to type one.</summary>
public sealed class SshPrivateKey
{
    const string OpenSshBegin = "-----BEGIN OPENSSH PRIVATE KEY-----";

    // Below, today's servers refuse it.
    const int LeastRsaBits = 2048;

    // 64 KiB: an RSA key of 16384 bits takes 13.
    const int Longest = 64 * 1024;

    SshPrivateKey(string text, string publicKey) => (Text, PublicKey) = (text, publicKey);

    /// <summary>With line ends as ssh wants them.</summary>
    public string Text { get; }

    /// <summary>The line for the other side's <c>authorized_keys</c>, without a comment.</summary>
    public string PublicKey { get; }

    /// <summary>A new key. ECDSA on P-256: .NET makes no Ed25519, and every OpenSSH since 5.7 takes it.</summary>
    public static SshPrivateKey Create()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new SshPrivateKey(key.ExportECPrivateKeyPem() + "\n", SshPublicKey.Line(SshPublicKey.Of(key)!));
    }

    /// <param name="text">What an administrator pasted.</param>
    /// <param name="key">The key.</param>
    /// <param name="problem">What is wrong with it, and what to do; nothing of the key.</param>
    public static bool TryRead(string text, [NotNullWhen(true)] out SshPrivateKey? key, [NotNullWhen(false)] out string? problem)
    {
        (key, problem) = Read(text);
        return key is not null;
    }

    static (SshPrivateKey?, string?) Read(string text)
    {
        if (text.Length > Longest || text.Any(c => c > '~'))
            return (null, "The private key is no key: paste the file that ssh-keygen made, alone.");
        text = text.ReplaceLineEndings("\n").Trim() + "\n";
        if (text.StartsWith("PuTTY-User-Key-File", StringComparison.Ordinal))
            return (null, "The private key is in PuTTY's format: convert it with 'puttygen key.ppk -O private-openssh -o key'.");
        if (SshPublicKey.Normalize(text.TrimEnd()) is not null)
            return (null, "This is a public key: paste the private one, the file without .pub.");
        var lines = text.TrimEnd().Split('\n');
        if (!lines[0].StartsWith("-----BEGIN ", StringComparison.Ordinal) || !lines[0].EndsWith("PRIVATE KEY-----", StringComparison.Ordinal) || lines[^1] != lines[0].Replace("BEGIN", "END", StringComparison.Ordinal))
            return (null, "The private key is not whole: paste the file that ssh-keygen made, from its line -----BEGIN … to its line -----END ….");
        if (text.Contains("ENCRYPTED", StringComparison.Ordinal))
            return (null, Encrypted);
        var (blob, problem) = lines[0] == OpenSshBegin ? ReadOpenSsh(string.Concat(lines[1..^1])) : ReadPem(text);
        if (blob is null)
            return (null, problem);
        return IsWeak(blob) ? (null, $"The RSA key has fewer than {LeastRsaBits} bits, which servers refuse: make one with {Make}.") : (new SshPrivateKey(text, SshPublicKey.Line(blob)), null);
    }

    const string Make = "'ssh-keygen -t ed25519 -N \"\" -f key'";
    const string Encrypted = "The private key has a passphrase, which nobody can type here: write it anew without one, 'ssh-keygen -p -N \"\" -f key'.";
    const string Damaged = "The private key is damaged: paste the whole file once more.";

    static ReadOnlySpan<byte> Magic => "openssh-key-v1\0"u8;

    // openssh-key-v1: magic, cipher, KDF, its options, how many, the public key, and what the cipher covers: two equal numbers
    // and the private key, which begins with its type.
    static (byte[]?, string?) ReadOpenSsh(string base64)
    {
        var buffer = new byte[base64.Length];
        try
        {
            if (!Convert.TryFromBase64String(base64, buffer, out var length) || !buffer.AsSpan(0, length).StartsWith(Magic))
                return (null, Damaged);
            var rest = (ReadOnlySpan<byte>)buffer.AsSpan(Magic.Length, length - Magic.Length);
            if (!TryField(ref rest, out var cipher) || !TryField(ref rest, out _) || !TryField(ref rest, out _) || !TryNumber(ref rest, out var keys) || keys != 1
                || !TryField(ref rest, out var open) || !TryField(ref rest, out var closed))
                return (null, Damaged);
            if (!cipher.SequenceEqual("none"u8))
                return (null, Encrypted);
            if (!TryNumber(ref closed, out var one) || !TryNumber(ref closed, out var two) || one != two || !TryField(ref closed, out var type))
                return (null, Damaged);
            var known = SshPublicKey.TypeOf(open);
            if (known is null)
                return (null, $"The private key is of a kind that is not used here: make one with {Make}.");
            return Encoding.ASCII.GetString(type) == known ? (open.ToArray(), null) : (null, Damaged);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(buffer);
        }
    }

    static (byte[]?, string?) ReadPem(string text)
    {
        try
        {
            using var ec = ECDsa.Create();
            ec.ImportFromPem(text);
            return SshPublicKey.Of(ec) is { } blob ? (blob, null) : (null, $"The private key is on a curve that ssh does not know: make one with {Make}.");
        }
        catch (Exception e) when (e is ArgumentException or CryptographicException)
        {
            // Not an elliptic one.
        }
        try
        {
            using var rsa = RSA.Create();
            rsa.ImportFromPem(text);
            return (SshPublicKey.Of(rsa), null);
        }
        catch (Exception e) when (e is ArgumentException or CryptographicException)
        {
            return (null, $"The private key is neither RSA nor ECDSA as PEM, nor in OpenSSH's own format: make one with {Make}.");
        }
    }

    static bool IsWeak(ReadOnlySpan<byte> blob) =>
        TryField(ref blob, out var type) && type.SequenceEqual("ssh-rsa"u8) && TryField(ref blob, out _) && TryField(ref blob, out var modulus) && modulus.TrimStart((byte)0).Length * 8 < LeastRsaBits;

    static bool TryNumber(ref ReadOnlySpan<byte> rest, out uint number)
    {
        number = 0;
        if (rest.Length < 4)
            return false;
        number = BinaryPrimitives.ReadUInt32BigEndian(rest);
        rest = rest[4..];
        return true;
    }

    static bool TryField(ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> field)
    {
        field = default;
        if (!TryNumber(ref rest, out var length) || length > rest.Length)
            return false;
        field = rest[..(int)length];
        rest = rest[(int)length..];
        return true;
    }
}
