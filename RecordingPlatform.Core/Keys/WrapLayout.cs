using System.Security.Cryptography;
using System.Text;
using RecordingPlatform.Core.Data;

namespace RecordingPlatform.Core.Keys;

/// <summary>The row a wrap stands in. A wrap opens only with the place it was made for (FORMAT.md, "Wrap under an MK or an SK").</summary>
internal readonly record struct WrapPlace(string Table, Guid Id, Guid ParentId, string Kind, Guid HolderId)
{
    public static WrapPlace OwnerKey(Guid id, Guid masterKeyId, KeyOwner owner) => new("owner_keys", id, masterKeyId, SnakeCase.Of(owner.Kind), owner.Id);
    public static WrapPlace DataKey(Guid id, Guid ownerKeyId, Guid objectId) => new("data_keys", id, ownerKeyId, "object", objectId);
    public static WrapPlace Secret(string table, Guid id, Guid masterKeyId) => new(table, id, masterKeyId, "secret", Guid.Empty);
    public static WrapPlace MasterKey(Guid id) => new("master_keys", id, Guid.Empty, "master", Guid.Empty);
    public static WrapPlace ServiceKey(Guid id, ServiceKeyPurpose purpose) => new("service_keys", id, Guid.Empty, SnakeCase.Of(purpose), Guid.Empty);

    static ReadOnlySpan<byte> Domain => "rvlt/wrap/1\0"u8;

    public byte[] Encode()
    {
        var aad = new byte[Domain.Length + 1 + Table.Length + 16 + 16 + 1 + Kind.Length + 16];
        Domain.CopyTo(aad);
        var at = Domain.Length;
        Text(Table);
        Uuid(Id);
        Uuid(ParentId);
        Text(Kind);
        Uuid(HolderId);
        return aad;

        void Text(string text)
        {
            if (!Ascii.IsValid(text) || text.Length is 0 or > byte.MaxValue)
                throw new InvalidOperationException($"A wrap's table and kind are 1 to 255 ASCII characters, not '{text}'.");
            aad[at++] = (byte)text.Length;
            at += Encoding.ASCII.GetBytes(text, aad.AsSpan(at));
        }

        void Uuid(Guid id)
        {
            id.TryWriteBytes(aad.AsSpan(at), bigEndian: true, out var written);
            at += written;
        }
    }
}

/// <summary>AES-256-GCM wraps under a master or owner key, as FORMAT.md lays them out.</summary>
internal static class KeyWrap
{
    public const int KeyLength = 32;
    const byte Version = 1;
    const int IvLength = 12;
    const int TagLength = 16;
    const int Overhead = 1 + IvLength + TagLength;

    public static byte[] Seal(ReadOnlySpan<byte> key, WrapPlace place, ReadOnlySpan<byte> secret)
    {
        Span<byte> iv = stackalloc byte[IvLength];
        RandomNumberGenerator.Fill(iv);
        return Seal(key, place, secret, iv);
    }

    /// <summary>With the caller's IV: for the frozen vectors. An IV used twice under one key gives the key's stream away.</summary>
    internal static byte[] Seal(ReadOnlySpan<byte> key, WrapPlace place, ReadOnlySpan<byte> secret, ReadOnlySpan<byte> iv)
    {
        var wrapped = new byte[secret.Length + Overhead];
        wrapped[0] = Version;
        iv.CopyTo(wrapped.AsSpan(1));
        using var gcm = new AesGcm(key, TagLength);
        gcm.Encrypt(iv, secret, wrapped.AsSpan(1 + IvLength, secret.Length), wrapped.AsSpan(^TagLength..), place.Encode());
        return wrapped;
    }

    /// <summary>The secret, on the pinned heap; the caller clears it.</summary>
    /// <exception cref="KeyTamperedException">It is not this key's wrap of this row.</exception>
    public static byte[] Open(ReadOnlySpan<byte> key, WrapPlace place, ReadOnlySpan<byte> wrapped)
    {
        if (wrapped.Length < Overhead)
            throw new KeyTamperedException(place.Table, place.Id, $"{wrapped.Length} bytes are shorter than version, IV and tag");
        if (wrapped[0] != Version)
            throw new KeyTamperedException(place.Table, place.Id, $"version {wrapped[0]} is unknown");
        var secret = SecretBytes.Allocate(wrapped.Length - Overhead);
        using var gcm = new AesGcm(key, TagLength);
        try
        {
            gcm.Decrypt(wrapped[1..][..IvLength], wrapped[(1 + IvLength)..^TagLength], wrapped[^TagLength..], secret, place.Encode());
            return secret;
        }
        catch (AuthenticationTagMismatchException e)
        {
            throw new KeyTamperedException(place.Table, place.Id, "its tag does not fit its row and parent", e);
        }
    }
}

/// <summary>What the KEK wraps: a key bound to its row, because a vault takes no associated data.</summary>
internal static class KekPayload
{
    /// <summary>RSA-OAEP with SHA-256, by Key Vault's name.</summary>
    public const string Algorithm = "RSA-OAEP-256";
    const byte Version = 1;
    const int HeaderLength = 1 + SHA256.HashSizeInBytes;

    /// <summary>On the pinned heap; the caller clears it.</summary>
    public static byte[] Pack(WrapPlace place, ReadOnlySpan<byte> key)
    {
        var payload = SecretBytes.Allocate(HeaderLength + key.Length);
        payload[0] = Version;
        SHA256.HashData(place.Encode(), payload.AsSpan(1));
        key.CopyTo(payload.AsSpan(HeaderLength));
        return payload;
    }

    /// <summary>The key inside <paramref name="payload"/>.</summary>
    /// <exception cref="KeyTamperedException">It was wrapped for another row.</exception>
    public static ReadOnlySpan<byte> Unpack(WrapPlace place, ReadOnlySpan<byte> payload)
    {
        if (payload.Length <= HeaderLength)
            throw new KeyTamperedException(place.Table, place.Id, $"{payload.Length} bytes under the KEK hold no key");
        if (payload[0] != Version)
            throw new KeyTamperedException(place.Table, place.Id, $"version {payload[0]} under the KEK is unknown");
        if (!CryptographicOperations.FixedTimeEquals(SHA256.HashData(place.Encode()), payload[1..HeaderLength]))
            throw new KeyTamperedException(place.Table, place.Id, "the KEK wrapped it for another row");
        return payload[HeaderLength..];
    }

    /// <summary>Wraps without asking the KEK.</summary>
    /// <param name="publicKey">SubjectPublicKeyInfo, DER.</param>
    /// <param name="payload">At most what OAEP takes: 190 bytes with RSA-2048.</param>
    public static byte[] Wrap(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> payload)
    {
        using var rsa = RSA.Create();
        rsa.ImportSubjectPublicKeyInfo(publicKey, out _);
        return rsa.Encrypt(payload, RSAEncryptionPadding.OaepSHA256);
    }
}
