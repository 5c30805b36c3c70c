using System.Text;
using Microsoft.Extensions.Options;
using Npgsql;
using RecordingPlatform.Core.Jobs;

namespace RecordingPlatform.Worker.Jobs;

/// <summary>A job as a claim found it: failures before this run, time left to its deadline, time it waited since it was due.</summary>
internal sealed record JobClaim(Guid Id, string Kind, string Arguments, long Fence, int Failures, string? UniqueKey, TimeSpan? TimeLeft, TimeSpan Waited);

/// <summary>What became of a job that failed.</summary>
internal sealed record JobFailure(Guid Id, string Kind, JobState State, int Failures, DateTimeOffset RunAt);

/// <summary>
/// The arrows of STATES.md that a worker draws, one statement each. An arrow out of <c>running</c> names the fence and
/// says whether it was still there to leave.
/// </summary>
internal sealed class JobTable(NpgsqlDataSource source, JobKinds kinds, IOptions<JobSettings> settings)
{
    // A stack trace's useful part; an error that quotes a whole file would not be.
    const int LongestError = 16_384;

    const string Unleased = "leased_by = null, leased_until = null";

    // Shared by a failure and by a lease that ran out: $1 most failures, $2 backoff.
    const string CountFailure = $"""
        update jobs set {Unleased}, failures = failures + 1,
            state = case when failures + 1 >= $1 then 'dead' else 'queued' end,
            finished_at = case when failures + 1 >= $1 then app_now() end,
            run_at = case when failures + 1 >= $1 then run_at else app_now() + $2 * power(6, failures) * (0.5 + random() / 2) end
        """;

    static readonly string Worker = $"{Environment.MachineName}/{Environment.ProcessId}";

    /// <summary>
    /// Takes up to <paramref name="most"/> due jobs. Levels of priority are probed one by one, so that jobs queued for
    /// later do not lie between the claim and those that are due: its cost does not grow with the queue.
    /// </summary>
    /// <param name="most">As many slots as are free.</param>
    /// <param name="ofKinds">What the slots are for.</param>
    public async Task<List<JobClaim>> ClaimAsync(int most, string[] ofKinds)
    {
        await using var command = Command("""
            with recursive levels as (
                (select priority from jobs where state = 'queued' order by priority limit 1)
                union all
                select (select j.priority from jobs j where j.state = 'queued' and j.priority > levels.priority order by j.priority limit 1)
                from levels where levels.priority is not null
            ), due as materialized (
                select job.id
                from levels cross join lateral (
                    select j.id from jobs j
                    where j.state = 'queued' and j.priority = levels.priority and j.run_at <= (select app_now()) and j.kind = any($2)
                      and (j.deadline_at is null or j.deadline_at > (select app_now()))
                      and (j.unique_key is null or not exists (select from jobs r where r.state = 'running' and r.unique_key = j.unique_key))
                    order by j.run_at, j.id limit $1
                    for no key update of j skip locked
                ) job
                limit $1
            )
            update jobs set state = 'running', fence = fence + 1, leased_by = $3, leased_until = app_now() + $4,
                started_at = coalesce(started_at, app_now()), waiting_for = null
            from due where jobs.id = due.id
            returning jobs.id, kind, arguments, fence, failures, unique_key, deadline_at - app_now(), app_now() - run_at
            """, most, ofKinds, Worker, settings.Value.Lease);
        await using var reader = await command.ExecuteReaderAsync();
        var claims = new List<JobClaim>();
        while (await reader.ReadAsync())
        {
            claims.Add(new(reader.GetGuid(0), reader.GetString(1), reader.GetString(2), reader.GetInt64(3), reader.GetInt32(4),
                reader.IsDBNull(5) ? null : reader.GetString(5), reader.IsDBNull(6) ? null : reader.GetTimeSpan(6), reader.GetTimeSpan(7)));
        }
        return claims;
    }

