using System.Text;
using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Api.Http;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Keys;

namespace RecordingPlatform.Api.Portal;

/// <summary>
/// The portal's Data Protection keys, sealed by a master key, so that any web replica reads what another one wrote.
/// </summary>
internal sealed class PortalKeyRing : IEndpoint
{
    /// <summary>How Data Protection names a key; what it revokes is named otherwise.</summary>
    const string KeyName = "key-";

    static readonly TimeSpan Together = TimeSpan.FromMinutes(2);

    public sealed record Element
    {
        public required string FriendlyName { get; init; }
        public required string Xml { get; init; }
    }

    public sealed record Response
    {
        public required IReadOnlyList<Element> Elements { get; init; }
    }

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/internal/portal/key-ring", ReadAsync).RequirePermission(Permission.PortalServe).ExcludeFromDescription();
        routes.MapPost("/internal/portal/key-ring", StoreAsync).RequirePermission(Permission.PortalServe).NotIdempotent("Storing an element twice is storing it once.").ExcludeFromDescription();
    }

    static async Task<Ok<Response>> ReadAsync(RecordingDb db, EnvelopeKeys keys, CancellationToken ct)
    {
        var elements = new List<Element>();
        foreach (var entry in await db.KeyRing.AsNoTracking().OrderBy(k => k.CreatedAt).ToListAsync(ct))
        {
            var xml = await keys.UnsealAsync("key_ring", entry.Id, entry.MasterKeyId, entry.SealedXml, ct);
            elements.Add(new Element { FriendlyName = entry.FriendlyName, Xml = Encoding.UTF8.GetString(xml) });
        }
        return TypedResults.Ok(new Response { Elements = elements });
    }

    /// <summary>
    /// Of portals that start at once and find no key, the first makes it for all: each looks at the ring again after it stored,
    /// and would otherwise refuse for a day what the others sign.
    /// </summary>
    static async Task<NoContent> StoreAsync(Element element, RecordingDb db, EnvelopeKeys keys, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        await db.Database.ExecuteSqlAsync($"select pg_advisory_xact_lock(hashtext('key_ring'))", ct);
        var isKey = element.FriendlyName.StartsWith(KeyName, StringComparison.Ordinal);
        var since = await db.NowAsync(ct) - Together;
        if (await db.KeyRing.AnyAsync(k => k.FriendlyName == element.FriendlyName || (isKey && k.FriendlyName.StartsWith(KeyName) && k.CreatedAt > since), ct))
            return TypedResults.NoContent();
        var id = Guid.CreateVersion7();
        var secret = await keys.SealAsync("key_ring", id, Encoding.UTF8.GetBytes(element.Xml), ct);
        db.KeyRing.Add(new KeyRingEntry { Id = id, FriendlyName = element.FriendlyName, SealedXml = secret.Bytes, MasterKeyId = secret.MasterKeyId });
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        return TypedResults.NoContent();
    }
}
