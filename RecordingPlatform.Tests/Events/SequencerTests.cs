using System.Diagnostics;
using Npgsql;
using RecordingPlatform.Core.Events;

namespace RecordingPlatform.Tests.Events;

public sealed class SequencerTests : IAsyncLifetime
{
    EventBench _bench = null!;

    public async ValueTask InitializeAsync() => _bench = await EventBench.OpenAsync();

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    [Fact]
    public async Task An_event_that_commits_after_a_later_one_still_gets_its_number_and_nothing_overtakes_it()
    {
        await using var slow = await _bench.App.OpenConnectionAsync();
        await using var open = await slow.BeginTransactionAsync();
        await EventBench.AddAsync(slow, "first begun, last committed");
        await using (var quick = await _bench.App.OpenConnectionAsync())
            await EventBench.AddAsync(quick, "committed meanwhile");

        Assert.Equal(0, await _bench.SequenceAsync());
        var waiting = await _bench.Sequencer.StepAsync(default);
        Assert.True(waiting.Waiting > TimeSpan.Zero, "What waits for the open transaction counts as behind.");
        await open.CommitAsync();
        Assert.Equal(2, await _bench.SequenceAsync());
        Assert.Equal(["first begun, last committed", "committed meanwhile"], await _bench.KindsAsync());
        Assert.Equal(TimeSpan.Zero, (await _bench.Sequencer.StepAsync(default)).Waiting);
    }

    [Fact]
    public async Task Many_transactions_in_any_order_leave_no_gap_and_no_row_behind_whatever_two_sequencers_do()
    {
        const int writers = 24, each = 40;
        using var written = new CancellationTokenSource();
        // Two sequencers as fast as they can, and a reader that holds every prefix it has seen against the next.
        var sequencers = Enumerable.Range(0, 2).Select(_ => Task.Run(async () =>
        {
            var other = new EventSequencer(_bench.App);
            while (!written.IsCancellationRequested)
                await other.StepAsync(default);
        })).ToList();
        var reader = Task.Run(async () =>
        {
            var last = new List<string>();
            while (!written.IsCancellationRequested)
            {
                var now = await _bench.KindsAsync();
                Assert.Equal(last, now.Take(last.Count));
                last = now;
            }
        });
        await using var longest = await _bench.App.OpenConnectionAsync();
        await using var open = await longest.BeginTransactionAsync();
        await EventBench.AddAsync(longest, "longest");
        var rolledBack = 0;
        await Task.WhenAll(Enumerable.Range(0, writers).Select(writer => Task.Run(async () =>
        {
            var random = new Random(writer);
            await using var connection = await _bench.App.OpenConnectionAsync();
            for (var n = 0; n < each; n++)
            {
                await using var transaction = await connection.BeginTransactionAsync();
                for (var row = random.Next(1, 4); row > 0; row--)
                    await EventBench.AddAsync(connection, $"{writer}/{n}/{row}");
                await Task.Delay(random.Next(4));
                if (random.Next(8) == 0)
                {
                    Interlocked.Increment(ref rolledBack);
                    await transaction.RollbackAsync();
                }
                else
                {
                    await transaction.CommitAsync();
                }
                if (writer == 0 && n == each / 2)
                    await open.CommitAsync();
            }
        })));
        await _bench.SequenceAsync();
        await written.CancelAsync();
        await Task.WhenAll([.. sequencers, reader]);
        await _bench.SequenceAsync();

        var numbered = await _bench.RowsAsync("select s.seq, e.kind from event_seq s join events e on e.id = s.event_id order by s.seq");
        var inOrder = await _bench.RowsAsync("select id, kind from events order by epoch, xid, id");
        Assert.InRange(rolledBack, 1, writers * each);
        Assert.InRange(inOrder.Count, 800, int.MaxValue);
        Assert.Equal(Enumerable.Range(1, inOrder.Count).Select(n => (long)n), numbered.Select(r => r.Seq));
        Assert.Equal(inOrder.Select(r => r.Kind), numbered.Select(r => r.Kind));
    }

    [Fact]
    public async Task After_a_restore_rows_of_the_earlier_epoch_come_first_although_their_transactions_number_higher()
    {
        // As a restored dump has it: transaction ids from a server that had counted further than this one.
        await using (var connection = await _bench.App.OpenConnectionAsync())
        {
            await RestoredAsync(connection, "before, numbered", 4_000_000_000_000);
            await _bench.OwnerAsync("insert into epochs (epoch, why) values (2, 'restored')");
            Assert.Equal(1, await _bench.SequenceAsync());
            await RestoredAsync(connection, "before, not numbered", 4_000_000_000_001);
            await EventBench.AddAsync(connection, "after");
        }
        Assert.Equal(2, await _bench.SequenceAsync());
        Assert.Equal(["before, numbered", "before, not numbered", "after"], await _bench.KindsAsync());
    }

    [Fact]
    public async Task A_backlog_is_worked_off_quickly_and_what_has_a_number_is_not_read_again()
    {
        const int backlog = 100_000;
        await _bench.OwnerAsync($"insert into events (kind) select 'one of many' from generate_series(1, {backlog}); analyze events");
        var steps = new List<TimeSpan>();
        var all = 0;
        while (true)
        {
            var watch = Stopwatch.StartNew();
            var step = await _bench.Sequencer.StepAsync(default);
            if (step.Numbered == 0)
                break;
            steps.Add(watch.Elapsed);
            all += step.Numbered;
        }
        Assert.Equal(backlog, all);
        var total = TimeSpan.FromTicks(steps.Sum(s => s.Ticks));
        TestContext.Current.SendDiagnosticMessage($"{backlog} events in {total.TotalSeconds:0.00} s, steps of {string.Join(", ", steps.Select(s => $"{s.TotalMilliseconds:0}"))} ms");
        Assert.True(total < TimeSpan.FromSeconds(30), $"The backlog took {total}.");

        // With everything numbered, looking again reads next to nothing, however long the history is.
        var before = await _bench.EventRowsReadAsync();
        for (var again = 0; again < 20; again++)
            Assert.Equal(0, (await _bench.Sequencer.StepAsync(default)).Numbered);
        var read = await _bench.EventRowsReadAsync() - before;
        Assert.InRange(read, 1, 1000);
    }

    [Fact]
    public async Task A_place_that_is_lost_stops_the_sequencer_instead_of_numbering_twice()
    {
        await _bench.OwnerAsync("insert into event_seq (seq, event_id, event_at) values (7, 4711, '2020-01-01')");
        var lost = await Assert.ThrowsAsync<SequencePlaceLostException>(() => _bench.Sequencer.StepAsync(default));
        Assert.Equal(7, lost.Seq);
    }

    static async Task RestoredAsync(NpgsqlConnection connection, string kind, long xid)
    {
        await using var insert = new NpgsqlCommand($"insert into events (kind, epoch, xid) values ($1, 1, '{xid}')", connection);
        insert.Parameters.Add(new() { Value = kind });
        await insert.ExecuteNonQueryAsync();
    }
}
