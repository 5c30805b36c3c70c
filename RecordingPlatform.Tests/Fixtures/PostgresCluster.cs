using System.Diagnostics;
using System.Security.Cryptography;
using Npgsql;
using RecordingPlatform.Core.Data;

namespace RecordingPlatform.Tests.Fixtures;

/// <summary>
/// A PostgreSQL server of the test run's own, started by the first test that needs one. Databases are clones of one that was
/// migrated once. Nothing survives the run, so it does not wait for the disk unless it is to be durable.
/// </summary>
public sealed class PostgresCluster : IAsyncDisposable
{
    public const string OwnerPassword = "owner-of-tests";
    public const string AppPassword = "app-of-tests";
    const string Template = "recordings_template";

    readonly string _password = Convert.ToHexString(RandomNumberGenerator.GetBytes(16));
    readonly string _folder = Path.Combine(Path.GetTempPath(), $"rp-pg-{Guid.CreateVersion7():N}");
    readonly SemaphoreSlim _cloning = new(1);
    readonly Lazy<Task> _started;
    readonly Lock _seeding = new();
    readonly bool _durable;
    readonly int _port = Ports.Free();
    Process? _server;
    Task<PlatformSeed>? _seed;

    public PostgresCluster() : this(durable: false)
    {
    }

    /// <param name="durable">Whether a commit waits for the disk, as it does in earnest.</param>
    internal PostgresCluster(bool durable) => (_durable, _started) = (durable, new(StartAndMigrateAsync));

    public string DataFolder => Path.Combine(_folder, "data");

    async Task StartAndMigrateAsync()
    {
        await StartAsync();
        var owner = await Migrator.PrepareRolesAsync(AdministratorOf(Template), OwnerPassword, AppPassword, default);
        await Migrator.MigrateAsync(owner, default);
        NpgsqlConnection.ClearAllPools();
    }

    /// <summary>What platforms begin with; made by the first that asks.</summary>
    internal Task<PlatformSeed> SeedAsync(Func<Task<PlatformSeed>> makeAsync)
    {
        lock (_seeding)
            return _seed ??= makeAsync();
    }

    /// <summary>A migrated database of the caller's own.</summary>
    /// <param name="of">Another database, used by nobody, to copy.</param>
    public async Task<TestDatabase> CreateDatabaseAsync(TestDatabase? of = null)
    {
        await _started.Value;
        var name = $"t_{Guid.CreateVersion7():N}";
        // A template may have no other connection while it is copied.
        await _cloning.WaitAsync();
        try
        {
            await ExecuteAsync("postgres", $"create database {name} template {of?.Name ?? Template} owner {Migrator.OwnerLogin}");
            await ExecuteAsync("postgres", $"grant connect on database {name} to {Migrator.AppLogin}");
        }
        finally
        {
            _cloning.Release();
        }
        return new TestDatabase(name, AdministratorOf(name), LoginOf(name, Migrator.OwnerLogin, OwnerPassword), LoginOf(name, Migrator.AppLogin, AppPassword));
    }

    /// <summary>An empty database.</summary>
    public async Task<string> CreateEmptyAsync()
    {
        await _started.Value;
        var name = $"e_{Guid.CreateVersion7():N}";
        await ExecuteAsync("postgres", $"create database {name}");
        return AdministratorOf(name);
    }

    public string AdministratorOf(string database) => LoginOf(database, "postgres", _password);

    string LoginOf(string database, string user, string password) =>
        $"Host=127.0.0.1;Port={_port};Database={database};Username={user};Password={password};Maximum Pool Size=30;Include Error Detail=true";

    async Task ExecuteAsync(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(AdministratorOf(database) + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    async Task StartAsync()
    {
        Directory.CreateDirectory(_folder);
        var passwordFile = Path.Combine(_folder, "password");
        await File.WriteAllTextAsync(passwordFile, _password);
        if (Environment.UserName == "root")
            await Run.ToEndAsync("chown", "-R", "postgres", _folder);
        var data = DataFolder;
        await Run.ToEndAsync(AsPostgres("initdb", "-D", data, "-U", "postgres", "--auth=scram-sha-256", $"--pwfile={passwordFile}", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"));
        await LaunchAsync();
    }

    async Task LaunchAsync()
    {
        string[] careless = _durable ? [] : ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"];
        _server = Run.Start(AsPostgres("postgres", ["-D", DataFolder, "-h", "127.0.0.1", "-p", $"{_port}", "-k", _folder,
            "-c", "max_connections=300", "-c", "log_min_messages=fatal", .. careless]));
        await Until.TrueAsync(CanConnectAsync, TimeSpan.FromSeconds(60), "PostgreSQL accepts connections");
    }

    /// <summary>Ends the server as an <c>immediate</c> shutdown does, without a checkpoint, and starts it again.</summary>
    public async Task CrashAndRestartAsync()
    {
        Run.Signal(_server!, "QUIT");
        await _server!.WaitForExitAsync();
        _server.Dispose();
        await LaunchAsync();
    }

    /// <summary>Stops the postmaster and every backend where they are, until the answer is disposed.</summary>
    public IDisposable StandStill()
    {
        // The postmaster first, so that it starts no backend that would go on.
        var stopped = new[] { _server!.Id }.Concat(Run.ChildrenOf(_server.Id)).ToList();
        foreach (var pid in stopped)
            Run.Signal(pid, "STOP");
        return new Stopped(stopped);
    }

    async Task<bool> CanConnectAsync()
    {
        if (_server!.HasExited)
            throw new InvalidOperationException($"postgres ended with {_server.ExitCode} while starting.");
        try
        {
            await ExecuteAsync("postgres", "select 1");
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }

    static string[] AsPostgres(string program, params string[] arguments)
    {
        var path = Programs.Find(program, Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql").OrderDescending().Select(d => Path.Combine(d, "bin"))
            : []);
        string[] command = [path, .. arguments];
        return Environment.UserName == "root" ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", .. command] : command;
    }

    public async ValueTask DisposeAsync()
    {
        if (_seed is { IsCompletedSuccessfully: true })
            await (await _seed).DisposeAsync();
        if (_server is not null)
        {
            // SIGINT is PostgreSQL's fast shutdown.
            Run.Signal(_server, "INT");
            await _server.WaitForExitAsync();
            _server.Dispose();
        }
        if (Directory.Exists(_folder))
            Directory.Delete(_folder, recursive: true);
        _cloning.Dispose();
    }
}

file sealed class Stopped(List<int> processes) : IDisposable
{
    public void Dispose()
    {
        foreach (var pid in processes)
            Run.Signal(pid, "CONT");
    }
}

/// <summary>One database, as its three logins reach it.</summary>
public sealed record TestDatabase(string Name, string Administrator, string Owner, string App);
