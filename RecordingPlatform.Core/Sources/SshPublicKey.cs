using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;

namespace RecordingPlatform.Core.Sources;

/// <summary>A public key as OpenSSH writes it: a type's name, and base64 of a blob that begins with the same name (RFC 4253, 6.6).</summary>
public static class SshPublicKey
{
    static readonly string[] Types = ["ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"];

    // 4 KiB: an RSA key of 16384 bits takes 2.8.
    const int Longest = 4096;

    /// <summary>Type and base64 of a line of a <c>.pub</c> file, without its comment; null when it is none.</summary>
    public static string? Normalize(string line) => BlobOf(line) is { } blob ? Line(blob) : null;

    /// <summary>As <c>ssh-keygen -l</c> shows it, <c>SHA256:…</c>; null when the line is no key.</summary>
    public static string? FingerprintOf(string line) => BlobOf(line) is { } blob ? $"SHA256:{Convert.ToBase64String(SHA256.HashData(blob)).TrimEnd('=')}" : null;

    static byte[]? BlobOf(string line)
    {
        if (line.Length > Longest || line.Any(c => c is < ' ' or > '~'))
            return null;
        var parts = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length < 2 || !Types.Contains(parts[0]))
            return null;
        var buffer = new byte[parts[1].Length];
        return Convert.TryFromBase64String(parts[1], buffer, out var length) && TypeOf(buffer.AsSpan(0, length)) == parts[0] ? buffer[..length] : null;
    }

    /// <summary>An Ed25519 key that nobody has: pinned, it accepts no host, and so shows which key a host has.</summary>
    public static string OfNobody() => Line([.. Text("ssh-ed25519"), .. Field(RandomNumberGenerator.GetBytes(32))]);

    internal static string? TypeOf(ReadOnlySpan<byte> blob)
    {
        if (blob.Length <= 4 || BinaryPrimitives.ReadInt32BigEndian(blob) is var length && (length is <= 0 or > 64 || length > blob.Length - 4))
            return null;
        var type = Encoding.ASCII.GetString(blob.Slice(4, length));
        return Types.Contains(type) ? type : null;
    }

    internal static string Line(byte[] blob) => $"{TypeOf(blob)} {Convert.ToBase64String(blob)}";

    internal static byte[]? Of(ECDsa key)
    {
        var made = key.ExportParameters(includePrivateParameters: false);
        var curve = made.Curve.Oid.Value switch
        {
            "1.2.840.10045.3.1.7" => "nistp256",
            "1.3.132.0.34" => "nistp384",
            "1.3.132.0.35" => "nistp521",
            _ => null,
        };
        return curve is null ? null : [.. Text($"ecdsa-sha2-{curve}"), .. Text(curve), .. Field([4, .. made.Q.X!, .. made.Q.Y!])];
    }

    internal static byte[] Of(RSA key)
    {
        var made = key.ExportParameters(includePrivateParameters: false);
        return [.. Text("ssh-rsa"), .. Field(Signed(made.Exponent!)), .. Field(Signed(made.Modulus!))];
    }

    // As mpint: a number whose first bit is set would be negative.
    static byte[] Signed(byte[] number) => new BigInteger(number, isUnsigned: true, isBigEndian: true).ToByteArray(isUnsigned: false, isBigEndian: true);

    static byte[] Text(string text) => Field(Encoding.ASCII.GetBytes(text));

    static byte[] Field(byte[] bytes)
    {
        var field = new byte[4 + bytes.Length];
        BinaryPrimitives.WriteInt32BigEndian(field, bytes.Length);
        bytes.CopyTo(field, 4);
        return field;
    }
}
