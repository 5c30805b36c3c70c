namespace RecordingPlatform.AppHost.Local;

/// <summary>Programs of this machine.</summary>
internal static class Installed
{
    /// <summary>The full path of a program in PATH, links followed to the end; null when there is none.</summary>
    public static string? Find(string program)
    {
        foreach (var folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries))
        {
            var path = Path.Combine(folder, program);
            if (File.Exists(path))
            {
                return File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;
            }
        }

        return null;
    }

    /// <exception cref="StartFailedException">It is missing; the message says which package has it.</exception>
    public static string Require(string program, string package) => Find(program) ?? throw Missing(program, package);

    public static StartFailedException Missing(string program, string package) =>
        new($"{program} is missing: sudo apt-get install -y --no-install-recommends {package}");
}
