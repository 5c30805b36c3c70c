namespace RecordingPlatform.Core.Access;

public enum SessionKind { Bearer, Portal }

/// <summary>One signed-in device. Holds only the SHA-256 of its token.</summary>
public sealed class Session
{
    public Guid Id { get; init; }
    public Guid UserId { get; init; }
    public SessionKind Kind { get; init; }
    public required byte[] TokenHash { get; set; }
    public DateTimeOffset TokenExpiresAt { get; set; }
    public DateTimeOffset ExpiresAt { get; set; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset SeenAt { get; set; }
    public DateTimeOffset? RevokedAt { get; set; }
    public string? RevokedWhy { get; set; }
    public string? Ip { get; init; }
    public string? UserAgent { get; init; }
}

/// <summary>One link of a session's refresh chain. A used one that comes back was copied.</summary>
public sealed class RefreshToken
{
    public required byte[] TokenHash { get; init; }
    public Guid SessionId { get; init; }
    public DateTimeOffset IssuedAt { get; init; }
    public DateTimeOffset ExpiresAt { get; init; }
    public DateTimeOffset? UsedAt { get; set; }
}
