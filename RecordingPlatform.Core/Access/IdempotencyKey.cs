namespace RecordingPlatform.Core.Access;

/// <summary>A write and its answer: IDEMPOTENCY.md. <see cref="StatusCode"/> is null while an attempt is under way.</summary>
public sealed class IdempotencyKey
{
    public Guid CallerId { get; init; }
    public required string Route { get; init; }
    public required string Key { get; init; }
    public Guid Id { get; init; }
    public required byte[] RequestHash { get; set; }
    /// <summary>The attempt that works on it; a concurrency token, so that an attempt that was overtaken cannot commit.</summary>
    public Guid Attempt { get; set; }
    public DateTimeOffset LeaseUntil { get; set; }
    /// <summary>Set in the transaction that made the change.</summary>
    public DateTimeOffset? WrittenAt { get; set; }
    public int? StatusCode { get; set; }
    public string? ContentType { get; set; }
    public string? Location { get; set; }
    /// <summary>Sealed under <see cref="MasterKeyId"/>: answers hold personal data, and those of some routes a secret.</summary>
    public byte[]? Body { get; set; }
    public Guid? MasterKeyId { get; set; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset ExpiresAt { get; set; }
}
