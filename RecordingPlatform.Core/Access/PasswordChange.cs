using Microsoft.AspNetCore.Identity;
using RecordingPlatform.Core.Audit;
using RecordingPlatform.Core.Data;

namespace RecordingPlatform.Core.Access;

public abstract record PasswordChangeResult
{
    /// <summary>Every other session of the user ended in the same transaction.</summary>
    public sealed record Changed(int SessionsEnded) : PasswordChangeResult;
    public sealed record CurrentIsWrong : PasswordChangeResult;
    public sealed record LockedOut(TimeSpan Left) : PasswordChangeResult;
    public sealed record Refused(string Code, string Detail) : PasswordChangeResult;
}

/// <summary>Lets somebody replace their own password, for which they must know the one they have: a session alone is not enough.</summary>
public sealed class PasswordChange(RecordingDb db, UserManager<User> users, Sessions sessions, AuditTrail audit)
{
    /// <summary>Longer ones only make the server hash; nobody types them.</summary>
    public const int MaxLength = 256;

    /// <summary>Wrong current passwords count towards the same lock-out as wrong ones at sign-in.</summary>
    public async Task<PasswordChangeResult> ChangeAsync(Caller caller, string current, string chosen, CancellationToken ct)
    {
        var user = await users.FindByIdAsync($"{caller.UserId}") ?? throw new InvalidOperationException($"Caller {caller.UserId} is no user.");
        if (await FaultOfAsync(user, current, chosen) is { } fault)
        {
            await audit.RecordAsync(AuditAction.PasswordChanged, caller, ct, new AuditTarget("user", user.Id), new { code = fault.Code }, outcome: AuditOutcome.Denied);
            await db.SaveChangesAsync(ct);
            return fault;
        }
        switch (await sessions.ConfirmAsync(user, current, caller, ct))
        {
            case SignInResult.LockedOut locked:
                return new PasswordChangeResult.LockedOut(locked.Left);
            case SignInResult.SignedIn:
                break;
            default:
                return new PasswordChangeResult.CurrentIsWrong();
        }
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        if (await users.ChangePasswordAsync(user, current, chosen) is { Succeeded: false } refused)
        {
            // Two changes at once: the other one came first, and what was right a moment ago is not any more.
            return refused.Errors.All(e => e.Code is nameof(IdentityErrorDescriber.ConcurrencyFailure) or nameof(IdentityErrorDescriber.PasswordMismatch))
                ? new PasswordChangeResult.CurrentIsWrong()
                : throw new InvalidOperationException($"The password of {user.Id} was checked and then refused: {string.Join(", ", refused.Errors.Select(e => e.Code))}");
        }
        var ended = await Sessions.EndAsync(db, s => s.UserId == user.Id && s.Id != caller.SessionId, "password_changed", ct);
        await audit.RecordAsync(AuditAction.PasswordChanged, caller, ct, new AuditTarget("user", user.Id), new { sessions_ended = ended });
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        return new PasswordChangeResult.Changed(ended);
    }

    // Told before the current one is compared, so that an unfit choice costs no attempt. The rules are no secret.
    async Task<PasswordChangeResult.Refused?> FaultOfAsync(User user, string current, string chosen)
    {
        if (chosen.Length > MaxLength)
            return new("password_too_long", $"A password has at most {MaxLength} characters.");
        if (chosen == current)
            return new("password_unchanged", "The new password is the old one.");
        if (string.Equals(chosen.Trim(), user.Email, StringComparison.OrdinalIgnoreCase))
            return new("password_is_email", "Your e-mail address is the first thing that somebody would try. Choose something else.");
        foreach (var validator in users.PasswordValidators)
        {
            if ((await validator.ValidateAsync(users, user, chosen)).Errors.FirstOrDefault() is { } error)
            {
                return error.Code == nameof(IdentityErrorDescriber.PasswordTooShort)
                    ? new("password_too_short", $"A password has at least {users.Options.Password.RequiredLength} characters. A few words in a row do well.")
                    : new(SnakeCase.Of(error.Code), error.Description);
            }
        }
        return null;
    }
}
