using System.Globalization;
using Npgsql;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Api;

/// <summary>What the worker itself says of its work, at its own address.</summary>
[Collection(ApiSurface.Name)]
public sealed class WorkerMetricsTests(ApiSurface.Running running)
{
    const string Lag = "events_sequencing_lag_seconds";
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    Uri Metrics => new(running.Platform.Workers[0].Url, "metrics");

    [Fact]
    public async Task The_worker_tells_programs_of_its_machine_how_its_queue_stands_and_what_it_did()
    {
        await running.ReadyAsync();
        var before = await ReadAsync();
        await running.ReadyAsync();
        var after = await ReadAsync();
        // The second processing, and whatever recurring work fell due.
        Assert.True(Done(after, "process_recording") > Done(before, "process_recording"), "A job more was done.");
        Assert.True(after.Sum("recording_job_wait_seconds_count", "kind", "process_recording") > before.Sum("recording_job_wait_seconds_count", "kind", "process_recording"), "A job more had waited.");
        // Read from the database at most every fifteen seconds: recurring work always waits for its time.
        await Until.TrueAsync(async () => (after = await ReadAsync()).Sum("recording_queue_depth", "state", "later") > 0, Patience, "recurring jobs wait for their time");
        Assert.Equal(["dead", "due", "later", "running"], after.Samples.Where(s => s.Name == "recording_queue_depth").Select(s => s.Labels["state"]).Order(StringComparer.Ordinal));
        Assert.Single(after.Samples, s => s.Name == "recording_queue_oldest_seconds");
        Assert.Equal(1, after.Sum("recording_workers"));

        static double Done(Exposition read, string kind) =>
            read.Samples.Where(s => s.Name == "recording_job_duration_seconds_count" && s.Labels["kind"] == kind && s.Labels["outcome"] == "done").Sum(s => s.Value);
    }

    [Fact]
    public async Task From_elsewhere_the_workers_metrics_need_the_right()
    {
        Assert.Equal(404, await FromOutsideAsync(null));
        using var others = await running.WithKeyAsync("recordings.read");
        Assert.Equal(404, await FromOutsideAsync(others));
        using var operators = await running.WithKeyAsync("ops.read");
        Assert.Equal(200, await FromOutsideAsync(operators));

        async Task<int> FromOutsideAsync(HttpClient? with)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, Metrics) { Headers = { { "X-Forwarded-For", "203.0.113.7" } } };
            if (with is not null)
                request.Headers.Add("X-Api-Key", with.DefaultRequestHeaders.GetValues("X-Api-Key").Single());
            using var answer = await running.Platform.Anonymous.SendAsync(request);
            return (int)answer.StatusCode;
        }
    }

    [Fact]
    public async Task While_another_holds_the_sequencers_lock_the_lag_rises_with_the_oldest_event_that_waits_and_falls_afterwards()
    {
        await using var holder = new NpgsqlConnection(running.Platform.Database.Owner + ";Pooling=false");
        await holder.OpenAsync();
        await HoldAsync("pg_advisory_lock");
        await AddAsync();
        var lag = await RisenAsync();
        Assert.InRange(lag, 2, await OldestAsync());
        Assert.InRange(await OldestAsync() - await LagAsync(), -1, 5);
        await HoldAsync("pg_advisory_unlock");
        await FallsAsync();

        async Task HoldAsync(string function)
        {
            await using var command = new NpgsqlCommand($"select {function}(hashtextextended('events sequencer', 0))", holder);
            await command.ExecuteNonQueryAsync();
        }
    }

    [Fact]
    public async Task While_the_sequencer_fails_the_lag_rises_and_falls_afterwards()
    {
        await running.Platform.QueryAsync("revoke insert on event_seq from recordings_app");
        try
        {
            await AddAsync();
            Assert.InRange(await RisenAsync(), 2, 120);
        }
        finally
        {
            await running.Platform.QueryAsync("grant insert on event_seq to recordings_app");
        }
        await FallsAsync();
    }

    Task<List<string>> AddAsync() => running.Platform.QueryAsync("insert into events (kind) values ('filler')");

    /// <summary>The second of two readings, each higher than the one before by a second or more.</summary>
    async Task<double> RisenAsync()
    {
        var first = await Until.ValueAsync<double>(async () => await LagAsync() is var lag and >= 1 ? lag : null, Patience, "events are behind");
        return await Until.ValueAsync<double>(async () => await LagAsync() is var lag && lag >= first + 1 ? lag : null, Patience, $"the lag rises above {first}");
    }

    Task FallsAsync() => Until.TrueAsync(async () => await LagAsync() == 0, Patience, "nothing is behind any more");

    async Task<double> LagAsync() => Assert.Single((await ReadAsync()).Samples, s => s.Name == Lag).Value;

    async Task<double> OldestAsync() => double.Parse(Assert.Single(await running.Platform.QueryAsync(
        "select extract(epoch from app_now() - min(at)) from events e where not exists (select from event_seq s where s.event_id = e.id)")), CultureInfo.InvariantCulture);

    async Task<Exposition> ReadAsync()
    {
        using var answer = await running.Platform.Anonymous.GetAsync(Metrics);
        Assert.Equal(200, (int)answer.StatusCode);
        return Exposition.Parse(await answer.Content.ReadAsStringAsync());
    }
}
