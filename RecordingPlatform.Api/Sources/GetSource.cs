using RecordingPlatform.Api.Http;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Audit;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Keys;

namespace RecordingPlatform.Api.Sources;

/// <summary>One source: how it is set up, which secrets it has, and how it fares.</summary>
internal sealed class GetSource : IEndpoint
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/api/v1/sources/{sourceId:guid}", HandleAsync).RequirePermission(Permission.SourcesRead)
        .Answers(404, "source_not_found");

    static async Task<Results<Ok<SourceItem>, NotFound>> HandleAsync(Guid sourceId, bool? live, RecordingDb db, EnvelopeKeys keys, PublicUrl urls, ViewTrail views, Caller caller, CancellationToken ct)
    {
        if (await SourceItem.FindAsync(db, keys, urls, db.Sources.KnownTo(caller), sourceId, ct) is not { } source)
            return NotFound.Source;
        await views.RecordAsync(AuditAction.SourceViewed, caller, $"{sourceId}", live == true, ct, new AuditTarget("source", sourceId));
        return TypedResults.Ok(source);
    }
}
