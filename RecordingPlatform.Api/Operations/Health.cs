using Microsoft.EntityFrameworkCore;
using Npgsql;
using RecordingPlatform.Api.Http;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Keys;
using RecordingPlatform.Core.Storage;

namespace RecordingPlatform.Api.Operations;

/// <summary>What works and what does not, for people and load balancers. Details from loopback or with ops.read only.</summary>
internal sealed class Health : IEndpoint
{
    public sealed record Response
    {
        public required string Status { get; init; }
        public long? RecordingsCount { get; init; }
        public long? TranscriptionsCount { get; init; }
        public StoreFacts? Store { get; init; }
        public IReadOnlyDictionary<string, string>? Checks { get; init; }
    }

    public sealed record StoreFacts
    {
        public required string Provider { get; init; }
        public required string Container { get; init; }
    }

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/health", HandleAsync).AllowAnonymous("Load balancers ask; details need loopback or ops.read.").DisableRateLimiting();

    static async Task<IResult> HandleAsync(HttpContext http, RecordingDb db, IObjectStore store, EnvelopeKeys keys, CancellationToken ct)
    {
        var database = await CheckDatabaseAsync(db, ct);
        var objectStore = await store.ProbeAsync(ct);
        var keyService = database == "ok" ? await CheckKeysAsync(keys, ct) : "unknown";
        var healthy = database == "ok" && objectStore.Writable && keyService == "ok";
        var response = new Response { Status = healthy ? "healthy" : "unhealthy" };
        var mayKnow = http.Connection.RemoteIpAddress is { } ip && System.Net.IPAddress.IsLoopback(ip) || http.Features.Get<Caller>()?.May(Permission.OpsRead) == true;
        if (mayKnow)
        {
            response = response with
            {
                RecordingsCount = database == "ok" ? await db.Recordings.LongCountAsync(r => r.DeletedAt == null, ct) : null,
                TranscriptionsCount = database == "ok" ? await db.Recordings.LongCountAsync(r => r.TranscriptionId != null && r.DeletedAt == null, ct) : null,
                Store = new StoreFacts { Provider = store.Provider, Container = store.Container },
                Checks = new Dictionary<string, string>
                {
                    ["database"] = database,
                    ["object_store"] = objectStore.Writable ? "ok" : objectStore.Reason ?? "not writable",
                    ["key_service"] = keyService,
                },
            };
        }
        return TypedResults.Json(response, statusCode: healthy ? 200 : 503);
    }

    static async Task<string> CheckDatabaseAsync(RecordingDb db, CancellationToken ct)
    {
        try
        {
            await db.NowAsync(ct);
            return "ok";
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or InvalidOperationException { InnerException: NpgsqlException })
        {
            return "does not answer";
        }
    }

    static async Task<string> CheckKeysAsync(EnvelopeKeys keys, CancellationToken ct)
    {
        try
        {
            using var key = await keys.SigningKeyAsync(ServiceKeyPurpose.Ticket, ct);
            return "ok";
        }
        catch (KeyUnavailableException e)
        {
            return e.Message;
        }
    }
}
