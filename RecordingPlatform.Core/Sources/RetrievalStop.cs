using RecordingPlatform.Core.Data;

namespace RecordingPlatform.Core.Sources;

/// <summary>
/// A source that is not asked for media until a person has looked. Holds while the source is what it was: any change of it lets
/// retrieval go on.
/// </summary>
public sealed class RetrievalStop
{
    public Guid SourceId { get; init; }
    /// <summary><see cref="Source.UpdatedAt"/> when it stopped.</summary>
    public DateTimeOffset SettingsAt { get; init; }
    /// <summary>What happened and what to do.</summary>
    public required string Reason { get; init; }
    public DateTimeOffset StoppedAt { get; init; }

    public bool StandsFor(Source source) => source.UpdatedAt == SettingsAt;

    /// <summary>Those that hold: their sources were not changed since.</summary>
    public static IQueryable<RetrievalStop> Standing(RecordingDb db) => db.RetrievalStops.Where(stop => db.Sources.Any(s => s.Id == stop.SourceId && s.UpdatedAt == stop.SettingsAt));
}
