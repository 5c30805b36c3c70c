using System.Runtime.InteropServices;
using Microsoft.Extensions.DependencyInjection;

namespace RecordingPlatform.AppHost.Local;

/// <summary>What programs may ask about the place they run in.</summary>
internal sealed class Workplace(LocalBuilder builder) : IDisposable
{
    /// <summary>A service on the same machine that does not answer within this is not up.</summary>
    static readonly TimeSpan ProbePatience = TimeSpan.FromSeconds(2);

    readonly ServiceProvider _services = new ServiceCollection()
        .AddHttpClient("probe", client => client.Timeout = ProbePatience).RemoveAllLoggers().Services
        .BuildServiceProvider();

    /// <summary>The runtime that runs the engine runs the projects too.</summary>
    public static string DotnetRoot { get; } = Path.GetFullPath("../../..", RuntimeEnvironment.GetRuntimeDirectory());

    public string AppHostDirectory => builder.AppHostDirectory;

    /// <summary>Where a project's output lies below its folder.</summary>
    public string BuildOutput { get; } = Path.GetRelativePath(builder.AppHostDirectory, AppContext.BaseDirectory);

    public string Data => builder.Data;

    public string SecretsPath => builder.Secrets.Path;

    public Terminal Terminal => builder.Terminal;

    /// <summary>Null when the endpoint gives the answer that says "up", otherwise what came instead.</summary>
    public async Task<string?> ProbeAsync(Endpoint endpoint, HttpProbe probe, CancellationToken ct)
    {
        using var client = _services.GetRequiredService<IHttpClientFactory>().CreateClient("probe");
        try
        {
            using var answer = await client.GetAsync(new Uri($"http://127.0.0.1:{endpoint.Allocated}{probe.Path}"), ct);
            return (int)answer.StatusCode == probe.StatusCode ? null : $"{probe.Path} answers {(int)answer.StatusCode}";
        }
        catch (HttpRequestException refused)
        {
            return $"{probe.Path} does not answer ({refused.HttpRequestError})";
        }
        catch (TaskCanceledException) when (!ct.IsCancellationRequested)
        {
            return $"{probe.Path} does not answer within {ProbePatience.TotalSeconds:0} s";
        }
    }

    public void Dispose() => _services.Dispose();
}
