using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Jobs;

namespace RecordingPlatform.Api.Jobs;

/// <summary>A job as an operator sees it: what it is about by id only, and every error that was kept.</summary>
internal sealed record JobItem
{
    public sealed record Failure
    {
        public required DateTimeOffset At { get; init; }
        /// <summary>Which claim of the job it ended, counted from 1 over all its lives.</summary>
        public required long Attempt { get; init; }
        public required string Error { get; init; }
    }

    public required Guid Id { get; init; }
    public required string Kind { get; init; }
    public required JobState State { get; init; }
    /// <summary>Lower runs first.</summary>
    public required short Priority { get; init; }
    /// <summary>The recording it is for, if it is for one.</summary>
    public Guid? RecordingId { get; init; }
    /// <summary>The ids among its arguments, by name. Whatever else they hold is not shown.</summary>
    public required IReadOnlyDictionary<string, Guid> About { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    /// <summary>When it is or was due.</summary>
    public required DateTimeOffset RunAt { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset? FinishedAt { get; init; }
    public DateTimeOffset? DeadlineAt { get; init; }
    /// <summary>Machine and process that hold it.</summary>
    public string? Worker { get; init; }
    /// <summary>0 to 1.</summary>
    public float? Progress { get; init; }
    /// <summary>What it waits for, when it put itself off.</summary>
    public string? WaitingFor { get; init; }
    /// <summary>Since it was enqueued or requeued; the fifth is the last.</summary>
    public required int Failures { get; init; }
    /// <summary>The queued job that does its work instead.</summary>
    public Guid? SupersededBy { get; init; }
    /// <summary>All that were kept, oldest first; also those from before a requeue.</summary>
    public required IReadOnlyList<Failure> Errors { get; init; }

    public static async Task<List<JobItem>> ReadAsync(RecordingDb db, IQueryable<Job> jobs, CancellationToken ct)
    {
        var rows = await jobs.AsNoTracking().ToListAsync(ct);
        var ids = rows.ConvertAll(j => j.Id);
        var errors = (await db.JobErrors.AsNoTracking().Where(e => ids.Contains(e.JobId)).OrderBy(e => e.Id).ToListAsync(ct)).ToLookup(e => e.JobId);
        return rows.ConvertAll(job => new JobItem
        {
            Id = job.Id,
            Kind = job.Kind,
            State = job.State,
            Priority = job.Priority,
            RecordingId = job.RecordingId,
            About = IdsOf(job.Arguments),
            CreatedAt = job.CreatedAt,
            RunAt = job.RunAt,
            StartedAt = job.StartedAt,
            FinishedAt = job.FinishedAt,
            DeadlineAt = job.DeadlineAt,
            Worker = job.LeasedBy,
            Progress = job.Progress,
            WaitingFor = job.WaitingFor,
            Failures = job.Failures,
            SupersededBy = job.SupersededBy,
            Errors = [.. errors[job.Id].Select(e => new Failure { At = e.At, Attempt = e.Fence, Error = e.Error })],
        });
    }

    // Arguments are personal and may hold a secret: what is no id does not leave.
    static Dictionary<string, Guid> IdsOf(string arguments)
    {
        using var json = JsonDocument.Parse(arguments);
        var ids = new Dictionary<string, Guid>(StringComparer.Ordinal);
        if (json.RootElement.ValueKind is not JsonValueKind.Object)
            return ids;
        foreach (var member in json.RootElement.EnumerateObject())
        {
            if (member.Name.EndsWith("_id", StringComparison.Ordinal) && member.Value.ValueKind is JsonValueKind.String && member.Value.TryGetGuid(out var id))
                ids[member.Name] = id;
        }
        return ids;
    }
}
