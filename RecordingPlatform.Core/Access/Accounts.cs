using Microsoft.AspNetCore.Identity;
using RecordingPlatform.Core.Audit;
using RecordingPlatform.Core.Data;

namespace RecordingPlatform.Core.Access;

/// <summary>Makes users.</summary>
public sealed class Accounts(RecordingDb db, UserManager<User> users, AuditTrail audit)
{
    /// <exception cref="InvalidOperationException">Identity refuses the address or the password; the message says why.</exception>
    public async Task<Guid> CreateAsync(string email, string displayName, IReadOnlyList<string> roles, string password, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var user = new User { Id = Guid.CreateVersion7(), UserName = email, Email = email, EmailConfirmed = true, DisplayName = displayName, LockoutEnabled = true };
        foreach (var role in roles)
            user.Roles.Add(new UserRole { UserId = user.Id, Role = role });
        Check(await users.CreateAsync(user, password), email);
        await audit.RecordAsync(AuditAction.UserCreated, Caller.System, ct, new AuditTarget("user", user.Id), new { roles });
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        return user.Id;
    }

    /// <summary>As <see cref="CreateAsync"/>; somebody who is there already only gets the new password.</summary>
    public async Task<Guid> CreateOrResetAsync(string email, string displayName, IReadOnlyList<string> roles, string password, CancellationToken ct)
    {
        if (await users.FindByEmailAsync(email) is not { } known)
            return await CreateAsync(email, displayName, roles, password, ct);
        known.PasswordHash = users.PasswordHasher.HashPassword(known, password);
        Check(await users.UpdateSecurityStampAsync(known), email);
        return known.Id;
    }

    static void Check(IdentityResult result, string email)
    {
        if (!result.Succeeded)
            throw new InvalidOperationException($"The account {email} was refused: {string.Join(" ", result.Errors.Select(e => e.Description))}");
    }
}
