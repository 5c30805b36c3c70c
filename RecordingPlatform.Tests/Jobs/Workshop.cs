using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Jobs;
using RecordingPlatform.Tests.Fixtures;
using RecordingPlatform.Worker.Jobs;

namespace RecordingPlatform.Tests.Jobs;

internal sealed record Act(string What, int Number = 0) : IJobArguments
{
    public static string Kind => "test.act";
}

internal delegate Task<JobOutcome> Doing(Act act, JobContext context, RecordingDb db, CancellationToken ct);

/// <summary>Safe to run twice as far as the test's own steps are.</summary>
internal sealed class ActHandler(Doing doing, RecordingDb db) : IJobHandler<Act>
{
    public Task<JobOutcome> RunAsync(Act arguments, JobContext context, CancellationToken ct) => doing(arguments, context, db, ct);
}

/// <summary>A database of jobs, and any number of workers on it, each with its own services as if in a process of its own.</summary>
internal sealed class Workshop : IAsyncDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    readonly List<TestWorker> _workers = [];
    readonly NpgsqlDataSource _app;
    readonly NpgsqlDataSource _owner;

    Workshop(TestDatabase database)
    {
        Database = database;
        _app = DatabaseSetup.BuildDataSource(database.App);
        _owner = DatabaseSetup.BuildDataSource(database.Owner);
    }

    public TestDatabase Database { get; }

    public static async Task<Workshop> OpenAsync(PostgresCluster cluster)
    {
        var shop = new Workshop(await cluster.CreateDatabaseAsync());
        await shop.SqlAsync("create table published (job_id uuid not null, fence bigint not null); grant all on published to recordings_app");
        return shop;
    }

    public RecordingDb Db()
    {
        var options = new DbContextOptionsBuilder<RecordingDb>();
        DatabaseSetup.Configure(options, _app);
        return new RecordingDb(options.Options);
    }

    public async Task<Guid> EnqueueAsync(string what, JobOptions? options = null)
    {
        await using var db = Db();
        var job = db.Enqueue(new Act(what), options);
        await db.SaveChangesAsync();
        return job.Id;
    }

    public async Task<TestWorker> StartWorkerAsync(Doing? doing = null, string? connection = null, Action<IServiceCollection>? also = null, params (string Key, string Value)[] settings)
    {
        var worker = await TestWorker.StartAsync(connection ?? Database.App, doing, also, settings);
        _workers.Add(worker);
        return worker;
    }

    /// <summary>Claims as a worker would, and then does nothing: neither heartbeat nor outcome. What a killed or frozen process leaves.</summary>
    public async Task<(JobClaim Claim, JobContext Context)> ClaimAndFreezeAsync()
    {
        var claim = Assert.Single(await ClaimAsync(1));
        var context = new JobContext(_app, TimeProvider.System) { JobId = claim.Id, Fence = claim.Fence, Lease = TimeSpan.FromSeconds(40) };
        return (claim, context);
    }

    public Task<List<JobClaim>> ClaimAsync(int most) => Table().ClaimAsync(most);

    public JobTable Table()
    {
        var kinds = new JobKinds([new JobKind(Act.Kind, (_, _, _, _) => Task.FromResult(JobOutcome.Done))], []);
        return new JobTable(_app, kinds, Options.Create(new JobSettings()));
    }

    public async Task<Job> JobAsync(Guid id)
    {
        await using var db = Db();
        return await db.Jobs.AsNoTracking().SingleAsync(j => j.Id == id);
    }

    public async Task<Job> UntilAsync(Guid id, Func<Job, bool> condition, string what)
    {
        Job? last = null;
        try
        {
            return await Until.NotNullAsync(async () =>
            {
                last = await JobAsync(id);
                return condition(last) ? last : null;
            }, Patience, what);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message} The job is {last!.State}, fence {last.Fence}, failures {last.Failures}, run_at {last.RunAt:O}.\n{Said}", e);
        }
    }

    public Task<Job> UntilStateAsync(Guid id, JobState state) => UntilAsync(id, j => j.State == state, $"job {id} is {state}");

    public async Task UntilTrueAsync(Func<Task<bool>> condition, string what)
    {
        try
        {
            await Until.TrueAsync(condition, Patience, what);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message}\n{Said}", e);
        }
    }

    /// <summary>The worker's start wakes it no more: it listens, and its first job of its own is done.</summary>
    public async Task UntilQuietAsync()
    {
        await using var listening = _app.CreateCommand("select count(*) from pg_stat_activity where datname = current_database() and query = 'listen jobs'");
        await UntilTrueAsync(async () => (long)(await listening.ExecuteScalarAsync())! == 1 && await CountAsync("jobs where kind = 'jobs.prune' and state = 'done'") == 1, "the worker is quiet");
    }

    public async Task<List<string>> ErrorsAsync(Guid id)
    {
        await using var db = Db();
        return await db.JobErrors.Where(e => e.JobId == id).OrderBy(e => e.Id).Select(e => e.Error).ToListAsync();
    }

    public async Task<List<Job>> OfKindAsync(string kind)
    {
        await using var db = Db();
        return await db.Jobs.AsNoTracking().Where(j => j.Kind == kind).OrderBy(j => j.Id).ToListAsync();
    }

    public async Task<DateTimeOffset> NowAsync()
    {
        await using var db = Db();
        return await db.NowAsync(default);
    }

    public Task MoveClockAsync(TimeSpan by) => SqlAsync($"update clock set clock_offset = clock_offset + interval '{by.TotalSeconds} s'");

    public async Task SqlAsync(string sql)
    {
        await using var command = _owner.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    public async Task<long> CountAsync(string sql)
    {
        await using var command = _owner.CreateCommand($"select count(*) from {sql}");
        return (long)(await command.ExecuteScalarAsync())!;
    }

    public string Said => string.Join('\n', _workers.SelectMany((w, i) => w.Said.Select(line => $"worker {i}: {line}")));

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_workers.Select(w => w.DisposeAsync().AsTask()));
        await _app.DisposeAsync();
        await _owner.DisposeAsync();
    }
}

