using System.Runtime.Versioning;
using System.Text.Json;
using Npgsql;
using RecordingPlatform.AppHost.Local;
using RecordingPlatform.Core.Redis;
using RecordingPlatform.Tests.Redis;

namespace RecordingPlatform.Tests.AppHost;

/// <summary>One start of the picture as it is, looked at from all sides.</summary>
[SupportedOSPlatform("linux")]
public sealed class PictureTests : IClassFixture<PictureTests.Started>
{
    readonly StagedPlatform _platform;

    public PictureTests(Started started)
    {
        ArgumentNullException.ThrowIfNull(started);
        _platform = started.Platform;
    }

    [Fact]
    public void Migrations_end_before_anything_that_serves_starts_and_the_portal_starts_last()
    {
        var lines = _platform.Journal.Select(l => string.Join(' ', l.Split(' ').Take(2))).ToList();

        Assert.Equal(["migrate starts", "migrate ends"], lines.Take(2));
        Assert.True(lines.Order(StringComparer.Ordinal).SequenceEqual(["api starts", "demo ends", "demo starts", "migrate ends", "migrate starts", "web starts", "worker starts"]), string.Join('\n', lines));
        Assert.True(lines.IndexOf("api starts") < lines.IndexOf("web starts"), string.Join('\n', lines));
    }

    [Theory]
    [InlineData("migrate")]
    [InlineData("demo")]
    [InlineData("worker")]
    [InlineData("api")]
    [InlineData("web")]
    public void Every_program_knows_that_this_is_no_production(string name) =>
        // The one of the two variables that programs without a web server read as well.
        Assert.Equal("Development", _platform.EnvironmentOf(name)["DOTNET_ENVIRONMENT"]);

    [Fact]
    public void Migrations_sign_in_as_the_administrator_and_are_given_every_password_they_set()
    {
        var told = _platform.EnvironmentOf("migrate");

        Assert.Equal(["migrate"], _platform.ArgumentsOf("migrate"));
        Assert.Contains(";Username=postgres;", told["ConnectionStrings__recordings"], StringComparison.Ordinal);
        Assert.Equal("admin@demo.example", told["Administrator__Email"]);
        Assert.All((string[])["Administrator__Password", "Database__OwnerPassword", "Database__AppPassword", "Portal__ApiKey"], name => Assert.Equal(32, told[name].Length));
    }

    [Theory]
    [InlineData("api")]
    [InlineData("worker")]
    [InlineData("demo")]
    public void What_serves_signs_in_as_the_app_and_learns_no_other_password(string name)
    {
        var told = _platform.EnvironmentOf(name);
        var migrate = _platform.EnvironmentOf("migrate");
        var administrator = new NpgsqlConnectionStringBuilder(migrate["ConnectionStrings__recordings"]).Password!;

        var login = new NpgsqlConnectionStringBuilder(told["ConnectionStrings__recordings"]);
        Assert.Equal(("127.0.0.1", "recordings", "recordings_app", migrate["Database__AppPassword"]), (login.Host, login.Database, login.Username, login.Password));
        Assert.DoesNotContain(told.Values, v => v.Contains(administrator, StringComparison.Ordinal) || v.Contains(migrate["Database__OwnerPassword"], StringComparison.Ordinal));
        Assert.Equal(Path.Combine(_platform.Data, "keys", "kek.json"), told["Keys__LocalFile"]);
        Assert.Equal(("disk", Path.Combine(_platform.Data, "objects")), (told["Storage__Provider"], told["Storage__Disk__Path"]));
        Assert.Equal(Path.Combine(_platform.Data, "work"), told["Workdir__Folder"]);
    }

