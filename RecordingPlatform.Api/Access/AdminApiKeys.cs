using System.ComponentModel.DataAnnotations;
using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Api.Http;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Audit;
using RecordingPlatform.Core.Data;

namespace RecordingPlatform.Api.Access;

/// <summary>The credentials of programs: made with at most its maker's own rights, listed without their secret, revoked at once.</summary>
internal sealed class AdminApiKeys : IEndpoint
{
    public sealed record Request
    {
        [StringLength(100, MinimumLength = 1)] public required string Name { get; init; }
        /// <summary>Permissions, or <c>ingest:</c> with the name of a source.</summary>
        public required IReadOnlyList<string> Scopes { get; init; }
        /// <summary>The one source whose recordings the key works with; without it, those it uploads itself.</summary>
        public string? Source { get; init; }
        public DateTimeOffset? ExpiresAt { get; init; }
    }

    public record Item
    {
        public required Guid Id { get; init; }
        public required string Name { get; init; }
        /// <summary>How the key begins, to recognise it by.</summary>
        public required string Prefix { get; init; }
        public required IReadOnlyList<string> Scopes { get; init; }
        public string? Source { get; init; }
        public Guid? CreatedBy { get; init; }
        public required DateTimeOffset CreatedAt { get; init; }
        public DateTimeOffset? ExpiresAt { get; init; }
        /// <summary>To the minute.</summary>
        public DateTimeOffset? LastUsedAt { get; init; }
        public DateTimeOffset? RevokedAt { get; init; }
    }

    public sealed record Made : Item
    {
        /// <summary>Shown this once.</summary>
        public required string Key { get; init; }
    }

    public sealed record Response
    {
        public required IReadOnlyList<Item> ApiKeys { get; init; }
    }

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/v1/admin/api-keys", ListAsync).RequirePermission(Permission.KeysManage);
        routes.MapPost("/api/v1/admin/api-keys", CreateAsync).RequirePermission(Permission.KeysManage)
            .Answers(400, "name_invalid", "scopes_invalid", "bad_request")
            .Answers(403, "scope_not_yours")
            .Answers(422, "scope_unknown", "source_unknown", "expires_at_past");
        routes.MapDelete("/api/v1/admin/api-keys/{keyId:guid}", RevokeAsync).RequirePermission(Permission.KeysManage).Answers(404, "api_key_not_found");
    }

    static async Task<Ok<Response>> ListAsync(RecordingDb db, AuditTrail audit, Caller caller, CancellationToken ct)
    {
        var keys = await (
            from key in db.ApiKeys.AsNoTracking()
            join source in db.Sources on key.SourceId equals source.Id into sources
            from source in sources.DefaultIfEmpty()
            orderby key.CreatedAt descending, key.Id descending
            select new Item
            {
                Id = key.Id,
                Name = key.Name,
                Prefix = key.Prefix,
                Scopes = key.Scopes,
                Source = source == null ? null : source.Name,
                CreatedBy = key.CreatedBy,
                CreatedAt = key.CreatedAt,
                ExpiresAt = key.ExpiresAt,
                LastUsedAt = key.LastUsedAt,
                RevokedAt = key.RevokedAt,
            }).ToListAsync(ct);
        await audit.RecordAsync(AuditAction.ApiKeysListed, caller, ct, facts: new { shown = keys.Count });
        await db.SaveChangesAsync(ct);
        return TypedResults.Ok(new Response { ApiKeys = keys });
    }

    static async Task<Results<Created<Made>, BadRequest, Forbidden, Unprocessable>> CreateAsync(Request request, ApiKeys keys, Caller caller, CancellationToken ct)
    {
        if (request.Name.Trim() is not { Length: > 0 and <= 100 } name)
            return new BadRequest("name_invalid", "name has 1 to 100 characters.");
        if (request.Scopes.Count is 0 or > 50)
            return new BadRequest("scopes_invalid", "scopes names at least one scope, at most 50.");
        return await keys.CreateAsync(name, request.Scopes, request.Source, request.ExpiresAt, caller, ct) switch
        {
            ApiKeyResult.Made made => TypedResults.Created($"/api/v1/admin/api-keys/{made.Key.Id}", new Made
            {
                Id = made.Key.Id,
                Name = made.Key.Name,
                Prefix = made.Key.Prefix,
                Scopes = made.Key.Scopes,
                Source = request.Source,
                CreatedBy = made.Key.CreatedBy,
                CreatedAt = made.Key.CreatedAt,
                ExpiresAt = made.Key.ExpiresAt,
                Key = made.Secret.Value,
            }),
            ApiKeyResult.NotYours notYours => new Forbidden("scope_not_yours", $"A key cannot have more rights than its maker: you do not have {notYours.Scope}."),
            ApiKeyResult.Refused refused => new Unprocessable(refused.Code, refused.Detail),
            _ => throw new InvalidOperationException("Making a key ends made or refused."),
        };
    }

    static async Task<Results<NoContent, NotFound>> RevokeAsync(Guid keyId, ApiKeys keys, Caller caller, CancellationToken ct) =>
        await keys.RevokeAsync(keyId, caller, ct) ? TypedResults.NoContent() : new NotFound("api_key_not_found", "There is no such key.");
}
