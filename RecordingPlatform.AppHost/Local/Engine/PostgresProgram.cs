using System.Globalization;

namespace RecordingPlatform.AppHost.Local;

/// <summary>
/// A PostgreSQL server in the foreground: on 127.0.0.1 only and without a socket file, every sign-in by SCRAM password, its data kept
/// between runs. It counts as up when its databases exist.
/// </summary>
internal sealed class PostgresProgram(PostgresServerResource server) : LocalProgram(server)
{
    PostgresInstallation? _installation;
    PostgresHome? _home;

    /// <summary>Fast shutdown: SIGTERM would wait for every client to leave (postgres(1)).</summary>
    public override int StopSignal => Signals.Interrupt;

    public override void Check(Workplace place) => PostgresInstallation.Check();

    public override async Task<Launch> PrepareAsync(Workplace place, CancellationToken ct)
    {
        if (_home is null)
        {
            _home = await PostgresHome.FindAsync(place.Data, server.Name, place.Terminal, ct);
            var version = Path.Combine(_home.Folder, "PG_VERSION");
            var exists = server.KeepsData && File.Exists(version);
            _installation = await PostgresInstallation.FindAsync(exists ? int.Parse(await File.ReadAllTextAsync(version, ct), CultureInfo.InvariantCulture) : null, ct);
            if (!exists)
            {
                await CreateAsync(_home, _installation, ct);
            }
        }

        return new(_installation!.Postgres,
        [
            "-D", _home.Folder,
            "-h", "127.0.0.1",
            "-p", server.Port.ToString(CultureInfo.InvariantCulture),
            // No socket file: its path is limited to 107 bytes, its folder is often not writable, and nobody needs it.
            "-c", "unix_socket_directories=",
            "-c", "password_encryption=scram-sha-256",
            "-c", "timezone=UTC", "-c", "log_timezone=UTC",
            "-c", "log_checkpoints=off",
        ])
        {
            WorkingDirectory = "/",
            Environment = Environment,
            User = _home.User,
        };
    }

    public override async Task<string?> WhyNotUpAsync(Workplace place, CancellationToken ct)
    {
        // Repeatable: creates what is missing, and quotes the names itself.
        var script = string.Concat(server.Databases.Select((name, i) =>
            $"SELECT format('CREATE DATABASE %I', :'name{i}') WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name{i}') \\gexec\n")) + "SELECT 1;\n";
        var environment = new Dictionary<string, string?>(Environment, StringComparer.Ordinal)
        {
            ["PGPASSWORD"] = await server.Password.GetValueAsync(ct),
        };
        var (exitCode, output) = await ChildProcess.RunAsync(new(_installation!.Psql,
        [
            "--no-psqlrc", "--quiet", "--no-password", "-v", "ON_ERROR_STOP=1",
            .. server.Databases.SelectMany((name, i) => (string[])["-v", $"name{i}={name}"]),
            "-h", "127.0.0.1", "-p", server.Port.ToString(CultureInfo.InvariantCulture), "-U", "postgres", "-d", "postgres",
        ])
        {
            WorkingDirectory = "/",
            Environment = environment,
            Input = script,
        }, ct);

        if (output.Contains("password authentication failed", StringComparison.Ordinal))
        {
            throw new StartFailedException($"the database in {_home!.Folder} does not accept postgres-password of {place.SecretsPath}: restore that file, or start with another --data");
        }

        return exitCode == 0 ? null : output.Split('\n')[^1];
    }

    public override string Describe(Workplace place) => $"127.0.0.1:{server.Port}, data in {_home!.Folder}";

    /// <summary>Messages in English whatever the caller's language, since one of them is read; a locale that is not installed is no obstacle.</summary>
    static Dictionary<string, string?> Environment { get; } = new(StringComparer.Ordinal) { ["LC_ALL"] = "C" };

    /// <summary>Made beside its place and moved there when complete, so that a start that was killed leaves no half database.</summary>
    async Task CreateAsync(PostgresHome home, PostgresInstallation installation, CancellationToken ct)
    {
        var draft = home.Folder + ".new";
        await home.MakeAsync(draft, ct);
        var passwordFile = Path.Combine(draft + ".password", "password");
        await home.MakeAsync(Path.GetDirectoryName(passwordFile)!, ct);
        var password = await server.Password.GetValueAsync(ct);
        await RunAsync(new("tee", [passwordFile]) { WorkingDirectory = "/", User = home.User, Input = password }, "its password file", ct);
        await RunAsync(new(installation.Initdb,
        [
            "-D", draft, "-U", "postgres", "--pwfile", passwordFile, "--auth", "scram-sha-256",
            // Sorting by code point, whatever the machine's language, and never changed by an update of the C library.
            "--encoding", "UTF8", "--locale", "C.UTF-8",
        ])
        {
            WorkingDirectory = "/",
            Environment = Environment,
            User = home.User,
        }, "a new database", ct);
        Directory.Delete(Path.GetDirectoryName(passwordFile)!, recursive: true);

        if (Directory.Exists(home.Folder))
        {
            Directory.Delete(home.Folder, recursive: true);
        }

        Directory.Move(draft, home.Folder);
    }

    static async Task RunAsync(Launch launch, string what, CancellationToken ct)
    {
        var (exitCode, output) = await ChildProcess.RunAsync(launch, ct);
        if (exitCode != 0)
        {
            throw new StartFailedException($"{what} cannot be made: {output}");
        }
    }
}
