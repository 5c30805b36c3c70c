using Microsoft.EntityFrameworkCore;
using Npgsql;
using RecordingPlatform.Core.Data;

namespace RecordingPlatform.Core.Jobs;

/// <summary>When a job runs again after it is done, and with what.</summary>
/// <param name="Every">From one run's due time to the next.</param>
/// <param name="Arguments">JSON, as <see cref="JobArguments"/> writes it.</param>
public sealed record Recurrence(TimeSpan Every, string Arguments);

/// <summary>One claim of a job, as its handler sees it.</summary>
public sealed class JobContext(NpgsqlDataSource source, TimeProvider clock)
{
    // What a progress bar can show; more would only wear the row.
    static readonly TimeSpan ProgressEvery = TimeSpan.FromSeconds(1);

    const string Complete = """
        update jobs set state = 'done', finished_at = app_now(), progress = 1, leased_by = null, leased_until = null
        where id = {0} and fence = {1} and state = 'running'
        """;

    // The next run is the first of the same phase that is still ahead.
    const string CompleteAndRecur = $$"""
        with completed as ({{Complete}} returning *)
        insert into jobs (id, kind, arguments, priority, unique_key, run_at)
        select {2}, kind, {3}::jsonb, priority, unique_key,
            run_at + {4} * (1 + greatest(0, floor(extract(epoch from app_now() - run_at) / extract(epoch from {4}::interval))))
        from completed
        """;

    // Only forwards: an attempt after a failure says nothing before it is further than the last one was. What is shown of a
    // recording is its first processing (Events/FORMAT.md).
    const string Report = """
        with reported as (
            update jobs set progress = $3 where id = $1 and fence = $2 and state = 'running' and (progress is null or progress < $3)
            returning recording_id, progress
        )
        insert into events (kind, recording_id, conversation_id, data)
        select 'recording.progress', r.id, r.conversation_id, jsonb_build_object('progress', round(reported.progress::numeric, 3))
        from reported join recordings r on r.id = reported.recording_id
        where r.processing_started_at is not null and r.deleted_at is null
        """;

    long? _reportedAt;

    public required Guid JobId { get; init; }

    /// <summary>The number of this claim. Work that leaves the database (an object's name) may carry it, so that two runs never meet.</summary>
    public required long Fence { get; init; }

    /// <summary>Failures before this run.</summary>
    public int Failures { get; init; }

    /// <summary>How long a claim holds without a heartbeat.</summary>
    public required TimeSpan Lease { get; init; }

    public Recurrence? Recurs { get; init; }

    /// <summary>Cancelled when the claim no longer holds: nothing this run does will be published.</summary>
    public CancellationToken LeaseLost { get; init; }

    /// <summary>Shows how far the work is, on the job and as an event. Reports within a second of the last are dropped, and so are lower ones.</summary>
    /// <param name="share">0 to 1.</param>
    /// <param name="ct">Cancels the write.</param>
    public async Task ReportProgressAsync(double share, CancellationToken ct = default)
    {
        if (share is not (>= 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(share), share, "Progress is between 0 and 1.");
        if (_reportedAt is { } last && clock.GetElapsedTime(last) < ProgressEvery)
            return;
        _reportedAt = clock.GetTimestamp();
        await using var report = source.CreateCommand(Report);
        report.Parameters.Add(new() { Value = JobId });
        report.Parameters.Add(new() { Value = Fence });
        report.Parameters.Add(new() { Value = (float)share });
        try
        {
            await report.ExecuteNonQueryAsync(ct);
        }
        catch (NpgsqlException)
        {
            // Hours of work do not fail over a progress bar; when the database stays away, the lease says so.
        }
    }

    /// <summary>
    /// Locks this claim to the end of the transaction that publishes, and gives it a full lease from here: when the
    /// transaction commits, no other claim had begun. Call it in that transaction, before or after the changes.
    /// </summary>
    /// <exception cref="LostLeaseException">Another claim began, or the job was cancelled.</exception>
    /// <exception cref="InvalidOperationException">There is no transaction to guard.</exception>
    public async Task GuardAsync(RecordingDb db, CancellationToken ct)
    {
        if (db.Database.CurrentTransaction is null)
            throw new InvalidOperationException($"Job {JobId} guards nothing: begin the publishing transaction first.");
        var held = await db.Database.ExecuteSqlAsync($"""
            update jobs set leased_until = greatest(leased_until, app_now() + {Lease})
            where id = {JobId} and fence = {Fence} and state = 'running'
            """, ct);
        if (held == 0)
            throw new LostLeaseException(JobId, Fence);
    }

    /// <summary>
    /// Guards, and marks the job done in the same transaction: the result stands exactly when the job is done. A recurring
    /// job's next run is inserted with it. Once committed, the handler returns <see cref="JobOutcome.Done"/>. Safe to call
    /// twice.
    /// </summary>
    /// <exception cref="LostLeaseException">Another claim began, or the job was cancelled.</exception>
    public async Task CompleteInAsync(RecordingDb db, CancellationToken ct)
    {
        var completed = Recurs is null
            ? await db.Database.ExecuteSqlRawAsync(Complete, [JobId, Fence], ct)
            : await db.Database.ExecuteSqlRawAsync(CompleteAndRecur, [JobId, Fence, Guid.CreateVersion7(), Recurs.Arguments, Recurs.Every], ct);
        if (completed == 0 && !await WasCompletedAsync(db, ct))
            throw new LostLeaseException(JobId, Fence);
    }

    Task<bool> WasCompletedAsync(RecordingDb db, CancellationToken ct) =>
        db.Jobs.AnyAsync(j => j.Id == JobId && j.Fence == Fence && j.State == JobState.Done, ct);
}
