using RecordingPlatform.Api.Http;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Audit;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Keys;

namespace RecordingPlatform.Api.Sources;

/// <summary>Where recordings come from: how each source is set up and how it fares, or one of them.</summary>
internal sealed class ListAllSources : IEndpoint
{
    public sealed record Response
    {
        public required IReadOnlyList<SourceItem> Sources { get; init; }
    }

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/api/v1/sources", ListAsync).RequirePermission(Permission.SourcesRead);

    static async Task<Ok<Response>> ListAsync(bool? live, RecordingDb db, EnvelopeKeys keys, PublicUrl urls, ViewTrail views, Caller caller, CancellationToken ct)
    {
        var sources = await SourceItem.ReadAsync(db, keys, urls, db.Sources.KnownTo(caller), ct);
        await views.RecordAsync(AuditAction.SourcesListed, caller, "", live == true, ct, facts: new { shown = sources.Count });
        return TypedResults.Ok(new Response { Sources = sources });
    }
}
