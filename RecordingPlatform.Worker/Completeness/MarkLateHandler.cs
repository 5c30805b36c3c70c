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
internal sealed partial class MarkLateHandler(RecordingDb db, ILogger<MarkLateHandler> logger) : IJobHandler<MarkLate>
{
    // Short enough a transaction that nobody waits for it.
    const int Batch = 1000;

    /// <summary>In a line of the log.</summary>
    const int MostNamed = 5;

    sealed record Row(Guid ConversationId, string Medium, Guid SourceId, string Source);

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
                select late.conversation_id as "ConversationId", late.medium as "Medium", s.id as "SourceId", s.name as "Source" from late join sources s on s.id = late.source_id
                """).ToListAsync(ct);
            db.Events.AddRange(late.Select(row => Expectation.Changed(row.ConversationId, ExpectationState.Late, SnakeCase.Parse<ExpectedMedium>(row.Medium)!.Value)));
            await db.SaveChangesAsync(ct);
            var isLast = late.Count < Batch;
            if (isLast)
                await context.CompleteInAsync(db, ct);
            await transaction.CommitAsync(ct);
            foreach (var source in late.GroupBy(row => (row.SourceId, row.Source)))
            {
                var conversations = source.Select(row => row.ConversationId).ToList();
                CompletenessTelemetry.BecameLate(source.Key.Source, conversations.Count);
                Log.Late(logger, conversations.Count, source.Key.SourceId, string.Join(", ", conversations.Take(MostNamed)));
            }
            if (isLast)
                return JobOutcome.Done;
            db.ChangeTracker.Clear();
        }
    }

    static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "{Count} recordings of source {SourceId} are late: they were due and have not come, among them of conversations {ConversationIds}. Completeness says what keeps each of them; when everything of the source is late, press test on its page")]
        public static partial void Late(ILogger logger, int count, Guid sourceId, string conversationIds);
    }
}
