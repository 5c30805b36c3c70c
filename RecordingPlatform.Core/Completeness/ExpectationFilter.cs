using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Recordings;

namespace RecordingPlatform.Core.Completeness;

/// <summary>What completeness is asked of: a time in which recordings were due, and a source.</summary>
public sealed record ExpectationFilter
{
    public required DateTimeOffset From { get; init; }
    public required DateTimeOffset To { get; init; }
    /// <summary>Its name.</summary>
    public string? Source { get; init; }
    /// <summary>Only these, in a list; what is counted is counted by state. Null for all.</summary>
    public IReadOnlyList<ExpectationState>? States { get; init; }

    /// <summary>Narrows by all but the states.</summary>
    public IQueryable<Expectation> Apply(RecordingDb db, IQueryable<Expectation> expectations)
    {
        expectations = expectations.Where(e => e.DueAt >= From && e.DueAt < To);
        // By its id, found first: joined, the index that has them in order could not be walked.
        return Source is null ? expectations : expectations.Where(e => e.SourceId == db.Sources.Where(s => s.Name == Source).Select(s => s.Id).FirstOrDefault());
    }
}
