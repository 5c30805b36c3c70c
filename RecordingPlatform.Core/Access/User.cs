using Microsoft.AspNetCore.Identity;

namespace RecordingPlatform.Core.Access;

/// <summary>Somebody who can sign in.</summary>
public sealed class User : IdentityUser<Guid>
{
    public required string DisplayName { get; set; }
    /// <summary>IANA name; null shows times in the browser's own zone.</summary>
    public string? TimeZone { get; set; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? DisabledAt { get; set; }
    public List<UserRole> Roles { get; } = [];
}

public sealed class UserRole
{
    public Guid UserId { get; init; }
    public required string Role { get; init; }
    public DateTimeOffset GrantedAt { get; init; }
}

/// <summary>The fixed set of roles, as listed for administrators.</summary>
public sealed class RoleRow
{
    public required string Name { get; init; }
    public required string Description { get; init; }
}
