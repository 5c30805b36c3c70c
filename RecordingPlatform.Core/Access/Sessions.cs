using System.Linq.Expressions;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using RecordingPlatform.Core.Audit;
using RecordingPlatform.Core.Data;

namespace RecordingPlatform.Core.Access;

/// <summary>What an attempt to sign in came to.</summary>
public abstract record SignInResult
{
    public sealed record SignedIn(User User) : SignInResult;
    public sealed record Refused : SignInResult;
    public sealed record CodeNeeded : SignInResult;
    public sealed record LockedOut(TimeSpan Left) : SignInResult;
}

/// <summary>The secrets of a session that was just opened or refreshed: seen once, here.</summary>
public sealed record IssuedTokens(Session Session, SecretToken Token, SecretToken? RefreshToken, int ExpiresInSeconds);

/// <summary>Signs people in and out. Tokens are opaque; what they allow is read from the database at every request.</summary>
public sealed class Sessions(RecordingDb db, UserManager<User> users, AuditTrail audit, IOptions<AccessOptions> options)
{
    // Compared when the address is unknown, so that the answer takes as long as for a known one.
    static readonly string DecoyHash = new PasswordHasher<User>().HashPassword(new User { DisplayName = "" }, "decoy");

    /// <summary>Checks password and second factor; wrong ones count towards Identity's lock-out.</summary>
    public async Task<SignInResult> CheckAsync(string email, string password, string? code, Caller anonymous, CancellationToken ct)
    {
        var user = await users.FindByEmailAsync(email);
        if (user is null || user.DisabledAt is not null)
        {
            users.PasswordHasher.VerifyHashedPassword(new User { DisplayName = "" }, DecoyHash, password);
            return new SignInResult.Refused();
        }
        if (await LockedAsync(user.Id, ct) is { } locked)
            return await LockedOutAsync(locked, user, anonymous, ct);
        if (!await users.CheckPasswordAsync(user, password))
            return await RefusedAsync(user, anonymous, ct);
        if (user.TwoFactorEnabled)
        {
            if (string.IsNullOrEmpty(code))
                return new SignInResult.CodeNeeded();
            if (!await users.VerifyTwoFactorTokenAsync(user, TokenOptions.DefaultAuthenticatorProvider, code))
                return await RefusedAsync(user, anonymous, ct);
        }
        // Guesses sent all at once: the right one among them comes too late.
        if (await LockedAsync(user.Id, ct) is { } meanwhile)
            return await LockedOutAsync(meanwhile, user, anonymous, ct);
        await db.Users.Where(u => u.Id == user.Id && u.AccessFailedCount > 0).ExecuteUpdateAsync(set => set.SetProperty(u => u.AccessFailedCount, 0), ct);
        return new SignInResult.SignedIn(user);
    }

    /// <summary>Checks the password of somebody who is signed in; wrong ones count as those at sign-in do.</summary>
    internal async Task<SignInResult> ConfirmAsync(User user, string password, Caller caller, CancellationToken ct)
    {
        if (await LockedAsync(user.Id, ct) is { } locked)
            return await LockedOutAsync(locked, user, caller, ct);
        if (!await users.CheckPasswordAsync(user, password))
            return await RefusedAsync(user, caller, ct);
        return await LockedAsync(user.Id, ct) is { } meanwhile ? await LockedOutAsync(meanwhile, user, caller, ct) : new SignInResult.SignedIn(user);
    }

    /// <summary>Opens a session and saves it with its audit row.</summary>
    public async Task<IssuedTokens> OpenAsync(User user, SessionKind kind, Caller anonymous, CancellationToken ct)
    {
        var now = await db.NowAsync(ct);
        var limits = options.Value;
        var token = SecretToken.Create(kind == SessionKind.Portal ? SecretToken.Portal : SecretToken.Access);
        var lifetime = kind == SessionKind.Portal ? limits.PortalSessionLifetime : limits.RefreshTokenLifetime;
        var session = new Session
        {
            Id = Guid.CreateVersion7(),
            UserId = user.Id,
            Kind = kind,
            TokenHash = token.Hash(),
            TokenExpiresAt = now + (kind == SessionKind.Portal ? limits.PortalSessionLifetime : limits.AccessTokenLifetime),
            ExpiresAt = now + lifetime,
            Ip = anonymous.Ip,
            UserAgent = anonymous.UserAgent,
        };
        db.Sessions.Add(session);
        var refresh = kind == SessionKind.Bearer ? AddRefreshToken(session) : (SecretToken?)null;
        await audit.RecordAsync(AuditAction.SignedIn, anonymous with { Kind = ActorKind.User, UserId = user.Id, SessionId = session.Id }, ct);
        await db.SaveChangesAsync(ct);
        return new IssuedTokens(session, token, refresh, (int)(session.TokenExpiresAt - now).TotalSeconds);
    }

