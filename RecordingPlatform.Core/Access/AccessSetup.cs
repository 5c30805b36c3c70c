using Microsoft.AspNetCore.Identity;

namespace RecordingPlatform.Core.Access;

public static class AccessSetup
{
    /// <summary>Identity's rules, the same wherever users are made or checked.</summary>
    public static void Configure(IdentityOptions identity)
    {
        identity.User.RequireUniqueEmail = true;
        // Length is what resists guessing (NIST SP 800-63B §3.1.1.2); rules about characters only annoy.
        identity.Password.RequiredLength = 12;
        identity.Password.RequireDigit = false;
        identity.Password.RequireLowercase = false;
        identity.Password.RequireUppercase = false;
        identity.Password.RequireNonAlphanumeric = false;
        identity.Lockout.MaxFailedAccessAttempts = 5;
        identity.Lockout.DefaultLockoutTimeSpan = TimeSpan.FromMinutes(5);
    }
}
