namespace RecordingPlatform.Core.Audit;

public enum AuditOutcome { Done, Denied, Failed }

public enum ActorKind { User, ApiKey, System, Anonymous }

/// <summary>One entry of the audit log. Never changed: its leaf bytes are what the Merkle tree is built from.</summary>
public sealed class AuditRow
{
    public long Id { get; init; }
    public DateTimeOffset At { get; init; }
    public int Epoch { get; init; }
    public ulong Xid { get; init; }
    public AuditAction Action { get; init; }
    public AuditOutcome Outcome { get; init; }
    public ActorKind ActorKind { get; init; }
    public Guid? ActorId { get; init; }
    public Guid? SessionId { get; init; }
    public Guid? RecordingId { get; init; }
    public Guid? SubjectId { get; init; }
    public string? TargetKind { get; init; }
    public Guid? TargetId { get; init; }
    /// <summary>JSON: ids, counts and codes, nothing personal.</summary>
    public string? Facts { get; init; }
    public Guid? DetailsId { get; init; }
    public required byte[] Leaf { get; init; }
}

/// <summary>What may be erased later (a reason in words, IP, user agent); the leaf holds its salted hash.</summary>
public sealed class AuditDetails
{
    public Guid Id { get; init; }
    public DateTimeOffset AuditAt { get; init; }
    public required byte[] Salt { get; init; }
    public string? Reason { get; set; }
    public string? Ip { get; set; }
    public string? UserAgent { get; set; }
    public DateTimeOffset? ErasedAt { get; set; }
}

/// <summary>The gapless place of an audit row in the log.</summary>
public sealed class AuditLeaf
{
    public long LeafIndex { get; init; }
    public long AuditId { get; init; }
    public DateTimeOffset AuditAt { get; init; }
    public required byte[] LeafHash { get; init; }
}

/// <summary>A signed statement of the tree's size and root.</summary>
public sealed class Checkpoint
{
    public long Size { get; init; }
    public required byte[] Root { get; init; }
    public DateTimeOffset At { get; init; }
    public Guid ServiceKeyId { get; init; }
    public required byte[] Signature { get; init; }
    public required byte[] Note { get; init; }
}
