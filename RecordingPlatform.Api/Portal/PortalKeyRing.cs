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

    static async Task<NoContent> StoreAsync(Element element, RecordingDb db, EnvelopeKeys keys, CancellationToken ct)
    {
        if (await db.KeyRing.AnyAsync(k => k.FriendlyName == element.FriendlyName, ct))
            return TypedResults.NoContent();
        var id = Guid.CreateVersion7();
        var secret = await keys.SealAsync("key_ring", id, Encoding.UTF8.GetBytes(element.Xml), ct);
        db.KeyRing.Add(new KeyRingEntry { Id = id, FriendlyName = element.FriendlyName, SealedXml = secret.Bytes, MasterKeyId = secret.MasterKeyId });
        await db.SaveChangesAsync(ct);
        return TypedResults.NoContent();
    }
}
