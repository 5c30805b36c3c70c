using System.Runtime.Versioning;
using System.Text.Json;
using System.Text.RegularExpressions;
using Npgsql;
using RecordingPlatform.AppHost.Local;
using RecordingPlatform.Core.Redis;
using RecordingPlatform.Tests.Redis;

namespace RecordingPlatform.Tests.AppHost;

/// <summary>How the platform ends, and how it starts after it ended badly.</summary>
[SupportedOSPlatform("linux")]
public sealed class LifeAndDeathTests
{
    [Fact]
    public async Task On_SIGTERM_everything_ends_in_reverse_and_nothing_is_left()
    {
        await using var platform = new StagedPlatform { Store = "azurite" };
        await platform.StartAndBeReadyAsync();
        var children = platform.Children();
        Assert.Equal(6, children.Count);

        var (exitCode, took) = await platform.TerminateAsync();

        Assert.Equal(0, exitCode);
        Assert.InRange(took.TotalSeconds, 0, 15);
        Assert.DoesNotContain(children, c => c.SessionMembers().Count > 0);
        Assert.False(File.Exists(platform.PlatformPath));
        var ends = platform.Journal.SkipWhile(l => !l.Contains("drains", StringComparison.Ordinal)).ToList();
        Assert.True(ends.IndexOf("web ends") < ends.IndexOf("api drains"), string.Join('\n', ends));
        var database = platform.Output.IndexOf("received fast shutdown request", StringComparison.Ordinal);
        Assert.All((string[])["api       | stopped", "worker    | stopped"], line =>
            Assert.All((int[])[database, platform.Output.IndexOf("redis     | stopped", StringComparison.Ordinal), platform.Output.IndexOf("storage   | stopped", StringComparison.Ordinal)], store =>
                Assert.InRange(platform.Output.IndexOf(line, StringComparison.Ordinal), 0, store)));
    }

