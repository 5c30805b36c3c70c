using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Core.Audit;
using RecordingPlatform.Core.Data;

namespace RecordingPlatform.Core.Access;

/// <summary>
/// Finds who a credential belongs to. Nothing is cached: a revoked session ends with the request under way. When it was last
/// seen is noted once a minute, so that a request costs no write.
/// </summary>
public sealed class Callers(RecordingDb db)
{
    /// <summary>The caller of an access token or portal handle; null when unknown, expired or revoked.</summary>
    public async Task<Caller?> BySessionTokenAsync(string token, SessionKind kind, CancellationToken ct)
    {
        var hash = SecretToken.HashOf(token);
        return await FromSessionAsync(db.Sessions.Where(s => s.TokenHash == hash && s.Kind == kind && s.TokenExpiresAt > RecordingDb.Now()), ct);
    }

    /// <summary>The caller behind a session that a ticket is bound to.</summary>
    public Task<Caller?> BySessionIdAsync(Guid sessionId, CancellationToken ct) =>
        FromSessionAsync(db.Sessions.Where(s => s.Id == sessionId), ct);

    public async Task<Caller?> ByApiKeyAsync(string key, CancellationToken ct)
    {
        var hash = SecretToken.HashOf(key);
        return await FromApiKeyAsync(db.ApiKeys.Where(k => k.KeyHash == hash), ct);
    }

    public Task<Caller?> ByApiKeyIdAsync(Guid id, CancellationToken ct) => FromApiKeyAsync(db.ApiKeys.Where(k => k.Id == id), ct);

    async Task<Caller?> FromSessionAsync(IQueryable<Session> sessions, CancellationToken ct)
    {
        var found = await (
            from session in sessions
            where session.RevokedAt == null && session.ExpiresAt > RecordingDb.Now()
            join user in db.Users on session.UserId equals user.Id
            where user.DisabledAt == null
            select new { session.Id, Stale = session.SeenAt < RecordingDb.Now().AddMinutes(-1), session.ExpiresAt, session.TokenExpiresAt, user, Roles = user.Roles.Select(r => r.Role).ToList() })
            .AsNoTracking().SingleOrDefaultAsync(ct);
        if (found is null)
            return null;
        if (found.Stale)
            await db.Database.ExecuteSqlAsync($"update sessions set seen_at = app_now() where id = {found.Id} and seen_at < app_now() - interval '1 minute'", ct);
        return new Caller
        {
            Kind = ActorKind.User,
            UserId = found.user.Id,
            SessionId = found.Id,
            Email = found.user.Email,
            DisplayName = found.user.DisplayName,
            Roles = found.Roles.ToHashSet(StringComparer.Ordinal),
            Permissions = found.Roles.SelectMany(Role.PermissionsOf).ToHashSet(StringComparer.Ordinal),
            ExpiresAt = found.TokenExpiresAt,
        };
    }

    async Task<Caller?> FromApiKeyAsync(IQueryable<ApiKey> keys, CancellationToken ct)
    {
        var found = await keys.AsNoTracking()
            .Where(k => k.RevokedAt == null && (k.ExpiresAt == null || k.ExpiresAt > RecordingDb.Now()))
            .Select(k => new { Key = k, Stale = k.LastUsedAt == null || k.LastUsedAt < RecordingDb.Now().AddMinutes(-1) })
            .SingleOrDefaultAsync(ct);
        if (found is null)
            return null;
        var key = found.Key;
        if (found.Stale)
        {
            await db.Database.ExecuteSqlAsync(
                $"update api_keys set last_used_at = app_now() where id = {key.Id} and (last_used_at is null or last_used_at < app_now() - interval '1 minute')", ct);
        }
        return new Caller
        {
            Kind = ActorKind.ApiKey,
            ApiKeyId = key.Id,
            SourceId = key.SourceId,
            DisplayName = key.Name,
            Roles = key.SourceId is null ? new HashSet<string>() : new HashSet<string> { Role.Integration },
            // A key's scopes are permissions, and ingest:<source>, which the webhook of that source asks for.
            Permissions = key.Scopes.ToHashSet(StringComparer.Ordinal),
            ExpiresAt = key.ExpiresAt,
        };
    }
}
