namespace RecordingPlatform.Web.ApiClient;

internal sealed partial class PlatformApi
{
    /// <param name="timeZone">IANA name: whose days and hours.</param>
    /// <param name="live">The page refreshes itself: nobody has asked.</param>
    /// <param name="ct">Cancels.</param>
    public Task<Answer<PlatformOverview>> GetOverviewAsync(string timeZone, bool live, CancellationToken ct) =>
        GetAsync<PlatformOverview>(WithQuery("api/v1/overview", ("time_zone", timeZone), Live(live)), ct);
}

/// <summary>How things stand; parts that the reader may not see are null.</summary>
public sealed record PlatformOverview
{
    public required DateTimeOffset At { get; init; }
    public required IntakeOverview Intake { get; init; }
    public MissingOverview? Missing { get; init; }
    public QueueOverview? Queue { get; init; }
    public StorageOverview? Storage { get; init; }
    public HoldsOverview? Holds { get; init; }
}

public sealed record IntakeOverview
{
    public required IReadOnlyList<IntakeSlice> Hours { get; init; }
    /// <summary>14, today last.</summary>
    public required IReadOnlyList<IntakeSlice> Days { get; init; }
    public required IReadOnlyList<SourceCount> TodayBySource { get; init; }
    public required IReadOnlyList<SourceCount> BySource { get; init; }
    /// <summary>Nothing older is counted; null when all is.</summary>
    public DateTimeOffset? CountedFrom { get; init; }
}

public sealed record IntakeSlice
{
    public required DateTimeOffset From { get; init; }
    public required DateTimeOffset To { get; init; }
    public required int Total { get; init; }
    public required IReadOnlyDictionary<string, int> ByStatus { get; init; }
}

public sealed record SourceCount
{
    public required string Source { get; init; }
    public required int Total { get; init; }
}

public sealed record MissingOverview
{
    public required int Late { get; init; }
    public required int Expected { get; init; }
    public required IReadOnlyList<MissingItem> Newest { get; init; }
}

public sealed record MissingItem
{
    public required Guid ExpectationId { get; init; }
    public required Guid ConversationId { get; init; }
    public string? Title { get; init; }
    public required string CallId { get; init; }
    public required string Source { get; init; }
    public required string Medium { get; init; }
    public required DateTimeOffset DueAt { get; init; }
}

public sealed record QueueOverview
{
    public required long Due { get; init; }
    public required long Later { get; init; }
    public required long Running { get; init; }
    public required long Dead { get; init; }
    public required double OldestWaitSeconds { get; init; }
}

public sealed record StorageOverview
{
    public required long Bytes { get; init; }
    public required long Objects { get; init; }
    public required IReadOnlyList<TierOverview> Tiers { get; init; }
}

public sealed record TierOverview
{
    public required string Tier { get; init; }
    public required long Bytes { get; init; }
    public required long Objects { get; init; }
}

public sealed record HoldsOverview
{
    public required int Active { get; init; }
    public required int Matters { get; init; }
}
