using RecordingPlatform.Core.Audit;

namespace RecordingPlatform.Core.Access;

/// <summary>Who asks: one session of a user, or one API key.</summary>
public sealed record Caller
{
    public required ActorKind Kind { get; init; }
    public Guid? UserId { get; init; }
    public Guid? SessionId { get; init; }
    public Guid? ApiKeyId { get; init; }
    /// <summary>The one source an integration's key works for.</summary>
    public Guid? SourceId { get; init; }
    public string? Email { get; init; }
    public string? DisplayName { get; init; }
    public required IReadOnlySet<string> Roles { get; init; }
    public required IReadOnlySet<string> Permissions { get; init; }
    public DateTimeOffset? ExpiresAt { get; init; }
    public string? Ip { get; init; }
    public string? UserAgent { get; init; }

    /// <summary>The platform itself, as in jobs.</summary>
    public static Caller System { get; } = new() { Kind = ActorKind.System, Roles = new HashSet<string>(), Permissions = new HashSet<string>() };

    /// <summary>The user or the key, whichever it is.</summary>
    public Guid? ActorId => UserId ?? ApiKeyId;

    public bool May(string permission) => Permissions.Contains(permission);

    public bool Is(string role) => Roles.Contains(role);
}