    /// <summary>Rotates. A refresh token used a second time was copied: its whole session ends. Null when it is not valid.</summary>
    public async Task<IssuedTokens?> RefreshAsync(string refreshToken, Caller anonymous, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var hash = SecretToken.HashOf(refreshToken);
        var now = await db.NowAsync(ct);
        var old = await db.RefreshTokens.AsNoTracking().SingleOrDefaultAsync(t => t.TokenHash == hash, ct);
        if (old is null)
            return null;
        var session = (await db.Sessions.FromSql($"select * from sessions where id = {old.SessionId} for update").ToListAsync(ct))[0];
        var user = await db.Users.AsNoTracking().SingleAsync(u => u.Id == session.UserId, ct);
        if (session.RevokedAt is not null || session.ExpiresAt <= now || old.ExpiresAt <= now || user.DisabledAt is not null)
            return null;
        var actor = anonymous with { Kind = ActorKind.User, UserId = session.UserId, SessionId = session.Id };
        var first = await db.RefreshTokens.Where(t => t.TokenHash == hash && t.UsedAt == null).ExecuteUpdateAsync(set => set.SetProperty(t => t.UsedAt, now), ct);
        if (first == 0)
        {
            session.RevokedAt = now;
            session.RevokedWhy = "refresh_token_reused";
            await audit.RecordAsync(AuditAction.RefreshTokenReused, actor, ct);
            await db.SaveChangesAsync(ct);
            await transaction.CommitAsync(ct);
            return null;
        }
        var token = SecretToken.Create(SecretToken.Access);
        session.TokenHash = token.Hash();
        session.TokenExpiresAt = now + options.Value.AccessTokenLifetime;
        session.SeenAt = now;
        var refresh = AddRefreshToken(session);
        await audit.RecordAsync(AuditAction.SessionRefreshed, actor, ct);
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        return new IssuedTokens(session, token, refresh, (int)(session.TokenExpiresAt - now).TotalSeconds);
    }

    /// <summary>Ends the caller's own session. Safe to repeat.</summary>
    public async Task CloseAsync(Caller caller, CancellationToken ct)
    {
        var now = await db.NowAsync(ct);
        var session = await db.Sessions.SingleOrDefaultAsync(s => s.Id == caller.SessionId && s.RevokedAt == null, ct);
        if (session is null)
            return;
        session.RevokedAt = now;
        session.RevokedWhy = "signed_out";
        await audit.RecordAsync(AuditAction.SignedOut, caller, ct);
        await db.SaveChangesAsync(ct);
    }

    /// <summary>Ends one session of a user, with the tickets it asked for: the next byte range is refused. False when the user has no such session in force.</summary>
    public async Task<bool> RevokeAsync(Guid userId, Guid sessionId, Caller caller, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var why = caller.UserId == userId ? "revoked_by_user" : "revoked_by_administrator";
        if (await EndAsync(db, s => s.UserId == userId && s.Id == sessionId && s.ExpiresAt > RecordingDb.Now(), why, ct) == 0)
            return false;
        await audit.RecordAsync(AuditAction.SessionRevoked, caller, ct, new AuditTarget("session", sessionId), new { user_id = userId });
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        return true;
    }

    /// <summary>Ends sessions and their tickets, inside the transaction of the caller's.</summary>
    internal static async Task<int> EndAsync(RecordingDb db, Expression<Func<Session, bool>> which, string why, CancellationToken ct)
    {
        var now = await db.NowAsync(ct);
        var open = db.Sessions.Where(s => s.RevokedAt == null).Where(which);
        await db.Tickets.Where(t => t.RevokedAt == null && open.Any(s => s.Id == t.SessionId)).ExecuteUpdateAsync(set => set.SetProperty(t => t.RevokedAt, now), ct);
        return await open.ExecuteUpdateAsync(set => set.SetProperty(s => s.RevokedAt, now).SetProperty(s => s.RevokedWhy, why), ct);
    }

    SecretToken AddRefreshToken(Session session)
    {
        var refresh = SecretToken.Create(SecretToken.Refresh);
        db.RefreshTokens.Add(new RefreshToken { TokenHash = refresh.Hash(), SessionId = session.Id, ExpiresAt = session.ExpiresAt });
        return refresh;
    }

    // Counted by one statement, so that guesses sent in parallel all count; by the database's clock, as every time is.
    async Task<SignInResult> RefusedAsync(User user, Caller anonymous, CancellationToken ct)
    {
        var limits = users.Options.Lockout;
        await db.Database.ExecuteSqlAsync($"""
            update users set
                lockout_end = case when access_failed_count + 1 >= {limits.MaxFailedAccessAttempts} then app_now() + {limits.DefaultLockoutTimeSpan} else lockout_end end,
                access_failed_count = case when access_failed_count + 1 >= {limits.MaxFailedAccessAttempts} then 0 else access_failed_count + 1 end
            where id = {user.Id}
            """, ct);
        await audit.RecordAsync(AuditAction.SignInFailed, anonymous with { UserId = user.Id }, ct, outcome: AuditOutcome.Denied);
        await db.SaveChangesAsync(ct);
        return await LockedAsync(user.Id, ct) is { } left ? new SignInResult.LockedOut(left) : new SignInResult.Refused();
    }

    async Task<SignInResult> LockedOutAsync(TimeSpan left, User user, Caller anonymous, CancellationToken ct)
    {
        await audit.RecordAsync(AuditAction.SignInFailed, anonymous with { UserId = user.Id }, ct, facts: new { code = "locked_out" }, outcome: AuditOutcome.Denied);
        await db.SaveChangesAsync(ct);
        return new SignInResult.LockedOut(left);
    }

    async Task<TimeSpan?> LockedAsync(Guid userId, CancellationToken ct)
    {
        var found = await db.Users.Where(u => u.Id == userId && u.LockoutEnabled && u.LockoutEnd > RecordingDb.Now())
            .Select(u => new { End = u.LockoutEnd!.Value, Now = RecordingDb.Now() }).SingleOrDefaultAsync(ct);
        return found is null ? null : found.End - found.Now;
    }
}
