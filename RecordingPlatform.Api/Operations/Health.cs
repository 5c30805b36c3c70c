using RecordingPlatform.Api.Http;
using RecordingPlatform.Core.Operations;
using RecordingPlatform.Core.Storage;

namespace RecordingPlatform.Api.Operations;

/// <summary>What works and what does not, for people and load balancers. Details from loopback or with ops.read only.</summary>
internal sealed class Health : IEndpoint
{
    /// <summary>What everybody learns.</summary>
    public sealed record Brief
    {
        /// <summary>healthy, degraded (serves, but something behind it stands still) or unhealthy.</summary>
        public required string Status { get; init; }
    }

    public sealed record Response
    {
        public required string Status { get; init; }
        /// <summary>Null when the database does not answer.</summary>
        public required long? RecordingsCount { get; init; }
        public required long? TranscriptionsCount { get; init; }
        public required StoreFacts Store { get; init; }
        public required HealthChecks Checks { get; init; }
    }

    public sealed record StoreFacts
    {
        public required string Provider { get; init; }
        public required string Container { get; init; }
    }

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/health", HandleAsync).AllowAnonymous("Load balancers ask; details need loopback or ops.read.")
        .DisableRateLimiting()
        .Produces<Response>(200).Produces<Response>(503);

    static async Task<IResult> HandleAsync(HttpContext http, PlatformHealth health, IObjectStore store, CancellationToken ct)
    {
        var checks = await health.CheckAsync(ct);
        var code = checks.Status == "unhealthy" ? 503 : 200;
        http.Response.Headers.CacheControl = "no-store";
        if (!OperatorsOnly.Allows(http))
            return TypedResults.Json(new Brief { Status = checks.Status }, statusCode: code);
        (long Recordings, long Transcriptions)? counts = checks.Database == HealthChecks.Ok ? await health.CountAsync(ct) : null;
        return TypedResults.Json(new Response
        {
            Status = checks.Status,
            RecordingsCount = counts?.Recordings,
            TranscriptionsCount = counts?.Transcriptions,
            Store = new StoreFacts { Provider = store.Provider, Container = store.Container },
            Checks = checks,
        }, statusCode: code);
    }
}
