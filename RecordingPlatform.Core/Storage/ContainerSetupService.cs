using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace RecordingPlatform.Core.Storage;

/// <summary>
/// Creates missing containers at the start, where the provider does that. A store that is away then does not keep the host from
/// starting, since nothing but writes needs it: the reason is logged, the probe repeats it, and the first write tries again.
/// </summary>
internal sealed partial class ContainerSetupService(IServiceProvider provider, ILogger<ContainerSetupService> logger) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var container in Enum.GetValues<StoreContainer>())
        {
            if (provider.GetRequiredKeyedService<IObjectStore>(container) is not IContainerSetup setup)
                continue;
            try
            {
                await setup.EnsureContainerAsync(cancellationToken);
            }
            catch (IOException failure)
            {
                Log.ContainerNotReady(logger, failure.Message, failure);
            }
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "{Reason}")]
        public static partial void ContainerNotReady(ILogger logger, string reason, Exception failure);
    }
}
