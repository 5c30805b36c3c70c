namespace RecordingPlatform.Core.Access;

/// <summary>A program's credential. Holds only the SHA-256 of the key; <see cref="Prefix"/> lets a person recognise it.</summary>
public sealed class ApiKey
{
    public Guid Id { get; init; }
    public required string Name { get; set; }
    public required string Prefix { get; init; }
    public required byte[] KeyHash { get; init; }
    public required string[] Scopes { get; set; }
    public Guid? SourceId { get; init; }
    public Guid? CreatedBy { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? ExpiresAt { get; set; }
    public DateTimeOffset? LastUsedAt { get; set; }
    public DateTimeOffset? RevokedAt { get; set; }
}
