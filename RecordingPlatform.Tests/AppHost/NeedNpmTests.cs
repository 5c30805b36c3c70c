using System.Diagnostics;
using System.Runtime.Versioning;

namespace RecordingPlatform.Tests.AppHost;

/// <summary>The script's function on a folder of its own, with an npm that only says what it was asked for.</summary>
[SupportedOSPlatform("linux")]
public sealed class NeedNpmTests : IDisposable
{
    static readonly string Scripts = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../../../scripts/prerequisites.sh"));

    readonly string root = Directory.CreateTempSubdirectory("rp-need-npm-").FullName;

    string Package => Path.Combine(root, "some", "package");

    public NeedNpmTests()
    {
        Directory.CreateDirectory(Package);
        foreach (var file in (string[])["package.json", "package-lock.json", ".npmrc"])
            File.WriteAllText(Path.Combine(Package, file), "first");
        Program("npm", "echo \"$PWD $*\" >>\"$CALLS\"; [ ! -e \"$CALLS.fail\" ] || { echo 'no network' >&2; exit 7; }; mkdir -p node_modules");
        Program("node", "echo v20");
    }

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Fact]
    public async Task A_package_is_installed_once_from_its_lock_file_and_said_so()
    {
        var first = await NeedAsync();
        var second = await NeedAsync();

        Assert.Equal((0, "Installing package (npm; once)\n"), (first.Code, first.Output));
        Assert.Equal((0, ""), (second.Code, second.Output));
        Assert.StartsWith($"{Package} ci --ignore-scripts", Assert.Single(Calls), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("package.json")]
    [InlineData("package-lock.json")]
    [InlineData(".npmrc")]
    public async Task A_change_installs_again(string file)
    {
        await NeedAsync();
        await File.WriteAllTextAsync(Path.Combine(Package, file), "second");
        await NeedAsync();
        await NeedAsync();

        Assert.Equal(2, Calls.Length);
    }

    [Fact]
    public async Task A_failed_install_is_shown_and_tried_again()
    {
        await File.WriteAllTextAsync(Path.Combine(root, "calls.fail"), "");
        var failed = await NeedAsync();
        File.Delete(Path.Combine(root, "calls.fail"));

        Assert.Equal(1, failed.Code);
        Assert.Equal("no network\nInstalling some/package failed: the lines above say why.\n", failed.Error);
        Assert.Equal(0, (await NeedAsync()).Code);
        Assert.Equal(2, Calls.Length);
    }

    [Fact]
    public async Task Of_starts_at_once_one_installs()
    {
        var all = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => NeedAsync()));

        Assert.All(all, ended => Assert.Equal(0, ended.Code));
        Assert.Single(Calls);
    }

    string[] Calls => File.ReadAllLines(Path.Combine(root, "calls"));

    async Task<(int Code, string Output, string Error)> NeedAsync()
    {
        var start = new ProcessStartInfo("bash") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (var argument in (string[])["-euo", "pipefail", "-c", "root=$0; . \"$1\"; need_npm \"$2\"", root, Scripts, Package])
            start.ArgumentList.Add(argument);
        start.Environment["PATH"] = $"{Path.Combine(root, "bin")}:{Environment.GetEnvironmentVariable("PATH")}";
        start.Environment["CALLS"] = Path.Combine(root, "calls");
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, await error);
    }

    void Program(string name, string body)
    {
        var path = Path.Combine(Directory.CreateDirectory(Path.Combine(root, "bin")).FullName, name);
        File.WriteAllText(path, $"#!/bin/sh\n{body}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
