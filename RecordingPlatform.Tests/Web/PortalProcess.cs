using System.Text.RegularExpressions;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Web;

/// <summary>The portal as it runs in production: a process of its own, told where the API is by configuration.</summary>
public sealed partial class PortalProcess : IAsyncDisposable
{
    readonly Service _service;

    PortalProcess(Service service, string address) => (_service, Address) = (service, address);

    public string Address { get; }

    public string Said => _service.Said;

    public static async Task<PortalProcess> StartAsync(string apiAddress, params (string Name, string Value)[] more)
    {
        var service = Launch([("services__api__http__0", apiAddress), ("Api__PublicUrl", apiAddress), ("Portal__ApiKey", StandInApi.ServiceKey), .. more]);
        var address = await Until.NotNullAsync(() => service.HasExited
            ? throw new InvalidOperationException($"The portal ended while starting: {service.Said}")
            : Task.FromResult(Listening().Match(service.Said) is { Success: true } match ? match.Groups["address"].Value : null),
            TimeSpan.FromSeconds(60), "the portal listens");
        return new(service, address);
    }

    /// <summary>Starts it with exactly these settings and returns what it said and its exit code.</summary>
    public static async Task<(int ExitCode, string Said)> RunToEndAsync(params (string Name, string Value)[] settings)
    {
        await using var service = Launch(settings);
        var code = await service.EndAsync().WaitAsync(TimeSpan.FromSeconds(60));
        return (code, service.Said);
    }

    static Service Launch((string Name, string Value)[] settings)
    {
        var environment = new Dictionary<string, string>
        {
            ["ASPNETCORE_ENVIRONMENT"] = "Production",
            ["ASPNETCORE_FORWARDEDHEADERS_ENABLED"] = "true",
            ["ASPNETCORE_URLS"] = "http://127.0.0.1:0",
        };
        foreach (var (name, value) in settings)
            environment[name] = value;
        return Service.Start("Web", [], environment);
    }

    [GeneratedRegex(@"Now listening on: (?<address>http://127\.0\.0\.1:\d+)", RegexOptions.None, 1000)]
    private static partial Regex Listening();

    public ValueTask DisposeAsync() => _service.DisposeAsync();
}
