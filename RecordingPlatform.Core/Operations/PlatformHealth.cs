using System.Text.Json.Serialization;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Jobs;
using RecordingPlatform.Core.Keys;
using RecordingPlatform.Core.Redis;
using RecordingPlatform.Core.Storage;

namespace RecordingPlatform.Core.Operations;

/// <summary>The parts that are looked at: each <c>ok</c>, or what is wrong in a few words.</summary>
public sealed record HealthChecks
{
    public const string Ok = "ok";
    public const string NotConfigured = "not configured";

    public required string Database { get; init; }
    public required string Redis { get; init; }
    public required string ObjectStore { get; init; }
    public required string Ffmpeg { get; init; }
    public required string Queue { get; init; }
    public required string KeyService { get; init; }

    /// <summary>
    /// <c>unhealthy</c>: this process cannot serve recordings. <c>degraded</c>: it can, but something behind it stands still;
    /// taking it out of rotation would help nobody.
    /// </summary>
    [JsonIgnore]
    public string Status => Database != Ok || ObjectStore != Ok || KeyService != Ok ? "unhealthy"
        : Ffmpeg != Ok || Queue != Ok || Redis is not (Ok or NotConfigured) ? "degraded" : "healthy";
}

/// <summary>Looks at what the platform depends on.</summary>
public sealed class PlatformHealth(RecordingDb db, IObjectStore store, EnvelopeKeys keys, RedisClient redis)
{
    /// <summary>Beyond a burst of uploads: workers are gone or stuck.</summary>
    static readonly TimeSpan LongWait = TimeSpan.FromMinutes(5);

    public async Task<HealthChecks> CheckAsync(CancellationToken ct)
    {
        var (database, ffmpeg, queue) = await CheckDatabaseAsync(ct);
        var objectStore = await store.ProbeAsync(ct);
        return new HealthChecks
        {
            Database = database,
            Redis = CheckRedis(),
            ObjectStore = objectStore.Writable ? HealthChecks.Ok : objectStore.Reason ?? "not writable",
            Ffmpeg = ffmpeg,
            Queue = queue,
            KeyService = database == HealthChecks.Ok ? await CheckKeysAsync(ct) : "unknown",
        };
    }

    /// <summary>Recordings and transcripts that are not deleted.</summary>
    public async Task<(long Recordings, long Transcriptions)> CountAsync(CancellationToken ct) => (
        await db.Recordings.LongCountAsync(r => r.DeletedAt == null, ct),
        await db.Recordings.LongCountAsync(r => r.TranscriptionId != null && r.DeletedAt == null, ct));

    string CheckRedis() => redis.Health switch
    {
        { Condition: RedisCondition.Off } => HealthChecks.NotConfigured,
        { Condition: RedisCondition.Answering } => HealthChecks.Ok,
        var health => health.Why ?? "not yet reached",
    };

    async Task<(string Database, string Ffmpeg, string Queue)> CheckDatabaseAsync(CancellationToken ct)
    {
        try
        {
            var failures = await db.WorkerStandings.AsNoTracking().Where(w => w.ReportedAt > RecordingDb.Now() - WorkerStanding.GoneAfter)
                .Select(w => w.MediaFailure).ToListAsync(ct);
            var depth = await JobQueue.DepthAsync(db, ct);
            // One worker that can is enough for the work to be done.
            var ffmpeg = failures.Count == 0 ? "no worker has reported within the last minute" : failures.Contains(null) ? HealthChecks.Ok : failures[0]!;
            var queue = depth.LongestWait > LongWait ? $"the oldest due job has waited {depth.LongestWait.TotalMinutes:0} minutes" : HealthChecks.Ok;
            return (HealthChecks.Ok, ffmpeg, queue);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or InvalidOperationException { InnerException: NpgsqlException })
        {
            return ("does not answer", "unknown", "unknown");
        }
    }

    async Task<string> CheckKeysAsync(CancellationToken ct)
    {
        try
        {
            using var key = await keys.SigningKeyAsync(ServiceKeyPurpose.Ticket, ct);
            return HealthChecks.Ok;
        }
        catch (KeyUnavailableException e)
        {
            return e.Message;
        }
    }
}
