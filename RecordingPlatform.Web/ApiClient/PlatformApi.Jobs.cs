using System.Globalization;

namespace RecordingPlatform.Web.ApiClient;

internal sealed partial class PlatformApi
{
    /// <summary>Jobs that failed for good, newest first.</summary>
    public Task<Answer<JobList>> ListDeadJobsAsync(string? cursor, int pageSize, CancellationToken ct) =>
        GetAsync<JobList>(WithQuery("api/v1/jobs", ("state", "dead"), ("cursor", cursor), ("page_size", pageSize.ToString(CultureInfo.InvariantCulture))), ct);

    /// <summary>Problems: <c>job_not_found</c>, <c>job_not_dead</c>.</summary>
    public Task<Answer<JobItem>> RequeueJobAsync(Guid id, CancellationToken ct) =>
        SendAsync<JobItem>(new(HttpMethod.Post, $"api/v1/jobs/{id}/requeue"), ct);
}

public sealed record JobList
{
    public required IReadOnlyList<JobItem> Jobs { get; init; }
    public required long Total { get; init; }
    public bool? TotalIsLowerBound { get; init; }
    public string? NextCursor { get; init; }
}

public sealed record JobItem
{
    public required Guid Id { get; init; }
    public required string Kind { get; init; }
    /// <summary><c>dead</c>; after a requeue <c>queued</c>, or <c>cancelled</c> when another queued job does its work.</summary>
    public required string State { get; init; }
    public Guid? RecordingId { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? FinishedAt { get; init; }
    /// <summary>Since it was enqueued or requeued; fewer than five when its deadline passed.</summary>
    public required int Failures { get; init; }
    /// <summary>Oldest first; also those from before a requeue.</summary>
    public IReadOnlyList<JobFailure> Errors { get; init; } = [];
}

public sealed record JobFailure
{
    public required DateTimeOffset At { get; init; }
    public required string Error { get; init; }
}
