using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Core.Audit;
using RecordingPlatform.Core.Data;

namespace RecordingPlatform.Core.Access;

public abstract record ApiKeyResult
{
    public sealed record Made(ApiKey Key, SecretToken Secret) : ApiKeyResult;
    public sealed record Refused(string Code, string Detail) : ApiKeyResult;
    /// <summary>The scope exists, and its maker does not have it.</summary>
    public sealed record NotYours(string Scope) : ApiKeyResult;
}

/// <summary>
/// Makes and revokes the credentials of programs. A key never opens more than its maker could at that moment: each scope is
/// a permission of the maker's, and a key that makes keys stays inside its own source.
/// </summary>
public sealed class ApiKeys(RecordingDb db, AuditTrail audit)
{
    const string IngestPrefix = "ingest:";
    const int PrefixLength = 12;

    /// <summary>Makes a key and saves it with its audit row. The secret is seen once, here.</summary>
    public async Task<ApiKeyResult> CreateAsync(string name, IReadOnlyList<string> scopes, string? sourceName, DateTimeOffset? expiresAt, Caller maker, CancellationToken ct)
    {
        if (expiresAt <= await db.NowAsync(ct))
            return new ApiKeyResult.Refused("expires_at_past", "expires_at lies in the past.");
        Guid? source = null;
        if (sourceName is not null)
        {
            source = await db.Sources.Where(s => s.Name == sourceName).Select(s => (Guid?)s.Id).SingleOrDefaultAsync(ct);
            if (source is null)
                return new ApiKeyResult.Refused("source_unknown", "There is no source of that name.");
        }
        if (maker.ApiKeyId is not null && source != maker.SourceId)
            return await RefuseAsync("source", maker, ct);
        foreach (var scope in scopes)
        {
            if (scope.StartsWith(IngestPrefix, StringComparison.Ordinal))
            {
                var ingested = scope[IngestPrefix.Length..];
                if (!await db.Sources.AnyAsync(s => s.Name == ingested, ct))
                    return new ApiKeyResult.Refused("source_unknown", $"The scope {scope} names no source.");
                // People take recordings in by one permission; a program passes on only the scope it has itself.
                if (!maker.May(scope) && !(maker.UserId is not null && maker.May(Permission.RecordingsUpload)))
                    return await RefuseAsync(scope, maker, ct);
            }
            else if (!Role.AllPermissions.Contains(scope))
            {
                return new ApiKeyResult.Refused("scope_unknown", $"There is no scope {scope}. A scope is ingest:<source> or one of: {string.Join(", ", Role.AllPermissions.Order(StringComparer.Ordinal))}.");
            }
            else if (!maker.May(scope))
            {
                return await RefuseAsync(scope, maker, ct);
            }
        }
        var secret = SecretToken.Create(SecretToken.ApiKey);
        var key = new ApiKey
        {
            Id = Guid.CreateVersion7(),
            Name = name,
            Prefix = secret.Value[..PrefixLength],
            KeyHash = secret.Hash(),
            Scopes = [.. scopes.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)],
            SourceId = source,
            CreatedBy = maker.UserId,
            ExpiresAt = expiresAt,
        };
        db.ApiKeys.Add(key);
        await audit.RecordAsync(AuditAction.ApiKeyCreated, maker, ct, new AuditTarget("api_key", key.Id), new { key.Scopes, source_id = source, expires_at = expiresAt });
        await db.SaveChangesAsync(ct);
        return new ApiKeyResult.Made(key, secret);
    }

    /// <summary>Ends a key, and with it the tickets it asked for. Safe to repeat; false when there is no such key.</summary>
    public async Task<bool> RevokeAsync(Guid id, Caller caller, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var now = await db.NowAsync(ct);
        // The portal's own key is migrate's to replace: revoking it here would lock everybody out of the portal.
        var ended = await db.ApiKeys.Where(k => k.Id == id && k.RevokedAt == null && !k.Scopes.Contains(Permission.PortalServe))
            .ExecuteUpdateAsync(set => set.SetProperty(k => k.RevokedAt, now), ct);
        if (ended == 0)
            return await db.ApiKeys.AnyAsync(k => k.Id == id && !k.Scopes.Contains(Permission.PortalServe), ct);
        await db.Tickets.Where(t => t.ApiKeyId == id && t.RevokedAt == null).ExecuteUpdateAsync(set => set.SetProperty(t => t.RevokedAt, now), ct);
        await audit.RecordAsync(AuditAction.ApiKeyRevoked, caller, ct, new AuditTarget("api_key", id));
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        return true;
    }

    async Task<ApiKeyResult> RefuseAsync(string scope, Caller maker, CancellationToken ct)
    {
        await audit.RecordAsync(AuditAction.ApiKeyCreated, maker, ct, facts: new { refused = scope }, outcome: AuditOutcome.Denied);
        await db.SaveChangesAsync(ct);
        return new ApiKeyResult.NotYours(scope);
    }
}