    public Task<List<JobClaim>> ClaimAsync(int most) => ClaimAsync(most, kinds.Names);

    /// <summary>
    /// Renews these claims and returns those that still hold, or are done. A row that its own publishing transaction has
    /// locked is not waited for: that would keep the others from being renewed.
    /// </summary>
    public async Task<HashSet<(Guid Id, long Fence)>> RenewAsync(NpgsqlConnection connection, IReadOnlyCollection<JobClaim> claims, CancellationToken ct)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = """
            with mine as (
                select id, fence from unnest($1, $2) as m (id, fence)
            ), free as (
                select j.id from jobs j join mine using (id, fence) where j.state = 'running' for no key update of j skip locked
            ), renewed as (
                update jobs set leased_until = app_now() + $3 from free where jobs.id = free.id
            )
            select j.id, j.fence from jobs j join mine using (id, fence) where j.state in ('running', 'done')
            """;
        // A connection that no longer answers must be noticed while there is time for another heartbeat.
        command.CommandTimeout = Math.Max(1, (int)settings.Value.Heartbeat.TotalSeconds);
        Bind(command.Parameters, claims.Select(c => c.Id).ToArray(), claims.Select(c => c.Fence).ToArray(), settings.Value.Lease);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var held = new HashSet<(Guid, long)>();
        while (await reader.ReadAsync(ct))
            held.Add((reader.GetGuid(0), reader.GetInt64(1)));
        return held;
    }

    /// <returns>Null when the claim no longer held.</returns>
    public Task<JobFailure?> FailAsync(JobClaim claim, string error, CancellationToken ct) => CountAsync($"""
        with failed as ({CountFailure} where id = $4 and fence = $5 and state = 'running' returning *),
        kept as (insert into job_errors (job_id, fence, error) select id, fence, $3 from failed)
        select id, kind, state, failures, run_at from failed
        """, ct, Storable(error), claim.Id, claim.Fence);

    /// <summary>
    /// Puts back one job whose lease ran out, as a failure. One a statement: each may lock a key, and two of those in one
    /// transaction can deadlock with a caller that enqueues both.
    /// </summary>
    /// <returns>Null when there is none.</returns>
    public Task<JobFailure?> ReapAsync(CancellationToken ct) => CountAsync($"""
        with ended as (
            select id, leased_by from jobs where state = 'running' and leased_until < app_now() limit 1 for no key update skip locked
        ), failed as ({CountFailure} where id = (select id from ended) returning *),
        kept as (insert into job_errors (job_id, fence, error) select id, fence, format($3, (select leased_by from ended)) from failed)
        select id, kind, state, failures, run_at from failed
        """, ct, "The worker that held it died: %s sent no heartbeat for a whole lease.");

    /// <summary>Ends a running job whose deadline passed.</summary>
    public async Task<bool> BuryAsync(JobClaim claim, string error, CancellationToken ct)
    {
        await using var command = Command($"""
            with buried as (
                update jobs set {Unleased}, state = 'dead', finished_at = app_now()
                where id = $1 and fence = $2 and state = 'running' returning id, fence
            )
            insert into job_errors (job_id, fence, error) select id, fence, $3 from buried
            """, claim.Id, claim.Fence, Storable(error));
        return await command.ExecuteNonQueryAsync(ct) == 1;
    }

    /// <summary>Ends queued jobs whose deadline passed.</summary>
    /// <returns>How many; at most 100, so that none waits for a long statement.</returns>
    public async Task<int> BuryOverdueAsync(CancellationToken ct)
    {
        await using var command = Command("""
            with overdue as (
                select id from jobs where state = 'queued' and deadline_at <= app_now() order by deadline_at limit 100 for no key update skip locked
            ), buried as (
                update jobs set state = 'dead', finished_at = app_now() from overdue where jobs.id = overdue.id returning jobs.id, fence
            )
            insert into job_errors (job_id, fence, error) select id, fence, $1 from buried
            """, "Its deadline passed while it was queued.");
        return await command.ExecuteNonQueryAsync(ct);
    }

    /// <returns>When it runs again; null when the claim no longer held.</returns>
    public async Task<DateTimeOffset?> SnoozeAsync(JobClaim claim, JobOutcome.Snoozed snoozed, CancellationToken ct)
    {
        await using var command = Command($"""
            update jobs set {Unleased}, state = 'queued', waiting_for = $3, run_at = greatest(app_now(), coalesce($4::timestamptz, app_now() + $5::interval))
            where id = $1 and fence = $2 and state = 'running'
            returning run_at
            """, claim.Id, claim.Fence, Storable(snoozed.Why), snoozed.Until?.ToUniversalTime(), snoozed.Delay);
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? reader.GetFieldValue<DateTimeOffset>(0) : null;
    }

    /// <param name="claim">Goes back to the queue without a failure.</param>
    /// <param name="after">None when this worker stops.</param>
    /// <param name="ct">Cancels the statement.</param>
    public async Task<bool> HandBackAsync(JobClaim claim, TimeSpan after, CancellationToken ct)
    {
        await using var command = Command(
            $"update jobs set {Unleased}, state = 'queued', run_at = app_now() + $3 where id = $1 and fence = $2 and state = 'running'",
            claim.Id, claim.Fence, after);
        return await command.ExecuteNonQueryAsync(ct) == 1;
    }

    /// <summary>
    /// Queues a recurring job that is neither queued nor running: the first run, or the one after a dead one. Looks only
    /// once it holds the key, so that a run that another worker has just queued, and that started meanwhile, is seen.
    /// </summary>
    public async Task<bool> EnsureQueuedAsync(RecurringJob job, CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await using var hold = new NpgsqlCommand("select pg_try_advisory_xact_lock(job_key_lock($1))", connection, transaction);
        Bind(hold.Parameters, job.UniqueKey);
        // Whoever has it is queueing it.
        if (await hold.ExecuteScalarAsync(ct) is not true)
            return false;
        await using var queue = new NpgsqlCommand("""
            insert into jobs (id, kind, arguments, priority, unique_key, run_at)
            select $1, $2, $3::jsonb, $4, $5,
                greatest(app_now(), (select max(finished_at) + $6 from jobs where state in ('dead', 'cancelled') and unique_key = $5))
            where not exists (select from jobs where state = 'queued' and unique_key = $5)
              and not exists (select from jobs where state = 'running' and unique_key = $5)
            """, connection, transaction);
        Bind(queue.Parameters, Guid.CreateVersion7(), job.Kind, job.Recurrence.Arguments, job.Priority, job.UniqueKey, job.Recurrence.Every);
        var queued = await queue.ExecuteNonQueryAsync(ct);
        await transaction.CommitAsync(ct);
        return queued == 1;
    }

    async Task<JobFailure?> CountAsync(string sql, CancellationToken ct, params object[] rest)
    {
        await using var command = Command(sql, [JobQueue.MaxFailures, settings.Value.Backoff, .. rest]);
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct)
            ? new(reader.GetGuid(0), reader.GetString(1), Enum.Parse<JobState>(reader.GetString(2), ignoreCase: true), reader.GetInt32(3), reader.GetFieldValue<DateTimeOffset>(4))
            : null;
    }

    NpgsqlCommand Command(string sql, params object?[] values)
    {
        var command = source.CreateCommand(sql);
        Bind(command.Parameters, values);
        return command;
    }

    static void Bind(NpgsqlParameterCollection parameters, params object?[] values)
    {
        foreach (var value in values)
            parameters.Add(new() { Value = value ?? DBNull.Value });
    }

    // PostgreSQL's text holds neither NUL nor half a surrogate pair, and a failure that cannot be kept would never be counted.
    static string Storable(string text)
    {
        var kept = text.Length > LongestError ? text[..LongestError] : text;
        return Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(kept)).Replace('\0', '\uFFFD');
    }
}
