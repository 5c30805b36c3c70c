using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using RecordingPlatform.Tests.Fixtures;
using RecordingPlatform.Worker.Children;
using RecordingPlatform.Worker.Media;

namespace RecordingPlatform.Tests.Media;

public sealed class ChildRunnerTests(Studio studio)
{
    public static TheoryData<string> Isolations => ["full", "network", "none"];

    [Fact]
    public async Task Nothing_of_the_workers_environment_reaches_a_child()
    {
        Environment.SetEnvironmentVariable("SECRET_OF_THE_WORKER", "secret");

        var output = await OutputAsync("none", "env");

        Assert.DoesNotContain("secret", output, StringComparison.Ordinal);
        Assert.Contains("PATH=", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Standard_input_is_at_its_end() =>
        Assert.Equal("done", (await OutputAsync("none", "cat; echo done")).Trim());

    [Theory, MemberData(nameof(Isolations))]
    public async Task Limits_are_the_kernels(string isolation)
    {
        await RequireAsync(isolation);

        var output = await OutputAsync(isolation, "cat /proc/self/limits; nice; grep -E 'NoNewPrivs|CapEff' /proc/self/status");

        Assert.Matches(@"Max cpu time\s+60\s+62\s", output);
        Assert.Matches(@"Max address space\s+536870912\s+536870912\s", output);
        Assert.Matches(@"Max file size\s+1048576\s+1048576\s", output);
        Assert.Matches(@"Max open files\s+64\s+64\s", output);
        Assert.Matches(@"Max core file size\s+0\s+0\s", output);
        Assert.Matches(@"(?m)^10$", output);
        Assert.Matches(@"NoNewPrivs:\s+1", output);
        if (isolation != "none")
        {
            Assert.Matches(@"Max processes\s+64\s+64\s", output);
            Assert.Matches(@"CapEff:\s+0000000000000000", output);
        }
    }

    [Fact]
    public async Task A_file_does_not_grow_past_its_limit()
    {
        var path = studio.PathOf("large");

        var exit = await RunAsync("none", ChildHost.Shell($"head -c 8M /dev/zero > '{path}'"));

        Assert.False(exit.Succeeded);
        Assert.Equal(1 << 20, new FileInfo(path).Length);
    }

    [Fact]
    public async Task Memory_beyond_the_limit_is_refused()
    {
        Assert.True((await RunAsync("none", ChildHost.Shell("dd if=/dev/zero of=/dev/null bs=100M count=1"))).Succeeded);

        var exit = await RunAsync("none", ChildHost.Shell("dd if=/dev/zero of=/dev/null bs=1G count=1"));

        Assert.False(exit.Succeeded);
        Assert.Contains("memory", exit.ErrorTail, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Isolations))]
    public async Task A_child_that_burns_the_processor_is_ended_by_the_kernel(string isolation)
    {
        await RequireAsync(isolation);
        var command = ChildHost.Shell("while :; do :; done");

        var exit = await RunAsync(isolation, command with { Limits = command.Limits with { CpuTime = TimeSpan.FromSeconds(1) } });

        Assert.Equal(ChildEnd.OutOfCpuTime, exit.End);
    }

    [Theory, MemberData(nameof(Isolations))]
    public async Task A_child_that_hangs_is_killed_with_all_it_started(string isolation)
    {
        await RequireAsync(isolation);
        var marker = Marker();
        var command = ChildHost.Sleep(marker);

        var exit = await RunAsync(isolation, command with { Limits = command.Limits with { WallClock = TimeSpan.FromSeconds(1) } });

        Assert.Equal(ChildEnd.TimedOut, exit.End);
        Assert.Empty(Running(marker));
    }

    [Theory, MemberData(nameof(Isolations))]
    public async Task Cancelling_leaves_no_process(string isolation)
    {
        await RequireAsync(isolation);
        var marker = Marker();
        using var cancel = new CancellationTokenSource();
        var run = new ChildRunner(ChildHost.ByName(isolation), TimeProvider.System).RunAsync(ChildHost.Sleep(marker), cancel.Token);
        await Until.TrueAsync(() => Task.FromResult(Running(marker).Count(line => line.StartsWith("sleep", StringComparison.Ordinal)) == 2), TimeSpan.FromSeconds(20), "both sleeps run");

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        Assert.Empty(Running(marker));
    }

    [Fact]
    public async Task Cancelling_at_any_moment_of_the_start_leaves_no_process()
    {
        var isolation = await studio.Tools.IsolationAsync();
        var marker = Marker();
        for (var milliseconds = 0; milliseconds < 30; milliseconds++)
        {
            using var cancel = new CancellationTokenSource(TimeSpan.FromMilliseconds(milliseconds));
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
                new ChildRunner(isolation, TimeProvider.System).RunAsync(ChildHost.Sleep(marker), cancel.Token));
        }

        Assert.Empty(Running(marker));
    }

