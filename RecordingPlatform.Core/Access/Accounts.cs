using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Core.Audit;
using RecordingPlatform.Core.Data;

namespace RecordingPlatform.Core.Access;

public abstract record AccountResult
{
    public sealed record Done(Guid UserId) : AccountResult;
    public sealed record Unknown : AccountResult;
    public sealed record Invalid(string Code, string Detail) : AccountResult;
    /// <summary>The role brings permissions that whoever gives it does not have.</summary>
    public sealed record NotYours(string Role) : AccountResult;
    public sealed record LastAdministrator : AccountResult;
}

/// <summary>What to change about an account; null leaves it as it is.</summary>
public sealed record AccountChange(string? DisplayName, IReadOnlyList<string>? Roles, bool? Disabled);

/// <summary>Makes and changes users. Somebody who may sign in as an administrator is always left.</summary>
public sealed class Accounts(RecordingDb db, UserManager<User> users, AuditTrail audit)
{
    /// <summary>Makes a user for somebody who may give these roles.</summary>
    public async Task<AccountResult> CreateAsync(string email, string displayName, IReadOnlyList<string> roles, string password, Caller by, CancellationToken ct)
    {
        if (await CheckRolesAsync(roles, [], by, AuditAction.UserCreated, null, ct) is { } refused)
            return refused;
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var (user, result) = await AddAsync(email, displayName, roles, password, by, ct);
        if (!result.Succeeded)
        {
            var error = result.Errors.First();
            return new AccountResult.Invalid(error.Code.StartsWith("Duplicate", StringComparison.Ordinal) ? "email_taken" : $"account_{SnakeCase.Of(error.Code)}", error.Description);
        }
        await transaction.CommitAsync(ct);
        return new AccountResult.Done(user.Id);
    }

    /// <summary>As <c>migrate</c> and <c>demo</c> make users: the platform itself does it.</summary>
    /// <exception cref="InvalidOperationException">Identity refuses the address or the password; the message says why.</exception>
    public async Task<Guid> CreateAsync(string email, string displayName, IReadOnlyList<string> roles, string password, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var (user, result) = await AddAsync(email, displayName, roles, password, Caller.System, ct);
        Check(result, email);
        await transaction.CommitAsync(ct);
        return user.Id;
    }

    /// <summary>As <see cref="CreateAsync(string, string, IReadOnlyList{string}, string, CancellationToken)"/>; somebody who is there already only gets the new password.</summary>
    public async Task<Guid> CreateOrResetAsync(string email, string displayName, IReadOnlyList<string> roles, string password, CancellationToken ct)
    {
        if (await users.FindByEmailAsync(email) is not { } known)
            return await CreateAsync(email, displayName, roles, password, ct);
        known.PasswordHash = users.PasswordHasher.HashPassword(known, password);
        Check(await users.UpdateSecurityStampAsync(known), email);
        return known.Id;
    }

    /// <summary>Changes name, roles, or whether the account may sign in; disabling ends its sessions and their tickets.</summary>
    public async Task<AccountResult> ChangeAsync(Guid userId, AccountChange change, Caller by, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        // Whoever else takes an administrator away waits here: two at once would each see the other one stay.
        await db.Database.ExecuteSqlAsync($"select pg_advisory_xact_lock(hashtext('administrators'))", ct);
        if (await db.Users.Include(u => u.Roles).SingleOrDefaultAsync(u => u.Id == userId, ct) is not { } user)
            return new AccountResult.Unknown();
        var before = user.Roles.Select(r => r.Role).Order(StringComparer.Ordinal).ToList();
        var after = change.Roles?.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList() ?? before;
        if (await CheckRolesAsync(after, before, by, AuditAction.UserChanged, userId, ct) is { } refused)
        {
            await transaction.CommitAsync(ct);
            return refused;
        }
        var disabled = change.Disabled ?? user.DisabledAt is not null;
        if (before.Contains(Role.Admin) && (disabled || !after.Contains(Role.Admin))
            && !await db.Users.AnyAsync(u => u.Id != userId && u.DisabledAt == null && u.Roles.Any(r => r.Role == Role.Admin), ct))
        {
            await audit.RecordAsync(AuditAction.UserChanged, by, ct, new AuditTarget("user", userId), new { code = "last_administrator" }, outcome: AuditOutcome.Denied);
            await db.SaveChangesAsync(ct);
            await transaction.CommitAsync(ct);
            return new AccountResult.LastAdministrator();
        }
        user.DisplayName = change.DisplayName ?? user.DisplayName;
        if (disabled && user.DisabledAt is null)
        {
            user.DisabledAt = await db.NowAsync(ct);
            await Sessions.EndAsync(db, s => s.UserId == userId, "user_disabled", ct);
        }
        else if (!disabled)
        {
            user.DisabledAt = null;
        }
        user.Roles.RemoveAll(r => !after.Contains(r.Role));
        user.Roles.AddRange(after.Except(before, StringComparer.Ordinal).Select(role => new UserRole { UserId = userId, Role = role }));
        await audit.RecordAsync(AuditAction.UserChanged, by, ct, new AuditTarget("user", userId), new { roles_before = before, roles = after, disabled, name_changed = change.DisplayName is not null });
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        return new AccountResult.Done(userId);
    }

    async Task<(User User, IdentityResult Result)> AddAsync(string email, string displayName, IReadOnlyList<string> roles, string password, Caller by, CancellationToken ct)
    {
        var user = new User { Id = Guid.CreateVersion7(), UserName = email, Email = email, EmailConfirmed = true, DisplayName = displayName, LockoutEnabled = true };
        foreach (var role in roles.Distinct(StringComparer.Ordinal))
            user.Roles.Add(new UserRole { UserId = user.Id, Role = role });
        await audit.RecordAsync(AuditAction.UserCreated, by, ct, new AuditTarget("user", user.Id), new { roles });
        return (user, await users.CreateAsync(user, password));
    }

    // Both what is given and what is taken must be the giver's own: nobody makes somebody stronger than themselves.
    async Task<AccountResult?> CheckRolesAsync(IReadOnlyList<string> after, List<string> before, Caller by, AuditAction action, Guid? userId, CancellationToken ct)
    {
        if (after.FirstOrDefault(r => !Role.All.Contains(r)) is { } unknown)
            return new AccountResult.Invalid("role_unknown", $"There is no role {unknown}. A role is one of: {string.Join(", ", Role.All)}.");
        var changed = after.Except(before, StringComparer.Ordinal).Concat(before.Except(after, StringComparer.Ordinal));
        if (changed.FirstOrDefault(r => !Role.PermissionsOf(r).All(by.May)) is not { } stronger)
            return null;
        await audit.RecordAsync(action, by, ct, new AuditTarget("user", userId), new { refused = stronger }, outcome: AuditOutcome.Denied);
        await db.SaveChangesAsync(ct);
        return new AccountResult.NotYours(stronger);
    }

    static void Check(IdentityResult result, string email)
    {
        if (!result.Succeeded)
            throw new InvalidOperationException($"The account {email} was refused: {string.Join(" ", result.Errors.Select(e => e.Description))}");
    }
}