    [Fact]
    public async Task On_SIGTERM_what_does_not_listen_is_killed_and_all_is_over_within_15_seconds()
    {
        await using var platform = new StagedPlatform { Behaviours = { ["web"] = "deaf", ["api"] = "deaf", ["worker"] = "deaf" } };
        await platform.StartAndBeReadyAsync();
        var children = platform.Children();

        var (exitCode, took) = await platform.TerminateAsync();

        Assert.Equal(0, exitCode);
        Assert.InRange(took.TotalSeconds, 4, 15);
        Assert.DoesNotContain(children, c => c.SessionMembers().Count > 0);
        Assert.Contains("database system is shut down", platform.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task During_the_first_start_SIGTERM_ends_it_and_the_next_start_succeeds()
    {
        await using var platform = new StagedPlatform();
        platform.Start();
        await Eventually.Holds(() => HasBegun("postgres.new") || HasBegun("postgres"), () => platform.Output);

        var (exitCode, took) = await platform.TerminateAsync();
        Assert.Equal(0, exitCode);
        Assert.InRange(took.TotalSeconds, 0, 15);

        await platform.StartAndBeReadyAsync();

        // initdb writes its version first, so that file alone does not make a database.
        bool HasBegun(string folder) => File.Exists(Path.Combine(platform.Data, folder, "PG_VERSION"));
    }

    [Fact]
    public async Task After_the_engine_was_killed_the_next_start_ends_the_orphans_and_keeps_the_data()
    {
        await using var platform = new StagedPlatform { Store = "azurite" };
        await platform.StartAndBeReadyAsync();
        var address = platform.EnvironmentOf("api")["ConnectionStrings__blobs"];
        await new StagedBlobs(address).PutAsync("kept", "sealed bytes");
        await AskAsync(platform, "CREATE TABLE kept AS SELECT 'still here' AS what");

        var orphans = platform.Children();
        Signals.Send(platform.Engine.Id, Signals.Kill);
        await platform.EndedAsync();
        Assert.All(orphans, o => Assert.True(o.IsAlive));

        await platform.StartAndBeReadyAsync();

        Assert.DoesNotContain(orphans, o => o.IsAlive);
        Assert.Matches(@"ended what an earlier start left running: web \(\d+\), (api|worker) \(\d+\), (api|worker) \(\d+\), ((postgres|redis|storage) \(\d+\)(, )?){3}\n", platform.Output);
        var state = JsonSerializer.Deserialize<Dictionary<string, string>>(await File.ReadAllTextAsync(platform.PlatformPath));
        Assert.Equal($"http://localhost:{platform.WebPort}", state!["web"]);
        Assert.Equal("still here", await AskAsync(platform, "SELECT what FROM kept"));
        Assert.Equal(address, platform.EnvironmentOf("api")["ConnectionStrings__blobs"]);
        Assert.Equal("sealed bytes", await new StagedBlobs(address).GetAsync("kept"));
    }

    [Theory]
    [InlineData("postgres")]
    [InlineData("redis")]
    [InlineData("storage")]
    public async Task A_store_that_crashes_is_started_again_where_it_was(string name)
    {
        await using var platform = new StagedPlatform { Store = "azurite" };
        await platform.StartAndBeReadyAsync();
        var before = platform.Child(name);
        var told = platform.EnvironmentOf("api");
        if (name == "postgres")
        {
            await AskAsync(platform, "CREATE TABLE kept AS SELECT 'still here' AS what");
        }

        Signals.Send(before.Pid, Signals.Kill);
        // A database may need several tries, until the last process of the one before has let go of its memory.
        await Eventually.Holds(() => Regex.Count(platform.Output, $@"{name} +\| ready ", RegexOptions.None, TimeSpan.FromSeconds(1)) == 2, () => platform.Output);
        Assert.Equal(6, platform.Children().Count);
        Assert.NotEqual(before, platform.Child(name));

        switch (name)
        {
            case "postgres":
                Assert.Equal("still here", await AskAsync(platform, "SELECT what FROM kept"));
                break;
            case "storage":
                var blobs = new StagedBlobs(told["ConnectionStrings__blobs"]);
                await blobs.PutAsync("after", "the crash");
                Assert.Equal("the crash", await blobs.GetAsync("after"));
                break;
            default:
                await using (var redis = new RedisClient(RedisSettings.Parse(told["ConnectionStrings__redis"]), TimeProvider.System, new LogLines()))
                {
                    await Eventually.Holds(() => redis.Health.Condition is RedisCondition.Answering, () => $"{redis.Health}");
                }

                break;
        }
    }

    [Fact]
    public async Task A_database_whose_password_was_lost_is_not_replaced_but_named()
    {
        await using var platform = new StagedPlatform();
        await platform.StartAndBeReadyAsync();
        await platform.TerminateAsync();
        File.Delete(Path.Combine(platform.Data, "secrets.json"));

        platform.Start();

        Assert.Equal(1, await platform.EndedAsync());
        Assert.Contains($"does not accept postgres-password of {platform.Data}/secrets.json", platform.Output.Split('\n')[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Root_keeps_the_database_elsewhere_when_its_user_cannot_reach_the_data_folder()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root runs PostgreSQL as another user");
        var secluded = Directory.CreateTempSubdirectory("rp-secluded-"); // 0700
        var data = Path.Combine(secluded.FullName, "data");
        string elsewhere;
        await using (var platform = new StagedPlatform(data))
        {
            await platform.StartAndBeReadyAsync();
            elsewhere = Directory.ResolveLinkTarget(Path.Combine(data, "postgres"), returnFinalTarget: true)!.FullName;
            Assert.StartsWith("/var/lib/recordingplatform/", elsewhere, StringComparison.Ordinal);
            Assert.Contains($"so the database lies in {elsewhere}", platform.Output, StringComparison.Ordinal);
            await platform.TerminateAsync();

            Directory.Delete(data, recursive: true);
            await platform.StartAndBeReadyAsync();
            Assert.Contains($"the database of the one before it was moved to {elsewhere}.previous", platform.Output, StringComparison.Ordinal);
            Assert.True(File.Exists(Path.Combine($"{elsewhere}.previous", "PG_VERSION")));
            await platform.TerminateAsync();
        }

        Directory.Delete($"{elsewhere}.previous", recursive: true);
        secluded.Delete(recursive: true);
    }

    [Fact]
    public async Task Anyone_else_runs_everything_as_themselves()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can start it as somebody else; otherwise every other test is this test");
        await using var platform = new StagedPlatform { User = "nobody" };
        Directory.CreateDirectory(platform.Data);
        File.SetUnixFileMode(platform.Data, (UnixFileMode)0b111_111_111);

        await platform.StartAndBeReadyAsync();

        Assert.All(platform.Children(), c => Assert.Contains("\nUid:\t65534\t", File.ReadAllText($"/proc/{c.Pid}/status"), StringComparison.Ordinal));
        Assert.Equal(0, (await platform.TerminateAsync()).ExitCode);
    }

    static async Task<object?> AskAsync(StagedPlatform platform, string sql)
    {
        await using var source = NpgsqlDataSource.Create(platform.EnvironmentOf("migrate")["ConnectionStrings__recordings"]);
        await using var question = source.CreateCommand(sql);
        return await question.ExecuteScalarAsync();
    }
}