    [Fact]
    public async Task With_a_process_namespace_not_even_a_child_that_left_its_session_survives()
    {
        await RequireAsync("full");
        var marker = Marker();

        var exit = await RunAsync("full", ChildHost.Shell($"setsid sleep {marker} > /dev/null 2>&1 & ls -d /proc/[0-9]* | wc -l >&2"));

        Assert.True(exit.Succeeded, exit.ErrorTail);
        Assert.InRange(int.Parse(exit.ErrorTail, CultureInfo.InvariantCulture), 2, 6); // its own processes, and none of this machine's
        Assert.Empty(Running(marker));
    }

    [Theory, MemberData(nameof(Isolations))]
    public async Task What_a_child_leaves_in_its_session_ends_with_it(string isolation)
    {
        await RequireAsync(isolation);
        var marker = Marker();

        var exit = await RunAsync(isolation, ChildHost.Shell($"sleep {marker} &"));

        Assert.True(exit.Succeeded, exit.ErrorTail);
        Assert.Empty(Running(marker));
    }

    [Theory, MemberData(nameof(Isolations))]
    public async Task A_worker_that_is_killed_takes_its_children_along(string isolation)
    {
        await RequireAsync(isolation);
        var marker = Marker();
        var assembly = typeof(ChildRunnerTests).Assembly.Location;
        using var worker = Run.Start(Path.ChangeExtension(assembly, null), ChildHost.Option, isolation, marker);
        Run.Collect(worker);
        await Until.TrueAsync(() => Task.FromResult(Running(marker).Any(line => line.StartsWith("sleep", StringComparison.Ordinal))), TimeSpan.FromSeconds(60), "the worker's child runs");

        worker.Kill();

        // In a session, unlike in a namespace, a grandchild has no parent-death signal: only the child itself is promised.
        await Until.TrueAsync(
            () => Task.FromResult(!Running(marker).Any(line => isolation == "full" || line.Contains("bash", StringComparison.Ordinal))),
            TimeSpan.FromSeconds(20), "the child is gone");
        foreach (var pid in RunningIds(marker))
            System.Diagnostics.Process.GetProcessById(pid).Kill();
    }

    [Fact]
    public async Task Children_outlive_the_pool_threads_that_asked_for_them()
    {
        var ends = Enumerable.Range(0, 8).Select(_ => StartFromDyingThread()).ToList();

        Assert.All(await Task.WhenAll(ends), exit => Assert.True(exit.Succeeded, $"{exit.ExitCode} {exit.ErrorTail}"));

        static async Task<ChildExit> StartFromDyingThread()
        {
            Task<ChildExit>? run = null;
            var thread = new Thread(() => run = new ChildRunner(ChildIsolation.None, TimeProvider.System).RunAsync(ChildHost.Shell("sleep 1"), default));
            thread.Start();
            thread.Join();
            return await run!;
        }
    }

    [Theory]
    [InlineData("full", false)]
    [InlineData("network", false)]
    [InlineData("none", true)]
    public async Task An_isolated_child_has_no_network(string isolation, bool connects)
    {
        await RequireAsync(isolation);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();

        var exit = await RunAsync(isolation, ChildHost.Shell($"exec 3<>/dev/tcp/127.0.0.1/{((IPEndPoint)listener.LocalEndpoint).Port}"));

        Assert.Equal(connects, exit.Succeeded);
        Assert.Equal(connects, listener.Pending());
    }

