using System.Globalization;

namespace RecordingPlatform.Web.ApiClient;

internal sealed partial class PlatformApi
{
    /// <param name="filter">What to list.</param>
    /// <param name="pageSize">How many at most.</param>
    /// <param name="timeZone">IANA name: whose days.</param>
    /// <param name="live">The page refreshes itself: nobody has asked.</param>
    /// <param name="ct">Cancels.</param>
    public Task<Answer<CompletenessReport>> GetCompletenessAsync(ExpectationFilter filter, int pageSize, string timeZone, bool live, CancellationToken ct) =>
        GetAsync<CompletenessReport>(WithQuery("api/v1/completeness",
            ("from", Instant(filter.From)), ("to", Instant(filter.Until)), ("source", filter.Source), ("state", filter.State), ("time_zone", timeZone), ("cursor", filter.Cursor),
            ("page_size", pageSize.ToString(CultureInfo.InvariantCulture)), Live(live)), ct);

    /// <summary>Problems: <c>expectation_received</c>, <c>expectation_not_found</c>, <c>source_cannot_look</c>.</summary>
    public Task<Answer<Expectation>> LookAgainAsync(Guid expectation, CancellationToken ct) =>
        SendAsync<Expectation>(new(HttpMethod.Post, $"api/v1/completeness/{expectation}/retry"), ct);

    /// <summary>Problems: <c>expectation_received</c>, <c>expectation_not_found</c>, and what is wrong with the reason.</summary>
    public Task<Answer<Expectation>> MarkAbsentAsync(Guid expectation, string reason, CancellationToken ct) =>
        PostAsync<Expectation>($"api/v1/completeness/{expectation}/absent", new { reason }, ct);
}

internal sealed record ExpectationFilter
{
    public string? Source { get; init; }
    /// <summary>A state, or <c>open</c> for those that have not come and may.</summary>
    public string? State { get; init; }
    /// <summary>Due at or after.</summary>
    public DateTimeOffset? From { get; init; }
    /// <summary>Due before.</summary>
    public DateTimeOffset? Until { get; init; }
    public string? Cursor { get; init; }
}

public sealed record CompletenessReport
{
    public required ExpectationCounts Totals { get; init; }
    /// <summary>Newest day first; only those on which something was due.</summary>
    public required IReadOnlyList<SourceDay> Days { get; init; }
    public required IReadOnlyList<Expectation> Expectations { get; init; }
    public required long Total { get; init; }
    public bool? TotalIsLowerBound { get; init; }
    public string? NextCursor { get; init; }
}

public record ExpectationCounts
{
    public required int Expected { get; init; }
    public required int Late { get; init; }
    public required int Received { get; init; }
    public required int Absent { get; init; }
}

public sealed record SourceDay : ExpectationCounts
{
    public required DateOnly Date { get; init; }
    public required string Source { get; init; }
}

/// <summary>A recording that should exist by a time.</summary>
public sealed record Expectation
{
    public required Guid Id { get; init; }
    public required Conversation Conversation { get; init; }
    /// <summary><c>audio</c>, <c>video</c> or <c>composition</c>.</summary>
    public required string Medium { get; init; }
    /// <summary><c>expected</c>, <c>late</c>, <c>received</c> or <c>absent</c>.</summary>
    public required string State { get; init; }
    public required DateTimeOffset DueAt { get; init; }
    public DateTimeOffset? LateAt { get; init; }
    public DateTimeOffset? ReceivedAt { get; init; }
    public string? AbsentReason { get; init; }
    public string? LastProblem { get; init; }
    /// <summary>How often the platform has looked for it.</summary>
    public int Looks { get; init; }
    /// <summary>It goes on looking by itself.</summary>
    public bool Looking { get; init; }
    public DateTimeOffset? NextLookAt { get; init; }
    public DateTimeOffset? LookUntil { get; init; }
    public Guid? RecordingId { get; init; }
}
