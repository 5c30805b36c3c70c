using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Web;

/// <summary>The portal as it runs in production: a process of its own, told where the API is by configuration.</summary>
public sealed partial class PortalProcess : IAsyncDisposable
{
    readonly Process _process;
    readonly StringBuilder _said;

    PortalProcess(Process process, StringBuilder said, string address) => (_process, _said, Address) = (process, said, address);

    public string Address { get; }

    public string Said
    {
        get
        {
            lock (_said)
                return _said.ToString();
        }
    }

    public static async Task<PortalProcess> StartAsync(string apiAddress, params (string Name, string Value)[] more)
    {
        var (process, said) = Launch([("services__api__http__0", apiAddress), ("Api__PublicUrl", apiAddress), ("Portal__ApiKey", StandInApi.ServiceKey), .. more]);
        var address = await Until.NotNullAsync(() =>
        {
            lock (said)
            {
                if (process.HasExited)
                    throw new InvalidOperationException($"The portal ended with {process.ExitCode} while starting: {said}");
                return Task.FromResult(Listening().Match(said.ToString()) is { Success: true } match ? match.Groups["address"].Value : null);
            }
        }, TimeSpan.FromSeconds(60), "the portal listens");
        return new(process, said, address);
    }

    /// <summary>Starts it with exactly these settings and returns what it said and its exit code.</summary>
    public static async Task<(int ExitCode, string Said)> RunToEndAsync(params (string Name, string Value)[] settings)
    {
        var (process, said) = Launch(settings);
        using (process)
        {
            await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
            return (process.ExitCode, said.ToString());
        }
    }

    static (Process Process, StringBuilder Said) Launch((string Name, string Value)[] settings)
    {
        var own = AppContext.BaseDirectory.TrimEnd('/');
        var program = Path.Combine(own.Replace("RecordingPlatform.Tests", "RecordingPlatform.Web"), "RecordingPlatform.Web.dll");
        (string, string)[] all = [("ASPNETCORE_ENVIRONMENT", "Production"), ("ASPNETCORE_FORWARDEDHEADERS_ENABLED", "true"), ("ASPNETCORE_URLS", "http://127.0.0.1:0"), .. settings];
        var process = Run.Start(["env", .. all.Select(s => $"{s.Item1}={s.Item2}"), "dotnet", program]);
        return (process, Run.Collect(process));
    }

    [GeneratedRegex(@"Now listening on: (?<address>http://127\.0\.0\.1:\d+)", RegexOptions.None, 1000)]
    private static partial Regex Listening();

    public async ValueTask DisposeAsync()
    {
        Run.Signal(_process, "TERM");
        await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
        _process.Dispose();
    }
}
