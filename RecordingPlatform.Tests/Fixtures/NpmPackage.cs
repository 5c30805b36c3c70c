using System.Runtime.Versioning;

namespace RecordingPlatform.Tests.Fixtures;

/// <summary>A program from npm that has a lock file of its own in the repository, installed as <c>./test</c> installs it.</summary>
[SupportedOSPlatform("linux")]
internal static class NpmPackage
{
    public static string Root { get; } = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../../.."));

    /// <returns>The path of <paramref name="file"/> below the package's <c>node_modules</c>.</returns>
    public static async Task<string> InstalledAsync(string folder, string file)
    {
        var package = Path.Combine(Root, folder);
        // $0 and $1: the script gets paths as arguments, not as text of its own.
        await Run.ToEndAsync("bash", "-euo", "pipefail", "-c", "root=$0; . \"$root/scripts/prerequisites.sh\"; need_npm \"$1\"", Root, package);
        return Path.Combine(package, "node_modules", file);
    }
}
