using System.Diagnostics.Metrics;
using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Jobs;

namespace RecordingPlatform.Worker.Ingest;

internal sealed record LateExpectations : IJobArguments
{
    public static string Kind => "expectations.late";
}

/// <summary>
/// Calls late what is due and not there, and tells those who follow it. A clock did that and nobody, so the audit log has no
/// row of it. Safe to run twice: what is late is not expected any more.
/// </summary>
internal sealed class LateExpectationsHandler(RecordingDb db) : IJobHandler<LateExpectations>
{
    const int Batch = 500;

    static readonly Counter<long> Late = new Meter(IngestTelemetry.Name).CreateCounter<long>("recording.expectations.late", "{recording}", "Recordings that did not come by their time; those that came afterwards are counted too");

    public async Task<JobOutcome> RunAsync(LateExpectations arguments, JobContext context, CancellationToken ct)
    {
        int turned;
        do
        {
            turned = (await db.Database.SqlQuery<int>($"""
                with due as (
                    select id from expectations where state = 'expected' and due_at < app_now() order by due_at limit {Batch} for update skip locked
                ), late as (
                    update expectations e set state = 'late', late_at = app_now(), updated_at = app_now() from due where e.id = due.id
                    returning e.conversation_id, e.medium
                ), told as (
                    insert into events (kind, conversation_id, data)
                    select 'expectation.changed', conversation_id, jsonb_build_object('state', 'late', 'medium', medium) from late
                )
                select count(*)::int as "Value" from late
                """).ToListAsync(ct)).Single();
            Late.Add(turned);
        }
        while (turned == Batch);
        return JobOutcome.Done;
    }
}
