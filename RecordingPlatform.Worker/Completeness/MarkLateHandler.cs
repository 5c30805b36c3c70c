using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Core.Completeness;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Jobs;
using RecordingPlatform.Core.Recordings;

namespace RecordingPlatform.Worker.Completeness;

/// <summary>
/// Says of what is due and not there that it is late, with an event for each and no audit row: nobody did anything, the
/// clock went on. Safe to run twice: only what is expected becomes late. What somebody is settling at the moment is left to the
/// next run.
/// </summary>
internal sealed class MarkLateHandler(RecordingDb db) : IJobHandler<MarkLate>
{
    // Short enough a transaction that nobody waits for it.
    const int Batch = 1000;

    sealed record Row(Guid ConversationId, string Medium, string Source);

    public async Task<JobOutcome> RunAsync(MarkLate arguments, JobContext context, CancellationToken ct)
    {
        while (true)
        {
            await using var transaction = await db.Database.BeginTransactionAsync(ct);
            await context.GuardAsync(db, ct);
            var late = await db.Database.SqlQuery<Row>($"""
                with due as (
                    select id from expectations where state = 'expected' and due_at <= app_now() order by due_at limit {Batch} for no key update skip locked
                ), late as (
                    update expectations e set state = 'late', late_at = app_now(), updated_at = app_now() from due where e.id = due.id
                    returning e.conversation_id, e.medium, e.source_id
                )
                select late.conversation_id as "ConversationId", late.medium as "Medium", s.name as "Source" from late join sources s on s.id = late.source_id
                """).ToListAsync(ct);
            db.Events.AddRange(late.Select(row => Expectation.Changed(row.ConversationId, ExpectationState.Late, SnakeCase.Parse<ExpectedMedium>(row.Medium)!.Value)));
            await db.SaveChangesAsync(ct);
            var isLast = late.Count < Batch;
            if (isLast)
                await context.CompleteInAsync(db, ct);
            await transaction.CommitAsync(ct);
            foreach (var source in late.CountBy(row => row.Source, StringComparer.Ordinal))
                CompletenessTelemetry.BecameLate(source.Key, source.Value);
            if (isLast)
                return JobOutcome.Done;
            db.ChangeTracker.Clear();
        }
    }
}
