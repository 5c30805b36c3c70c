using System.Security.Cryptography;
using System.Text;

namespace RecordingPlatform.AppHost.Local;

/// <summary>
/// Where a database lies and whose it is. PostgreSQL refuses to run as root, so root starts it as the user postgres; when that user
/// cannot reach the data folder (below /root, for one), the database lies in the system's own state folder and the data folder
/// holds a link to it.
/// </summary>
internal sealed record PostgresHome(string Folder, string? User)
{
    const string ServiceUser = "postgres";
    const string StateFolder = "/var/lib/recordingplatform";

    /// <summary>The folder <paramref name="name"/> below <paramref name="data"/>, or what stands for it. Exists afterwards at most as an earlier start left it.</summary>
    public static async Task<PostgresHome> FindAsync(string data, string name, Terminal terminal, CancellationToken ct)
    {
        var link = Path.Combine(data, name);
        if (Directory.Exists(link))
        {
            var folder = Directory.ResolveLinkTarget(link, returnFinalTarget: true)?.FullName ?? link;
            return new(folder, await UserForAsync(folder, ct));
        }

        if (!Environment.IsPrivilegedProcess)
        {
            return new(link, null);
        }

        if (await RunAsync(new("id", ["-u", ServiceUser]) { WorkingDirectory = "/" }, ct) is { ExitCode: not 0 })
        {
            throw new StartFailedException($"root cannot run PostgreSQL, and there is no user {ServiceUser} to run it as: sudo apt-get install -y --no-install-recommends postgresql");
        }

        if (await RunAsync(new("test", ["-x", data]) { WorkingDirectory = "/", User = ServiceUser }, ct) is { ExitCode: 0 })
        {
            return new(link, ServiceUser);
        }

        var elsewhere = Path.Combine(StateFolder, Fingerprint(data));
        if (Directory.Exists(elsewhere))
        {
            // Nothing in the data folder points to it, so it belongs to a folder of this name that was deleted, keys and all.
            var aside = elsewhere + ".previous";
            if (Directory.Exists(aside))
            {
                Directory.Delete(aside, recursive: true);
            }

            Directory.Move(elsewhere, aside);
            terminal.News(name, $"{data} is new: the database of the one before it was moved to {aside}");
        }

        Directory.CreateDirectory(StateFolder);
        terminal.News(name, $"user {ServiceUser} cannot reach {data}, so the database lies in {elsewhere}");
        File.Delete(link); // a link to nothing
        File.CreateSymbolicLink(link, elsewhere);
        return new(elsewhere, ServiceUser);
    }

    /// <summary>An empty folder that only the database's user can read.</summary>
    public async Task MakeAsync(string folder, CancellationToken ct)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        string[] owner = User is null ? [] : ["-o", User];
        var (exitCode, output) = await RunAsync(new("install", ["-d", "-m", "0700", .. owner, folder]) { WorkingDirectory = "/" }, ct);
        if (exitCode != 0)
        {
            throw new StartFailedException($"{folder} cannot be made: {output}");
        }
    }

    static async Task<string?> UserForAsync(string folder, CancellationToken ct)
    {
        var (_, owner) = await RunAsync(new("stat", ["-c", "%U", folder]) { WorkingDirectory = "/" }, ct);
        if (owner == Environment.UserName)
        {
            return null;
        }

        return Environment.IsPrivilegedProcess ? owner
            : throw new StartFailedException($"the database in {folder} belongs to {owner}: start as {owner} or root, or with another --data");
    }

    static Task<(int ExitCode, string Output)> RunAsync(Launch launch, CancellationToken ct) => ChildProcess.RunAsync(launch, ct);

    /// <summary>Short, and the same for the same folder.</summary>
    static string Fingerprint(string data) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(data)))[..12];
}
