using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Ingest;
using RecordingPlatform.Core.Keys;

namespace RecordingPlatform.Core.Sources;

/// <summary>A source as the door knows it: who it is and by which keys its reports are recognised.</summary>
public sealed record KnownSource
{
    public required Guid Id { get; init; }
    public required string Name { get; init; }
    public required SourceKind Kind { get; init; }
    public required bool Enabled { get; init; }
    public required DateTimeOffset UpdatedAt { get; init; }
    /// <summary>Of its webhook secrets. Null while they cannot be opened.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>>? WebhookKeys { get; init; }
}

/// <summary>
/// The sources that report, kept for <see cref="Kept"/> so that a report costs no query: a secret that was taken away, or a
/// source that was switched off, is noticed within that time.
/// </summary>
public sealed class SourceDirectory(IDbContextFactory<RecordingDb> databases, EnvelopeKeys keys, TimeProvider clock) : IDisposable
{
    public static readonly TimeSpan Kept = TimeSpan.FromSeconds(2);

    readonly SemaphoreSlim _reading = new(1);
    volatile Reading? _last;

    sealed record Reading(long At, IReadOnlyList<KnownSource> Sources);

    /// <summary>All of a kind, also those that are switched off.</summary>
    /// <param name="kind">Which.</param>
    /// <param name="since">
    /// As they stood at this timestamp of the clock or later; null for what is kept. Whoever is about to refuse asks so: a source
    /// that was set up a moment ago is known at once. All who wait share one reading.
    /// </param>
    /// <param name="ct">Cancels the wait.</param>
    public async Task<IReadOnlyList<KnownSource>> OfKindAsync(SourceKind kind, long? since, CancellationToken ct)
    {
        bool Serves(Reading reading) => since is { } asked ? reading.At >= asked : clock.GetElapsedTime(reading.At) < Kept;
        if (_last is { } kept && Serves(kept))
            return OfKind(kept, kind);
        await _reading.WaitAsync(ct);
        try
        {
            if (_last is not { } fresh || !Serves(fresh))
                _last = fresh = new Reading(clock.GetTimestamp(), await ReadAsync(ct));
            return OfKind(fresh, kind);
        }
        finally
        {
            _reading.Release();
        }
    }

    public void Dispose() => _reading.Dispose();

    static List<KnownSource> OfKind(Reading reading, SourceKind kind) => [.. reading.Sources.Where(s => s.Kind == kind)];

    async Task<List<KnownSource>> ReadAsync(CancellationToken ct)
    {
        await using var db = await databases.CreateDbContextAsync(ct);
        var rows = await db.Sources.AsNoTracking().Where(s => s.Kind != SourceKind.Upload).ToListAsync(ct);
        var known = _last?.Sources.ToDictionary(s => s.Id) ?? [];
        var sources = new List<KnownSource>(rows.Count);
        foreach (var row in rows)
        {
            // Opened once for each change: the key service is not asked every two seconds.
            var unchanged = known.TryGetValue(row.Id, out var before) && before is { WebhookKeys: not null } && before.UpdatedAt == row.UpdatedAt;
            sources.Add(new KnownSource
            {
                Id = row.Id,
                Name = row.Name,
                Kind = row.Kind,
                Enabled = row.Enabled,
                UpdatedAt = row.UpdatedAt,
                WebhookKeys = unchanged ? before!.WebhookKeys : await OpenAsync(row, ct),
            });
        }
        return sources;
    }

    async Task<IReadOnlyList<ReadOnlyMemory<byte>>?> OpenAsync(Source row, CancellationToken ct)
    {
        try
        {
            var secrets = await row.OpenSecretsAsync(keys, ct);
            return [.. secrets.WebhookSecrets.Select(StandardWebhook.KeyOf).OfType<byte[]>().Select(key => (ReadOnlyMemory<byte>)key)];
        }
        catch (KeyUnavailableException)
        {
            return null;
        }
    }
}
