using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Ingest;
using RecordingPlatform.Core.Sources;
using RecordingPlatform.Tests.Fixtures;
using RecordingPlatform.Tests.Keys;

namespace RecordingPlatform.Tests.Ingest;

public sealed class RawEventInboxTests(PostgresCluster cluster)
{
    [Fact]
    public async Task What_was_answered_is_committed_once_whoever_delivers_it()
    {
        await using var rig = await KeyRig.StartAsync(cluster);
        await using var database = DatabaseSetup.BuildDataSource(rig.Database.App);
        await using var first = new RawEventInbox(database, rig.NewReplica(), TimeProvider.System, NullLogger<RawEventInbox>.Instance);
        await using var second = new RawEventInbox(database, rig.NewReplica(), TimeProvider.System, NullLogger<RawEventInbox>.Instance);
        var answers = new ConcurrentBag<(string Key, AppendedEvent Answer)>();
        // 40 events, 50 deliveries of each, shuffled over two replicas.
        var deliveries = Enumerable.Range(0, 2000).Select(i => $"event-{i % 40}").ToArray();
        new Random(7).Shuffle(deliveries);
        await Parallel.ForEachAsync(deliveries.Index(), new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (delivery, ct) =>
            answers.Add((delivery.Item, await (delivery.Index % 2 == 0 ? first : second).AppendAsync(Event(delivery.Item), ct))));

        var rows = await RowsAsync(database);
        Assert.Equal(40, rows.Count);
        Assert.Equal(40, answers.Count(a => a.Answer.IsFirst));
        Assert.All(answers, a => Assert.Equal(rows[a.Key], a.Answer.EventId));
    }

    [Fact]
    public async Task Events_that_wait_together_share_commits()
    {
        await using var rig = await KeyRig.StartAsync(cluster);
        await using var database = DatabaseSetup.BuildDataSource(rig.Database.App);
        await using var inbox = new RawEventInbox(database, rig.NewReplica(), TimeProvider.System, NullLogger<RawEventInbox>.Instance);
        await Task.WhenAll(Enumerable.Range(0, 1000).Select(i => inbox.AppendAsync(Event($"e{i}"), default)));
        await using var count = database.CreateCommand("select count(distinct xmin::text) from raw_events");
        Assert.InRange((long)(await count.ExecuteScalarAsync())!, 1, 100);
    }

    [Fact]
    public async Task An_event_that_cannot_be_stored_fails_alone()
    {
        await using var rig = await KeyRig.StartAsync(cluster);
        await using var database = DatabaseSetup.BuildDataSource(rig.Database.App);
        await using var inbox = new RawEventInbox(database, rig.NewReplica(), TimeProvider.System, NullLogger<RawEventInbox>.Instance);
        var good = Enumerable.Range(0, 50).Select(i => inbox.AppendAsync(Event($"good-{i}"), default)).ToList();
        var bad = inbox.AppendAsync(new IncomingEvent(Guid.CreateVersion7(), "bad", "no.such.source", default), default);
        good.AddRange(Enumerable.Range(50, 50).Select(i => inbox.AppendAsync(Event($"good-{i}"), default)));
        Assert.All(await Task.WhenAll(good), answer => Assert.True(answer.IsFirst));
        Assert.Equal(PostgresErrorCodes.ForeignKeyViolation, (await Assert.ThrowsAsync<PostgresException>(() => bad)).SqlState);
        Assert.Equal(100, (await RowsAsync(database)).Count);
    }

    [Fact]
    public async Task One_that_cannot_even_be_sent_to_the_database_fails_alone_is_logged_and_the_inbox_goes_on()
    {
        await using var rig = await KeyRig.StartAsync(cluster);
        await using var database = DatabaseSetup.BuildDataSource(rig.Database.App);
        var log = new ErrorLog();
        await using var inbox = new RawEventInbox(database, rig.NewReplica(), TimeProvider.System, log);
        var good = Enumerable.Range(0, 50).Select(i => inbox.AppendAsync(Event($"good-{i}"), default)).ToList();
        // Half of a surrogate pair: no text, so it fails before the database can refuse it.
        var bad = inbox.AppendAsync(Event("half a pair \ud83d"), default);
        good.AddRange(Enumerable.Range(50, 50).Select(i => inbox.AppendAsync(Event($"good-{i}"), default)));
        Assert.IsNotAssignableFrom<NpgsqlException>(await Assert.ThrowsAnyAsync<Exception>(() => bad.WaitAsync(Patience)));
        Assert.All(await Task.WhenAll(good).WaitAsync(Patience), answer => Assert.True(answer.IsFirst));
        await Assert.ThrowsAnyAsync<Exception>(() => inbox.AppendAsync(Event("alone \ud83d"), default).WaitAsync(Patience));
        Assert.True((await inbox.AppendAsync(Event("after"), default).WaitAsync(Patience)).IsFirst);
        Assert.Equal(101, (await RowsAsync(database)).Count);
        Assert.Equal(2, log.Errors);
    }

    [Fact]
    public async Task While_the_database_is_away_nothing_is_promised_and_afterwards_it_goes_on()
    {
        await using var rig = await KeyRig.StartAsync(cluster);
        await using var cable = new Jobs.CutCable(rig.Database.App);
        await using var database = DatabaseSetup.BuildDataSource(cable.Connection);
        await using var inbox = new RawEventInbox(database, rig.NewReplica(), TimeProvider.System, NullLogger<RawEventInbox>.Instance);
        await inbox.AppendAsync(Event("before"), default);
        cable.Break();
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => inbox.AppendAsync(Event("during"), default));
        cable.Mend();
        Assert.True((await inbox.AppendAsync(Event("after"), default)).IsFirst);
    }

    [Fact]
    public async Task Ending_commits_what_was_taken()
    {
        await using var rig = await KeyRig.StartAsync(cluster);
        await using var database = DatabaseSetup.BuildDataSource(rig.Database.App);
        var inbox = new RawEventInbox(database, rig.NewReplica(), TimeProvider.System, NullLogger<RawEventInbox>.Instance);
        var taken = Enumerable.Range(0, 200).Select(i => inbox.AppendAsync(Event($"e{i}"), default)).ToList();
        await inbox.DisposeAsync();
        Assert.Equal(200, (await RowsAsync(database)).Count);
        await Task.WhenAll(taken);
    }

    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    static IncomingEvent Event(string key) => new(Source.UploadId, key, "call.ended", "{}"u8.ToArray());

    static async Task<Dictionary<string, Guid>> RowsAsync(NpgsqlDataSource database)
    {
        var rows = new Dictionary<string, Guid>();
        await using var command = database.CreateCommand("select dedupe_key, id from raw_events");
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            rows.Add(reader.GetString(0), reader.GetGuid(1));
        return rows;
    }

    sealed class ErrorLog : ILogger<RawEventInbox>
    {
        int _errors;

        public int Errors => Volatile.Read(ref _errors);

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel == LogLevel.Error && exception is not null)
                Interlocked.Increment(ref _errors);
        }
    }
}
