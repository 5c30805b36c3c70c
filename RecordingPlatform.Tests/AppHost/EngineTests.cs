using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Text.Json;
using Aspire.Hosting;
using RecordingPlatform.AppHost.Local;

namespace RecordingPlatform.Tests.AppHost;

[SupportedOSPlatform("linux")]
public sealed class EngineTests
{
    [Fact]
    public async Task Each_resource_starts_after_what_it_waits_for_and_stops_before_it()
    {
        await using var picture = new ScriptedPicture();
        var store = picture.AddService("store");
        var prepare = picture.AddJob("prepare").WaitFor(store);
        var back = picture.AddService("back").WaitForCompletion(prepare);
        picture.AddService("front").WaitFor(back);

        await picture.ReadyAsync();
        Assert.Equal(["store starts", "prepare starts", "prepare ends", "back starts", "front starts"],
            picture.Journal.Select(l => string.Join(' ', l.Split(' ').Take(2))));

        var (exitCode, _) = await picture.StopAsync();

        Assert.Equal(0, exitCode);
        Assert.Equal(["front drains", "front ends", "back drains", "back ends", "store drains", "store ends"], picture.Journal.TakeLast(6));
        Assert.False(File.Exists(picture.PlatformPath), "platform.json outlived the platform");
    }

    [Fact]
    public async Task A_service_that_crashes_is_started_again_later_each_time()
    {
        await using var picture = new ScriptedPicture();
        picture.AddService("api");
        await picture.ReadyAsync();

        Signals.Send(picture.PidOf("api"), Signals.Kill);
        await picture.NotesAsync("api starts", times: 2);
        Signals.Send(picture.PidOf("api"), Signals.Kill);
        await picture.NotesAsync("api starts", times: 3);

        Assert.Contains("ended by itself (exit code 137), starts again in 1 s", picture.Output, StringComparison.Ordinal);
        Assert.Contains("ended by itself (exit code 137), starts again in 2 s", picture.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_crashed_service_started_does_not_outlive_it()
    {
        await using var picture = new ScriptedPicture();
        picture.AddService("worker", behaviour: "parent");
        await picture.ReadyAsync();
        var child = ProcessIdentity.Of(picture.PidOf("child"));
        Assert.NotNull(child);

        Signals.Send(picture.PidOf("worker"), Signals.Kill);

        await Eventually.Holds(() => !child.IsAlive, () => "the child of the crashed service lives on\n" + picture.Output);
    }

    [Fact]
    public async Task When_a_job_that_others_wait_for_fails_nothing_stays_and_the_reason_is_the_last_line()
    {
        await using var picture = new ScriptedPicture();
        var store = picture.AddService("store");
        var prepare = picture.AddJob("prepare", behaviour: "fails").WaitFor(store);
        picture.AddService("api").WaitForCompletion(prepare);

        picture.Start();

        Assert.Equal(1, await picture.EndedAsync());
        Assert.Contains("prepare   | no such table\n", picture.Output, StringComparison.Ordinal);
        Assert.EndsWith("prepare failed with exit code 3, and api cannot start without it\n", picture.Output, StringComparison.Ordinal);
        Assert.Contains("store ends", picture.Journal);
        Assert.DoesNotContain(picture.Journal, l => l.StartsWith("api", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_job_that_nobody_waits_for_may_fail_but_not_in_silence()
    {
        await using var picture = new ScriptedPicture();
        picture.AddService("api");
        picture.AddJob("demo", behaviour: "fails");

        await picture.ReadyAsync();

        await picture.SaysAsync("demo failed: the platform runs without it");
    }

    [Fact]
    public async Task A_service_that_never_comes_up_ends_the_start()
    {
        await using var picture = new ScriptedPicture();
        picture.AddService("api", behaviour: "fails");

        picture.Start();

        Assert.Equal(1, await picture.EndedAsync());
        Assert.True(picture.Journal.Count(l => l.StartsWith("api starts", StringComparison.Ordinal)) == 3, picture.Output);
        Assert.EndsWith("api ended 3 times before it was up, last with exit code 3: its lines are above\n", picture.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_that_ignores_the_signal_is_killed_within_its_grace()
    {
        await using var picture = new ScriptedPicture();
        picture.AddService("deaf", behaviour: "deaf");
        await picture.ReadyAsync();
        var process = ProcessIdentity.Of(picture.PidOf("deaf"));

        var (exitCode, took) = await picture.StopAsync();

        Assert.Equal(0, exitCode);
        Assert.False(process!.IsAlive);
        Assert.InRange(took.TotalSeconds, 3, 8);
        Assert.Contains("was killed", picture.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_signal_ends_everything_at_once()
    {
        await using var picture = new ScriptedPicture();
        picture.AddService("deaf", behaviour: "deaf");
        await picture.ReadyAsync();

        var stopping = picture.StopAsync();
        var took = await picture.KillAsync();
        await stopping;

        Assert.InRange(took.TotalSeconds, 0, 3);
    }

    [Fact]
    public async Task A_missing_program_is_named_before_anything_starts()
    {
        await using var picture = new ScriptedPicture();
        picture.AddService("store");
        picture.Builder.AddExecutable("tool", "no-such-program", ".");

        picture.Start();

        Assert.Equal(1, await picture.EndedAsync());
        Assert.Equal("platform  | no-such-program is missing, which tool runs: install it, or put it into PATH\n", picture.Output);
        Assert.Empty(picture.Journal);
    }

    [Fact]
    public async Task A_port_that_was_asked_for_and_is_taken_ends_the_start()
    {
        using var listener = Listen(out var port);
        await using var picture = new ScriptedPicture();
        picture.Builder.AddExecutable("web", "sh", ".", "-c", "exit 0").WithHttpEndpoint(port: port);

        picture.Start();

        Assert.Equal(1, await picture.EndedAsync());
        Assert.Equal($"platform  | port {port} for web is in use: give another with --web-port\n", picture.Output);
    }

    [Fact]
    public async Task A_default_port_that_is_taken_gives_way_to_a_free_one()
    {
        await using var picture = new ScriptedPicture("--web-port", "9999");
        var api = picture.AddService("api").Resource;
        var mine = picture.AddService("mine").Resource;
        var port = FreePort();
        api.Endpoints[0] = new("http", port, environmentVariable: null);
        mine.Endpoints[0] = new("http", port, environmentVariable: null);

        var notes = Ports.Allocate([api, mine], mayMove: p => p == port);

        Assert.Equal(port, api.Endpoints[0].Allocated);
        Assert.NotEqual(port, mine.Endpoints[0].Allocated);
        Assert.Equal([$"port {port} is in use, mine takes {mine.Endpoints[0].Allocated}"], notes);
    }

    [Fact]
    public async Task Lines_carry_the_name_of_their_resource_and_no_colour_codes_where_there_is_no_terminal()
    {
        await using var picture = new ScriptedPicture();
        picture.Builder.AddExecutable("one", "sh", ".", "-c", "echo to the one; echo to the other >&2");

        await picture.ReadyAsync();

        Assert.Contains("one       | to the one\n", picture.Output, StringComparison.Ordinal);
        Assert.Contains("one       | to the other\n", picture.Output, StringComparison.Ordinal);
        Assert.DoesNotContain('\e', picture.Output);
    }

    [Fact]
    public async Task When_all_is_ready_the_addresses_are_written_down()
    {
        await using var picture = new ScriptedPicture();
        var web = picture.AddService("web").WithExternalHttpEndpoints();
        picture.AddService("hidden");

        await picture.ReadyAsync();

        var state = JsonSerializer.Deserialize<Dictionary<string, string>>(await File.ReadAllTextAsync(picture.PlatformPath));
        Assert.Equal(new() { ["status"] = "ready", ["web"] = web.Resource.Endpoints[0].Url }, state);
    }

    [Fact]
    public void A_generated_secret_stays_the_same_and_only_its_owner_reads_it()
    {
        var folder = Directory.CreateTempSubdirectory("rp-secrets-");
        var path = Path.Combine(folder.FullName, "secrets.json");

        var first = new SecretsFile(path).GetOrAdd("key", () => "generated");
        var second = new SecretsFile(path).GetOrAdd("key", () => "generated again");

        Assert.Equal(("generated", "generated"), (first, second));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        folder.Delete(recursive: true);
    }

    static Socket Listen(out int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Listen();
        port = ((IPEndPoint)socket.LocalEndPoint!).Port;
        return socket;
    }

    static int FreePort()
    {
        using var socket = Listen(out var port);
        return port;
    }
}
