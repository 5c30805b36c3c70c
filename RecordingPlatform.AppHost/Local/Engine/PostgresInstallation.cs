using System.Globalization;

namespace RecordingPlatform.AppHost.Local;

/// <summary>One installed PostgreSQL: the folder of its programs, and its major version.</summary>
internal sealed record PostgresInstallation(string Folder, int Major)
{
    const string Package = "postgresql";

    // Debian and Ubuntu keep the server's programs out of PATH, one folder for each major version.
    const string DebianFolder = "/usr/lib/postgresql";

    public string Postgres => Path.Combine(Folder, "postgres");

    public string Initdb => Path.Combine(Folder, "initdb");

    /// <summary>Client programs may lie elsewhere than the server's.</summary>
    public string Psql => File.Exists(Path.Combine(Folder, "psql")) ? Path.Combine(Folder, "psql") : Installed.Require("psql", "postgresql-client");

    /// <summary>The one whose major version the data has, or the newest when there is no data yet.</summary>
    /// <exception cref="StartFailedException">There is none, or none of that version.</exception>
    public static async Task<PostgresInstallation> FindAsync(int? dataMajor, CancellationToken ct)
    {
        List<PostgresInstallation> found = [];
        foreach (var folder in Folders())
        {
            if (await MajorAsync(folder, ct) is { } major)
            {
                found.Add(new(folder, major));
            }
        }

        if (dataMajor is null)
        {
            return found.MaxBy(i => i.Major) ?? throw Installed.Missing("postgres", Package);
        }

        return found.Find(i => i.Major == dataMajor) ?? throw Installed.Missing($"PostgreSQL {dataMajor}, which the data was made with,", $"{Package}-{dataMajor}");
    }

    /// <summary>The quick question, before anything is started.</summary>
    public static void Check()
    {
        if (!Folders().Any())
        {
            throw Installed.Missing("postgres", Package);
        }
    }

    static IEnumerable<string> Folders()
    {
        IEnumerable<string> candidates = Directory.Exists(DebianFolder) ? Directory.EnumerateDirectories(DebianFolder).Select(d => Path.Combine(d, "bin")) : [];
        if (Installed.Find("postgres") is { } inPath)
        {
            candidates = candidates.Prepend(Path.GetDirectoryName(inPath)!);
        }

        return candidates.Distinct(StringComparer.Ordinal).Where(d => File.Exists(Path.Combine(d, "postgres")) && File.Exists(Path.Combine(d, "initdb")));
    }

    static async Task<int?> MajorAsync(string folder, CancellationToken ct)
    {
        // "postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)"
        var (exitCode, output) = await ChildProcess.RunAsync(new(Path.Combine(folder, "postgres"), ["--version"]) { WorkingDirectory = "/" }, ct);
        var version = output.Split(' ').SkipWhile(word => word != "(PostgreSQL)").Skip(1).FirstOrDefault() ?? "";
        return exitCode == 0 && int.TryParse(version.Split('.')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var major) ? major : null;
    }
}
