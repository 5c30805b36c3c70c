using Microsoft.Extensions.Diagnostics.HealthChecks;
using RecordingPlatform.Worker.Children;

namespace RecordingPlatform.Worker.Media;

static class MediaRegistration
{
    /// <summary>
    /// The probe, the renderer, the work directories and the health check <c>media</c>. Leftovers of dead workers are wiped,
    /// and the isolation is found out, before the host's later services start.
    /// </summary>
    public static IServiceCollection AddMedia(this IServiceCollection services)
    {
        services.AddOptions<MediaOptions>().BindConfiguration(MediaOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<WorkdirOptions>().BindConfiguration(WorkdirOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton<WorkDirectories>();
        services.AddSingleton<MediaTools>();
        services.AddSingleton<MediaProbe>();
        services.AddSingleton<MediaRenderer>();
        services.AddHostedService<Start>();
        services.AddHealthChecks().AddCheck<Health>("media");
        return services;
    }

    /// <summary>Takes the work directories as a parameter because making them is what wipes the leftovers.</summary>
    sealed class Start(WorkDirectories directories, MediaTools tools) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            _ = directories;
            return tools.IsolationAsync().WaitAsync(cancellationToken);
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    /// <summary>Unhealthy when a program is missing; says which walls stand.</summary>
    sealed class Health(MediaTools tools) : IHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            try
            {
                var isolation = await tools.IsolationAsync().WaitAsync(cancellationToken);
                return HealthCheckResult.Healthy(data: new Dictionary<string, object>(StringComparer.Ordinal)
                {
                    ["ffmpeg"] = tools.Ffmpeg,
                    ["ffprobe"] = tools.Ffprobe,
                    ["networkIsolated"] = isolation.NetworkIsolated,
                    ["processesIsolated"] = isolation.ProcessesIsolated,
                });
            }
            catch (ChildStartException e)
            {
                return HealthCheckResult.Unhealthy(e.Message);
            }
        }
    }
}
