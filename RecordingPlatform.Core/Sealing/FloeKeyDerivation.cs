using System.Security.Cryptography;

namespace RecordingPlatform.Core.Sealing;

/// <summary>HKDF-Expand with SHA-384 (RFC 5869, section 2.3) for outputs of at most one hash.</summary>
internal static class FloeKeyDerivation
{
    /// <summary>Prefix, owner, object, parameters, IV and purpose of a sealed object make 133 bytes; vectors fewer.</summary>
    const int MaxInfoLength = 512;

    /// <summary>Fills <paramref name="output"/> (1 to 48 bytes) with Expand(key, header ‖ purpose ‖ aad).</summary>
    /// <remarks>By hand over HMAC: <see cref="HKDF.Expand(HashAlgorithmName, ReadOnlySpan{byte}, Span{byte}, ReadOnlySpan{byte})"/>
    /// refuses a key shorter than the hash, and FLOE takes the 32-byte key as it is.</remarks>
    public static void Expand(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> header, ReadOnlySpan<byte> purpose, ReadOnlySpan<byte> aad, Span<byte> output)
    {
        var length = header.Length + purpose.Length + aad.Length + 1;
        if (length > MaxInfoLength)
            throw new ArgumentException($"Associated data of {aad.Length} bytes is longer than any this format has.", nameof(aad));
        if (output.Length > HMACSHA384.HashSizeInBytes)
            throw new ArgumentException($"One round makes {HMACSHA384.HashSizeInBytes} bytes, not {output.Length}.", nameof(output));

        Span<byte> info = stackalloc byte[MaxInfoLength];
        header.CopyTo(info);
        purpose.CopyTo(info[header.Length..]);
        aad.CopyTo(info[(header.Length + purpose.Length)..]);
        info[length - 1] = 1; // the number of the only round

        Span<byte> block = stackalloc byte[HMACSHA384.HashSizeInBytes];
        HMACSHA384.HashData(key, info[..length], block);
        block[..output.Length].CopyTo(output);
        CryptographicOperations.ZeroMemory(block);
    }
}