    [Theory]
    [InlineData("api")]
    [InlineData("worker")]
    public async Task What_serves_is_given_a_Redis_that_takes_its_password_and_no_other(string name)
    {
        var settings = RedisSettings.Parse(_platform.EnvironmentOf(name)["ConnectionStrings__redis"]);
        Assert.Equal(("127.0.0.1", 32), (settings.Host, settings.Password!.Length));

        await using var redis = new RedisClient(settings, TimeProvider.System, new LogLines());
        await Eventually.Holds(() => redis.Health.Condition is RedisCondition.Answering, () => $"{redis.Health}");
        Assert.True(await redis.TryPingAsync(TestContext.Current.CancellationToken));

        await using var stranger = new RedisClient(settings with { Password = "wrong" }, TimeProvider.System, new LogLines());
        await Eventually.Holds(() => stranger.Health.Condition is RedisCondition.Away, () => $"{stranger.Health}");
        Assert.DoesNotContain(settings.Password, File.ReadAllText($"/proc/{_platform.Child("redis").Pid}/cmdline"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_portal_knows_the_api_and_its_own_key_and_nothing_of_the_stores()
    {
        var told = _platform.EnvironmentOf("web");

        Assert.Equal($"http://localhost:{_platform.ApiPort}", told["services__api__http__0"]);
        Assert.Equal($"http://localhost:{_platform.ApiPort}", told["Api__PublicUrl"]);
        Assert.Equal(_platform.EnvironmentOf("migrate")["Portal__ApiKey"], told["Portal__ApiKey"]);
        Assert.Equal($"http://127.0.0.1:{_platform.WebPort}", told["ASPNETCORE_URLS"]);
        Assert.DoesNotContain(told.Keys, k => k.StartsWith("ConnectionStrings__", StringComparison.Ordinal) || k.StartsWith("Storage__", StringComparison.Ordinal));
        Assert.Equal($"http://localhost:{_platform.WebPort}", _platform.EnvironmentOf("api")["Portal__Origin"]);
    }

    [Fact]
    public void When_ready_the_addresses_are_in_a_file_and_the_sign_in_is_on_the_screen()
    {
        var state = JsonSerializer.Deserialize<Dictionary<string, string>>(File.ReadAllText(_platform.PlatformPath));

        Assert.Equal(new()
        {
            ["status"] = "ready",
            ["web"] = $"http://localhost:{_platform.WebPort}",
            ["api"] = $"http://localhost:{_platform.ApiPort}",
        }, state);
        Assert.Contains($"portal   http://localhost:{_platform.WebPort}\n", _platform.Output, StringComparison.Ordinal);
        Assert.Matches("admin +a@demo.example +demo-password\n", _platform.Output);
        Assert.DoesNotContain("\e", _platform.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_database_listens_on_this_machine_only_and_takes_no_sign_in_without_its_password()
    {
        await using var source = NpgsqlDataSource.Create(_platform.EnvironmentOf("migrate")["ConnectionStrings__recordings"]);

        Assert.Equal("127.0.0.1", await AskAsync(source, "SHOW listen_addresses"));
        Assert.Equal("", await AskAsync(source, "SHOW unix_socket_directories"));
        Assert.Equal("scram-sha-256", await AskAsync(source, "SELECT string_agg(DISTINCT auth_method, ',') FROM pg_hba_file_rules"));
        Assert.StartsWith("SCRAM-SHA-256$", await AskAsync(source, "SELECT rolpassword FROM pg_authid WHERE rolname = 'postgres'"), StringComparison.Ordinal);

        var wrong = new NpgsqlConnectionStringBuilder(source.ConnectionString) { Password = "wrong" };
        await using var stranger = NpgsqlDataSource.Create(wrong);
        Assert.Equal("28P01", (await Assert.ThrowsAsync<PostgresException>(() => AskAsync(stranger, "SELECT 1"))).SqlState);
    }

    [Fact]
    public async Task A_second_start_says_where_the_first_one_runs_and_leaves_it_alone()
    {
        await using var second = new StagedPlatform(_platform.Data);
        second.Start("--data", _platform.Data);

        Assert.Equal(1, await second.EndedAsync());
        Assert.Equal($"platform  | The platform is already running at http://localhost:{_platform.WebPort} (process {_platform.Engine.Id}, data in {_platform.Data}). "
            + $"Stop it with kill {_platform.Engine.Id}, or start another with --data.", second.Output);
        Assert.False(_platform.Engine.HasExited);
        Assert.True(File.Exists(_platform.PlatformPath));
    }

    [Fact]
    public void Every_process_has_a_session_of_its_own_so_that_the_terminal_reaches_the_engine_alone()
    {
        Assert.All(_platform.Children(), child => Assert.Contains(child.Pid, child.SessionMembers()));
        Assert.DoesNotContain(_platform.Engine.Id, _platform.Children().SelectMany(c => c.SessionMembers()));
    }

    static async Task<string?> AskAsync(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        return (string?)await command.ExecuteScalarAsync();
    }

    /// <summary>Started once for all that only look.</summary>
    public sealed class Started : IAsyncLifetime
    {
        internal StagedPlatform Platform { get; } = new();

        public async ValueTask InitializeAsync() => await Platform.StartAndBeReadyAsync();

        public ValueTask DisposeAsync() => Platform.DisposeAsync();
    }
}
