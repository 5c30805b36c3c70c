using System.Diagnostics;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Jibri;

/// <summary>A machine that runs Jibri: its recordings, the script that Jibri calls when one is done, and the script's spool.</summary>
internal sealed class JibriMachine : IDisposable
{
    static readonly string Script = Path.Combine(JibriPlatform.Root(), "scripts", "jibri-finalize.sh");

    readonly string _folder = Directory.CreateTempSubdirectory("rp-jibri-").FullName;

    public JibriMachine(JibriSource jibri, int port, string after = "keep")
    {
        File.WriteAllText(Config, $"""
            # As an administrator writes it.
            url=http://127.0.0.1:{port}
            source={jibri.Name}
            api_key={jibri.Key}
            webhook_secret={jibri.Secret}
            spool={Spool}
            after={after}
            retry_seconds=1
            """);
        Directory.CreateDirectory(Path.Combine(_folder, "recordings"));
    }

    string Config => Path.Combine(_folder, "jibri.conf");

    public string Spool => Path.Combine(_folder, "spool");

    public string Log => File.Exists(Path.Combine(Spool, "log")) ? File.ReadAllText(Path.Combine(Spool, "log")) : "";

    public string Session(string name) => Path.Combine(_folder, "recordings", name);

    public string Record(string session, string file, byte[] media, string? metadata = null)
    {
        var folder = Directory.CreateDirectory(Session(session)).FullName;
        File.WriteAllBytes(Path.Combine(folder, file), media);
        if (metadata is not null)
            File.WriteAllText(Path.Combine(folder, "metadata.json"), metadata);
        return Path.Combine(folder, file);
    }

    /// <summary>As Jibri does: the script with the session's directory, and its answer is not looked at.</summary>
    public Task FinalizeAsync(string session) => RunAsync(Session(session));

    /// <summary>Runs the script to its end, and says what it said.</summary>
    public async Task<(int Code, string Said)> RunAsync(params string[] arguments)
    {
        using var process = Start(arguments);
        var said = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await said + await error);
    }

    /// <summary>As the timer does, until nothing is left to hand in.</summary>
    public Task WorkOffAsync() => Until.TrueAsync(async () =>
    {
        await RunAsync("--spool");
        return IsWorkedOff;
    }, TimeSpan.FromSeconds(120), $"the spool is empty:\n{Log}");

    public bool IsWorkedOff => Directory.Exists(Path.Combine(Spool, "jobs")) && Directory.GetFiles(Path.Combine(Spool, "jobs")).Length == 0;

    /// <summary>Starts it in a session of its own, so that <see cref="KillAsync"/> takes all of it.</summary>
    public Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo("setsid") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, WorkingDirectory = _folder };
        foreach (var argument in (string[])["-w", "dash", Script, .. arguments])
            start.ArgumentList.Add(argument);
        start.Environment["RP_CONFIG"] = Config;
        return Process.Start(start)!;
    }

    /// <summary>As when the machine loses its power: the script and what it runs, at once.</summary>
    public static async Task KillAsync(Process process)
    {
        // setsid becomes the script itself, and leads the group of all that it runs.
        using var kill = Run.Start("kill", "-KILL", "--", $"-{process.Id}");
        await kill.WaitForExitAsync();
        await process.WaitForExitAsync();
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
