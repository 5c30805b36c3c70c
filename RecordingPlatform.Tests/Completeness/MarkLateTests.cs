using System.Diagnostics.Metrics;
using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Core.Completeness;
using RecordingPlatform.Core.Recordings;
using RecordingPlatform.Tests.Fixtures;
using RecordingPlatform.Tests.Jobs;
using RecordingPlatform.Worker.Completeness;
using RecordingPlatform.Worker.Jobs;

namespace RecordingPlatform.Tests.Completeness;

public sealed class MarkLateTests(PostgresCluster cluster)
{
    [Fact]
    public async Task What_is_due_and_not_there_becomes_late_once_with_an_event_each_and_nothing_else_does()
    {
        await using var shop = await Workshop.OpenAsync(cluster);
        // More than one batch, so that one run takes several.
        await ExpectAsync(shop, 2500, "expected", "-1 minute");
        await ExpectAsync(shop, 3, "expected", "10 minutes");
        foreach (var state in (string[])["late", "received", "absent"])
            await ExpectAsync(shop, 1, state, "-1 minute");
        long counted = 0;
        using var listener = new MeterListener { InstrumentPublished = (instrument, l) => { if (instrument.Name == "recording.expectations.late") l.EnableMeasurementEvents(instrument); } };
        listener.SetMeasurementEventCallback<long>((_, count, tags, _) => { if (tags.ToArray().Any(t => (string?)t.Value == "pbx-of-late")) Interlocked.Add(ref counted, count); });
        listener.Start();
        await shop.StartWorkerAsync(also: services => services.AddJobHandler<MarkLate, MarkLateHandler>().AddRecurringJob(new MarkLate(), TimeSpan.FromSeconds(15)));
        await shop.UntilTrueAsync(async () => await shop.CountAsync("expectations where state = 'expected'") == 3, "all that were due are late");
        Assert.Equal(2501, await shop.CountAsync("expectations where state = 'late'"));
        Assert.Equal(2500, await shop.CountAsync("expectations where late_at >= due_at and late_at <= app_now()"));
        Assert.Equal(2500, await shop.CountAsync("""events where kind = 'expectation.changed' and data = '{"state": "late", "medium": "audio"}' and recording_id is null and conversation_id is not null"""));
        Assert.Equal(2500, await shop.CountAsync("(select distinct conversation_id from events where kind = 'expectation.changed') told"));
        // A clock is nobody who could be held to account.
        Assert.Equal(0, await shop.CountAsync("audit"));
        await shop.UntilTrueAsync(() => Task.FromResult(Interlocked.Read(ref counted) == 2500), "each was counted");
        await shop.UntilTrueAsync(() => Task.FromResult(shop.Said.Contains($"Warning: 500 recordings of source {Guid.Empty} are late", StringComparison.Ordinal)), "the log says so");

        // Those of later become late in their time, and what was told is not told again.
        await shop.MoveClockAsync(TimeSpan.FromMinutes(11));
        await shop.UntilTrueAsync(async () => await shop.CountAsync("expectations where state = 'expected'") == 0, "the next run found the rest");
        Assert.Equal(2503, await shop.CountAsync("events where kind = 'expectation.changed'"));
    }

    [Fact]
    public async Task What_somebody_settles_at_the_moment_is_not_waited_for()
    {
        await using var shop = await Workshop.OpenAsync(cluster);
        await ExpectAsync(shop, 2, "expected", "-1 minute");
        await using var db = shop.Db();
        await using var transaction = await db.Database.BeginTransactionAsync();
        var settled = (await db.Expectations.FromSql($"select * from expectations order by id limit 1 for update").ToListAsync()).Single();
        await shop.StartWorkerAsync(also: services => services.AddJobHandler<MarkLate, MarkLateHandler>().AddRecurringJob(new MarkLate(), TimeSpan.FromSeconds(15)));
        await shop.UntilTrueAsync(async () => await shop.CountAsync("expectations where state = 'late'") == 1, "the other one is late");
        (settled.State, settled.AbsentReason) = (ExpectationState.Absent, "says so");
        await db.SaveChangesAsync();
        await transaction.CommitAsync();
        await shop.MoveClockAsync(TimeSpan.FromMinutes(1));
        await shop.UntilTrueAsync(async () => await shop.CountAsync("jobs where kind = 'expectations.late' and state = 'done'") >= 2, "it ran again");
        Assert.Equal(1, await shop.CountAsync("expectations where state = 'absent'"));
    }

    static Task ExpectAsync(Workshop shop, int count, string state, string due) => shop.SqlAsync($"""
        insert into sources (id, name, kind) values ('{Guid.Empty}', 'pbx-of-late', 'freepbx') on conflict do nothing;
        with c as (insert into conversations (id, source_id, external_id, kind, started_at) select gen_random_uuid(), '{Guid.Empty}', gen_random_uuid()::text, 'call', app_now() from generate_series(1, {count}) returning id, source_id)
        insert into expectations (id, conversation_id, source_id, medium, state, due_at) select gen_random_uuid(), id, source_id, 'audio', '{state}', app_now() + interval '{due}' from c
        """);
}
