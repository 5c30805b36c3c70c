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
    public sealed record LockedOut(DateTimeOffset Until) : SignInResult;
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
        if (await users.IsLockedOutAsync(user))
            return new SignInResult.LockedOut(user.LockoutEnd!.Value);
        if (!await users.CheckPasswordAsync(user, password))
            return await RefusedAsync(user, anonymous, ct);
        if (user.TwoFactorEnabled)
        {
            if (string.IsNullOrEmpty(code))
                return new SignInResult.CodeNeeded();
            if (!await users.VerifyTwoFactorTokenAsync(user, TokenOptions.DefaultAuthenticatorProvider, code))
                return await RefusedAsync(user, anonymous, ct);
        }
        await users.ResetAccessFailedCountAsync(user);
        return new SignInResult.SignedIn(user);
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

    SecretToken AddRefreshToken(Session session)
    {
        var refresh = SecretToken.Create(SecretToken.Refresh);
        db.RefreshTokens.Add(new RefreshToken { TokenHash = refresh.Hash(), SessionId = session.Id, ExpiresAt = session.ExpiresAt });
        return refresh;
    }

    async Task<SignInResult> RefusedAsync(User user, Caller anonymous, CancellationToken ct)
    {
        await users.AccessFailedAsync(user);
        await audit.RecordAsync(AuditAction.SignInFailed, anonymous with { UserId = user.Id }, ct, outcome: AuditOutcome.Denied);
        await db.SaveChangesAsync(ct);
        return await users.IsLockedOutAsync(user) ? new SignInResult.LockedOut(user.LockoutEnd!.Value) : new SignInResult.Refused();
    }
}
