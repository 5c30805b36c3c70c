namespace RecordingPlatform.Core.Access;

/// <summary>A write and its answer. <see cref="StatusCode"/> is null while the first attempt is under way.</summary>
public sealed class IdempotencyKey
{
    public Guid CallerId { get; init; }
    public required string Route { get; init; }
    public required string Key { get; init; }
    public required byte[] RequestHash { get; init; }
    public int? StatusCode { get; set; }
    public string? ContentType { get; set; }
    public string? Location { get; set; }
    public byte[]? Body { get; set; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset ExpiresAt { get; init; }
}
