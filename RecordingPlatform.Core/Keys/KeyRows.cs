namespace RecordingPlatform.Core.Keys;

public enum KekProvider { Local, KeyVault }

/// <summary>One version of the key-encryption key. The public part lets a replica wrap while the vault is away.</summary>
public sealed class KekVersion
{
    public required string Id { get; init; }
    public KekProvider Provider { get; init; }
    /// <summary>SubjectPublicKeyInfo, DER.</summary>
    public required byte[] PublicKey { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? RetiredAt { get; set; }
}

/// <summary>A master key, wrapped by a KEK version. Rotation re-wraps only these.</summary>
public sealed class MasterKey
{
    public Guid Id { get; init; }
    public required string KekVersionId { get; set; }
    public required byte[] Wrapped { get; set; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? RetiredAt { get; set; }
}

public enum ServiceKeyPurpose { Ticket, Checkpoint }

/// <summary>A key of the platform itself, wrapped like a master key.</summary>
public sealed class ServiceKey
{
    public Guid Id { get; init; }
    public ServiceKeyPurpose Purpose { get; init; }
    public required string KekVersionId { get; set; }
    public required byte[] Wrapped { get; set; }
    public byte[]? PublicKey { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? RetiredAt { get; set; }
}

/// <summary>One generation of an owner's key. Destroying all generations shreds all that hangs on them.</summary>
public sealed class OwnerKey
{
    public Guid Id { get; init; }
    public Objects.OwnerKind OwnerKind { get; init; }
    public Guid OwnerId { get; init; }
    public int Generation { get; init; }
    public Guid MasterKeyId { get; set; }
    public byte[]? Wrapped { get; set; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? DestroyedAt { get; set; }
}

/// <summary>The key of one object (DEK), wrapped by its owner's key.</summary>
public sealed class DataKey
{
    public Guid Id { get; init; }
    public Guid ObjectId { get; init; }
    public Guid OwnerKeyId { get; set; }
    public byte[]? Wrapped { get; set; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? DestroyedAt { get; set; }
}