internal sealed class TestWorker(IHost host, ConcurrentQueue<string> said) : IAsyncDisposable
{
    bool _stopped;

    public IEnumerable<string> Said => said;

    /// <summary>All its connections come from here: those of its handlers, of its claims and of its heartbeat.</summary>
    public NpgsqlDataSource Pool => host.Services.GetRequiredService<NpgsqlDataSource>();

    public static async Task<TestWorker> StartAsync(string connection, Doing? doing, Action<IServiceCollection>? also, (string Key, string Value)[] settings)
    {
        var said = new ConcurrentQueue<string>();
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Jobs:Slots"] = "4",
            ["Jobs:Lease"] = "00:00:03",
            ["Jobs:Poll"] = "00:00:00.1",
            ["Jobs:Backoff"] = "00:00:00.001",
            ["Jobs:Drain"] = "00:00:00.1",
        });
        builder.Configuration.AddInMemoryCollection(settings.Select(s => KeyValuePair.Create<string, string?>($"Jobs:{s.Key}", s.Value)));
        builder.Logging.AddProvider(new Listener(said)).SetMinimumLevel(LogLevel.Information).AddFilter("Microsoft", LogLevel.Warning);
        builder.Services.AddRecordingDb(connection).AddJobs(builder.Configuration);
        if (doing is not null)
            builder.Services.AddSingleton(doing).AddJobHandler<Act, ActHandler>();
        also?.Invoke(builder.Services);
        var host = builder.Build();
        await host.StartAsync();
        return new TestWorker(host, said);
    }

    public async Task StopAsync()
    {
        _stopped = true;
        await host.StopAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_stopped)
            await StopAsync();
        await ((IAsyncDisposable)host).DisposeAsync();
    }

    sealed class Listener(ConcurrentQueue<string> said) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            said.Enqueue($"{logLevel}: {formatter(state, exception)} {exception?.Message}");

        public void Dispose()
        {
        }
    }
}
