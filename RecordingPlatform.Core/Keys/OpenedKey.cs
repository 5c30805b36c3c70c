using System.Security.Cryptography;

namespace RecordingPlatform.Core.Keys;

/// <summary>A data key opened for one reading. Its 32 bytes are the holder's own copy and are overwritten on disposal.</summary>
public sealed class OpenedKey : IDisposable
{
    readonly byte[] _key;
    bool _disposed;

    internal OpenedKey(Guid dataKeyId, byte[] key, CancellationToken revoked)
    {
        DataKeyId = dataKeyId;
        _key = key;
        Revoked = revoked;
    }

    public Guid DataKeyId { get; }

    /// <summary>Cancelled when the KEK is denied: a reader that outlives every cache stops here, too.</summary>
    public CancellationToken Revoked { get; }

    public ReadOnlyMemory<byte> Memory
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _key;
        }
    }

    public void Dispose()
    {
        _disposed = true;
        CryptographicOperations.ZeroMemory(_key);
    }
}

/// <summary>
/// A key of the platform itself. Ticket: 32 bytes for an HMAC. Checkpoint: ECDSA P-256 as PKCS#8, with its public part;
/// opened to verify, a checkpoint key brings the public part alone.
/// </summary>
public sealed class OpenedServiceKey : IDisposable
{
    readonly byte[] _key;
    bool _disposed;

    internal OpenedServiceKey(Guid id, ServiceKeyPurpose purpose, byte[] key, byte[]? publicKey)
    {
        Id = id;
        Purpose = purpose;
        PublicKey = publicKey;
        _key = key;
    }

    public Guid Id { get; }
    public ServiceKeyPurpose Purpose { get; }

    /// <summary>SubjectPublicKeyInfo, DER; null for a ticket key.</summary>
    public byte[]? PublicKey { get; }

    /// <summary>Empty when a checkpoint key was opened to verify.</summary>
    public ReadOnlyMemory<byte> Key
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _key;
        }
    }

    public void Dispose()
    {
        _disposed = true;
        CryptographicOperations.ZeroMemory(_key);
    }
}

/// <summary>A small secret sealed under a master key; both parts go into its row.</summary>
public sealed record SealedSecret(Guid MasterKeyId, byte[] Bytes);

/// <summary>What a shred ended, for its certificate.</summary>
public sealed record DestroyedKeys(IReadOnlyList<Guid> OwnerKeyIds, IReadOnlyList<Guid> DataKeyIds);