    [Fact]
    public async Task Endless_error_output_is_bounded()
    {
        var longest = 0;
        var command = ChildHost.Shell("head -c 5M /dev/zero | tr '\\0' x >&2; for i in $(seq 3000); do echo line $i >&2; done; exit 3") with
        {
            OnErrorLine = line => longest = Math.Max(longest, line.Length),
        };

        var exit = await RunAsync("none", command);

        Assert.Equal(3, exit.ExitCode);
        Assert.Equal(BoundedLines.MaxLength, longest);
        Assert.InRange(exit.ErrorTail.Length, 1, BoundedLines.TailLength);
        Assert.EndsWith("line 3000", exit.ErrorTail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reader_that_fails_ends_the_child_and_is_heard()
    {
        var marker = Marker();
        var command = ChildHost.Shell($"yes {marker}") with { ReadOutputAsync = _ => throw new InvalidDataException("unexpected") };

        // Long before its wall clock, two minutes, ends it.
        await Assert.ThrowsAsync<InvalidDataException>(() => RunAsync("none", command).WaitAsync(TimeSpan.FromSeconds(30)));

        Assert.Empty(Running(marker));
    }

    [Fact]
    public async Task A_program_that_is_not_there_is_not_the_files_fault()
    {
        var command = ChildHost.Shell("") with { Executable = "/usr/bin/no-such-program" };

        var failure = await Assert.ThrowsAsync<ChildStartException>(() => RunAsync("none", command));

        Assert.Contains("/usr/bin/no-such-program", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_isolation_that_is_found_is_one_that_works()
    {
        var isolation = await ChildIsolation.DetectAsync(TimeProvider.System, default);

        Assert.True((await new ChildRunner(isolation, TimeProvider.System).RunAsync(ChildHost.Shell("true"), default)).Succeeded);
    }

    static Task<ChildExit> RunAsync(string isolation, ChildCommand command) =>
        new ChildRunner(ChildHost.ByName(isolation), TimeProvider.System).RunAsync(command, default);

    static async Task<string> OutputAsync(string isolation, string script)
    {
        var output = "";
        var exit = await RunAsync(isolation, ChildHost.Shell(script) with
        {
            ReadOutputAsync = async stream => output = await new StreamReader(stream).ReadToEndAsync(),
        });
        Assert.True(exit.Succeeded, exit.ErrorTail);
        return output;
    }

    async Task RequireAsync(string isolation)
    {
        var found = await studio.Tools.IsolationAsync();
        Assert.SkipWhen(isolation == "full" && !found.ProcessesIsolated, "This kernel gives no process namespace.");
        Assert.SkipWhen(isolation == "network" && !found.NetworkIsolated, "This kernel gives no network namespace.");
    }

    /// <summary>A number of seconds that no other process sleeps.</summary>
    static string Marker() => RandomNumberGenerator.GetInt32(100_000_000, 999_999_999).ToString(CultureInfo.InvariantCulture);

    static List<string> Running(string marker) => [.. Processes(marker).Select(process => process.CommandLine)];

    static IEnumerable<int> RunningIds(string marker) => Processes(marker).Select(process => process.Id);

    static List<(int Id, string CommandLine)> Processes(string marker)
    {
        var found = new List<(int, string)>();
        foreach (var folder in Directory.EnumerateDirectories("/proc").Where(folder => int.TryParse(Path.GetFileName(folder), out _)))
        {
            try
            {
                var line = File.ReadAllText(Path.Combine(folder, "cmdline")).Replace('\0', ' ');
                if (line.Contains(marker, StringComparison.Ordinal) && !line.Contains(ChildHost.Option, StringComparison.Ordinal))
                    found.Add((int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture), line));
            }
            catch (IOException)
            {
                // Ended while we looked.
            }
        }
        return found;
    }
}
