using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Api.Http;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Keys;
using RecordingPlatform.Core.Recordings;
using RecordingPlatform.Core.Sources;

namespace RecordingPlatform.Api.Sources;

/// <summary>A source as an administrator sees it: how it is set up, that it has secrets and never which, and how it fares.</summary>
internal sealed record SourceItem
{
    /// <summary>Which credentials there are.</summary>
    public record SecretsItem
    {
        /// <summary>0 to 2: two while one replaces the other.</summary>
        public required int WebhookSecrets { get; init; }
        public required bool SshPrivateKey { get; init; }
        /// <summary>To put into authorized_keys on the other machine.</summary>
        public string? SshPublicKey { get; init; }
        public required bool S3Keys { get; init; }
        /// <summary>The ids of cameras that have credentials.</summary>
        public required IReadOnlyList<string> CameraCredentials { get; init; }
    }

    /// <summary>Why nothing is fetched until a person has looked and the source was changed.</summary>
    public sealed record StopItem(string Reason, DateTimeOffset StoppedAt);

    public required Guid Id { get; init; }
    public required string Name { get; init; }
    public required SourceKind Kind { get; init; }
    public required bool Enabled { get; init; }
    /// <summary>IANA name: the zone of its file names and folders.</summary>
    public required string TimeZone { get; init; }
    public string? PublicBaseUrl { get; init; }
    public string? MediaLocation { get; init; }
    public required bool NoiseReduction { get; init; }
    public required SourceSettings Settings { get; init; }
    /// <summary>Null while the key service does not answer.</summary>
    public SecretsItem? Secrets { get; init; }
    /// <summary>How the outside system reaches its webhook; null for kinds that report nothing here.</summary>
    public string? WebhookUrl { get; init; }
    public DateTimeOffset? LastEventAt { get; init; }
    /// <summary>Reports of the last 24 hours; counted to 10,000.</summary>
    [JsonPropertyName("events_24h")] public required int Events24h { get; init; }
    /// <summary>Deliveries turned away in the last 24 hours, to the hour; also those of its kind of which it could not be told whose they were.</summary>
    [JsonPropertyName("refused_24h")] public required long Refused24h { get; init; }
    /// <summary>Recordings that are due and not there; counted to 1,000.</summary>
    public required int Missing { get; init; }
    /// <summary>Null while recordings are fetched.</summary>
    public StopItem? RetrievalStopped { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset UpdatedAt { get; init; }

    // Counting further costs more than anyone learns from it.
    const int MostEvents = 10_000;

    /// <summary>By name.</summary>
    public static async Task<List<SourceItem>> ReadAsync(RecordingDb db, EnvelopeKeys keys, PublicUrl urls, IQueryable<Source> sources, CancellationToken ct)
    {
        var dayAgo = (await db.NowAsync(ct)).AddDays(-1);
        var stops = RetrievalStop.Standing(db);
        var rows = await (
            from source in sources.AsNoTracking()
            orderby source.Name
            select new
            {
                Source = source,
                LastEventAt = db.RawEvents.Where(e => e.SourceId == source.Id).Max(e => (DateTimeOffset?)e.ReceivedAt),
                Events = db.RawEvents.Where(e => e.SourceId == source.Id && e.ReceivedAt >= dayAgo).Take(MostEvents).Count(),
                Refused = db.RefusedDeliveries.Where(r => r.SourceKind == source.Kind && r.LastAt >= dayAgo && (r.SourceId == null || r.SourceId == source.Id)).Sum(r => r.Count),
                Missing = db.Expectations.Where(e => e.SourceId == source.Id && (e.State == ExpectationState.Expected || e.State == ExpectationState.Late) && e.DueAt < RecordingDb.Now())
                    .Take(MissingRecordings.Most).Count(),
                Stop = stops.FirstOrDefault(s => s.SourceId == source.Id),
            }).ToListAsync(ct);
        var items = new List<SourceItem>(rows.Count);
        foreach (var row in rows)
        {
            items.Add(new SourceItem
            {
                Id = row.Source.Id,
                Name = row.Source.Name,
                Kind = row.Source.Kind,
                Enabled = row.Source.Enabled,
                TimeZone = row.Source.TimeZone,
                PublicBaseUrl = row.Source.PublicBaseUrl,
                MediaLocation = row.Source.MediaLocation,
                NoiseReduction = row.Source.NoiseReduction,
                Settings = SourceSettings.Read(row.Source.Settings),
                Secrets = await SecretsAsync(row.Source, keys, ct),
                WebhookUrl = urls.OfWebhook(row.Source),
                LastEventAt = row.LastEventAt,
                Events24h = row.Events,
                Refused24h = row.Refused,
                Missing = row.Missing,
                RetrievalStopped = row.Stop is { } stop ? new StopItem(stop.Reason, stop.StoppedAt) : null,
                CreatedAt = row.Source.CreatedAt,
                UpdatedAt = row.Source.UpdatedAt,
            });
        }
        return items;
    }

    public static async Task<SourceItem?> FindAsync(RecordingDb db, EnvelopeKeys keys, PublicUrl urls, IQueryable<Source> visible, Guid id, CancellationToken ct) =>
        await ReadAsync(db, keys, urls, visible.Where(s => s.Id == id), ct) is [var one] ? one : null;

    public static SecretsItem Of(Source source, SourceSecrets secrets) => new()
    {
        WebhookSecrets = secrets.WebhookSecrets.Count,
        SshPrivateKey = secrets.SshPrivateKey is not null,
        SshPublicKey = secrets.SshPrivateKey is { } text && Core.Sources.SshPrivateKey.TryRead(text, out var key, out _) ? $"{key.PublicKey} recordings-{source.Name}" : null,
        S3Keys = secrets.S3AccessKey is not null,
        CameraCredentials = [.. secrets.CameraCredentials.Keys.Order(StringComparer.Ordinal)],
    };

    // How a source is set up can be seen, and mended, while the key service is away.
    static async Task<SecretsItem?> SecretsAsync(Source source, EnvelopeKeys keys, CancellationToken ct)
    {
        try
        {
            return Of(source, await source.OpenSecretsAsync(keys, ct));
        }
        catch (KeyUnavailableException)
        {
            return null;
        }
    }
}
