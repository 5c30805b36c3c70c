using System.Runtime.Versioning;
using RecordingPlatform.AppHost.Local;

namespace RecordingPlatform.Tests.AppHost;

[SupportedOSPlatform("linux")]
public sealed class RunScriptTests : IDisposable
{
    readonly RunScript _run = new();

    public void Dispose() => _run.Dispose();

    [Fact]
    public async Task The_first_start_builds_and_then_becomes_the_AppHost_itself()
    {
        using var process = _run.Start("--web-port", "9000");
        var id = process.Id;

        var (exitCode, output, error) = await RunScript.FinishAsync(process);

        Assert.True(exitCode == 0, output + error);
        Assert.Contains(_run.Calls, c => c.StartsWith("dotnet build RecordingPlatform.AppHost -c Release", StringComparison.Ordinal));
        Assert.Equal($"dotnet {_run.BuiltFile} --web-port 9000", _run.Calls[^2]);
        Assert.Equal($"process {id}", _run.Calls[^1]); // exec: a signal to ./run reaches the engine
    }

    [Fact]
    public async Task A_second_start_builds_nothing()
    {
        await _run.RunAsync();
        await _run.RunAsync();

        Assert.Single(_run.Calls, c => c.StartsWith("built", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_changed_source_is_built_before_it_runs()
    {
        await _run.RunAsync();
        _run.Write("RecordingPlatform.Api/Program.cs", "two");
        await _run.RunAsync();

        Assert.Equal(["built one", "built two"], _run.Calls.Where(c => c.StartsWith("built", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_source_put_back_with_its_old_date_and_size_is_built_too()
    {
        var path = Path.Combine(_run.Root, "RecordingPlatform.Api/Program.cs");
        await _run.RunAsync();
        var date = File.GetLastWriteTimeUtc(path);
        _run.Write("RecordingPlatform.Api/Program.cs", "two");
        File.SetLastWriteTimeUtc(path, date);
        await _run.RunAsync();

        Assert.Equal(["built one", "built two"], _run.Calls.Where(c => c.StartsWith("built", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_program_that_something_else_built_is_built_again()
    {
        await _run.RunAsync();
        await File.WriteAllTextAsync(_run.BuiltFile, "built elsewhere");
        await _run.RunAsync();

        Assert.Equal(2, _run.Calls.Count(c => c.StartsWith("built", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_build_that_fails_is_shown_and_tried_again_next_time()
    {
        _run.Command("dotnet", "[[ $1 == --version ]] && { echo 10.0.100; exit; }; echo 'Program.cs(1,1): error CS1002'; exit 1");

        var first = await _run.RunAsync();
        var second = await _run.RunAsync();

        Assert.Equal((1, 1), (first.ExitCode, second.ExitCode));
        Assert.Contains("error CS1002", first.Error, StringComparison.Ordinal);
        Assert.Equal(2, _run.Calls.Count(c => c.StartsWith("dotnet build", StringComparison.Ordinal)));
        Assert.DoesNotContain(_run.Calls, c => c.Contains("AppHost.dll", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_signal_ends_the_build_as_well()
    {
        _run.Command("dotnet", "[[ $1 == --version ]] && { echo 10.0.100; exit; }; echo \"building $$\" >> \"$CALLS\"; exec sleep 600");
        using var process = _run.Start();
        await Eventually.Holds(() => _run.Calls.Any(c => c.StartsWith("building", StringComparison.Ordinal)), () => string.Join('\n', _run.Calls));
        var build = ProcessIdentity.Of(int.Parse(_run.Calls[^1].Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture));

        Signals.Send(process.Id, Signals.Terminate);

        Assert.Equal(143, (await RunScript.FinishAsync(process)).ExitCode);
        Assert.False(build!.IsAlive);
    }

    [Fact]
    public async Task Under_a_running_platform_nothing_is_rebuilt()
    {
        await _run.RunAsync();
        _run.Write("RecordingPlatform.Api/Program.cs", "two");
        using var folder = await DataFolder.TakeAsync(Path.Combine(_run.Root, "data"), CancellationToken.None);

        await _run.RunAsync("--data", Path.Combine(_run.Root, "data"));

        Assert.Single(_run.Calls, c => c.StartsWith("built", StringComparison.Ordinal));
        Assert.Equal(2, _run.Calls.Count(c => c.StartsWith("process", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("--bogus")]
    [InlineData("start")]
    [InlineData("--dat", "x")]
    public async Task An_unknown_option_gets_the_usage_before_anything_happens(params string[] options)
    {
        var (exitCode, _, error) = await _run.RunAsync(options);

        Assert.Equal(2, exitCode);
        Assert.StartsWith($"unknown option {options[0]}\n", error, StringComparison.Ordinal);
        Assert.Contains("--no-demo", error, StringComparison.Ordinal);
        Assert.Empty(_run.Calls);
    }

    [Fact]
    public async Task Help_is_an_answer_and_no_mistake()
    {
        var (exitCode, output, _) = await _run.RunAsync("--no-demo", "--help");

        Assert.Equal((0, RunOptions.Usage), (exitCode, output.TrimEnd()));
    }

    [Fact]
    public async Task Without_the_SDK_two_lines_say_how_to_get_it()
    {
        _run.Remove("dotnet");
        _run.Write("global.json", """{ "sdk": { "version": "99.0.100", "rollForward": "disable" } }"""); // none of this machine's will do

        var (exitCode, _, error) = await _run.RunAsync();

        Assert.Equal(1, exitCode);
        Assert.Equal("""
            The .NET 10 SDK is missing. Install it with these two lines, then start again:
              wget https://dot.net/v1/dotnet-install.sh -O dotnet-install.sh
              bash dotnet-install.sh --channel 10.0

            """, error);
    }

    [Fact]
    public async Task Missing_programs_are_installed_as_root_and_it_is_said()
    {
        _run.Remove("ffprobe", "npm");
        _run.Command("id", "echo 0");
        _run.Command("apt-get", "");

        var (exitCode, output, error) = await _run.RunAsync("--store", "disk");

        Assert.True(exitCode == 0, output + error);
        Assert.Contains("Installing ffmpeg npm (apt-get)\n", output, StringComparison.Ordinal);
        Assert.Equal(["update", "install -y --no-install-recommends ffmpeg npm"],
            _run.Calls.Where(c => c.StartsWith("apt-get", StringComparison.Ordinal)).Select(c => c.Split(" -q ")[1]));
    }

    [Fact]
    public async Task An_installation_that_fails_shows_why()
    {
        _run.Remove("npm");
        _run.Command("id", "echo 0");
        _run.Command("apt-get", "echo 'E: Unable to locate package npm'; exit 100");

        var (exitCode, _, error) = await _run.RunAsync();

        Assert.Equal(1, exitCode);
        Assert.Contains("E: Unable to locate package npm\n", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_root_and_sudo_the_line_to_run_is_printed()
    {
        _run.Remove("node", "npm");
        _run.Command("id", "echo 1000");
        _run.Command("apt-get", "");
        _run.Command("sudo", "exit 1");

        var (exitCode, _, error) = await _run.RunAsync();

        Assert.Equal(1, exitCode);
        Assert.EndsWith("  sudo apt-get install -y --no-install-recommends nodejs npm\n", error, StringComparison.Ordinal);
        Assert.DoesNotContain(_run.Calls, c => c.StartsWith("apt-get", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_user_without_a_home_folder_gets_one()
    {
        var (_, output, error) = await _run.PrerequisiteAsync("HOME=./nobody; need_home; test -w \"$HOME\" && echo \"$HOME\"");

        Assert.True(output == "./RecordingPlatform.AppHost/obj/home\n", output + error);
    }

    [Fact]
    public async Task PostgreSQL_is_installed_without_the_server_that_the_package_would_start()
    {
        _run.Command("apt-get", "");
        _run.Command("sed", "");

        await _run.PrerequisiteAsync("as=(); apt_install postgresql ffmpeg");

        Assert.Equal(["update", "install -y --no-install-recommends postgresql-common", "postgresql-common/createcluster.conf", "install -y --no-install-recommends postgresql ffmpeg"],
            _run.Calls.Select(c => c.StartsWith("sed", StringComparison.Ordinal) ? string.Join('/', c.Split('/')[^2..]) : c.Split(" -q ")[1]));
    }

    [Theory]
    [InlineData]
    [InlineData("--store", "azurite")]
    [InlineData("--store=azurite")]
    public async Task Azurite_is_installed_once_and_only_where_it_will_be_used(params string[] options)
    {
        await _run.RunAsync("--store", "disk");
        Assert.DoesNotContain(_run.Calls, c => c.StartsWith("npm ci", StringComparison.Ordinal));

        var (exitCode, _, error) = await _run.RunAsync(options);
        await _run.RunAsync(options);
        Assert.True(exitCode == 0, error);
        Assert.Single(_run.Calls, c => c.StartsWith("npm ci", StringComparison.Ordinal));
    }

    [Fact]
    public async Task When_Azurite_cannot_be_installed_the_last_line_says_so_and_nothing_starts()
    {
        _run.Command("npm", "echo no network >&2; exit 1");

        var (exitCode, _, error) = await _run.RunAsync("--store", "azurite");

        Assert.Equal(1, exitCode);
        Assert.Equal(["no network", "Installing RecordingPlatform.AppHost/azurite failed: the lines above say why."], error.TrimEnd().Split('\n'));
        Assert.DoesNotContain(_run.Calls, c => c.StartsWith("process", StringComparison.Ordinal));
    }
}
