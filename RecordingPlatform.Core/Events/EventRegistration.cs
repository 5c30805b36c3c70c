using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RecordingPlatform.Core.Redis;

namespace RecordingPlatform.Core.Events;

public static class EventRegistration
{
    /// <summary>Hints about one of <see cref="EventChannels"/>, for the one loop of this process that works on it. Needs the data source.</summary>
    public static IServiceCollection AddEventHints(this IServiceCollection services, string channel)
    {
        services.AddSingleton<EventHints>();
        return services.AddHostedService(provider => ActivatorUtilities.CreateInstance<EventHintListener>(provider, channel));
    }

    /// <summary>Streams of events for callers of this process. Needs <c>AddRecordingDb</c> and <c>AddRedis</c>.</summary>
    public static IServiceCollection AddEventFeed(this IServiceCollection services)
    {
        services.AddSingleton<EventHints>();
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<RedisClient>().IsConfigured
            ? ActivatorUtilities.CreateInstance<RedisHintListener>(provider)
            : ActivatorUtilities.CreateInstance<EventHintListener>(provider, EventChannels.Sequenced));
        services.AddSingleton<EventTail>();
        services.AddHostedService(provider => provider.GetRequiredService<EventTail>());
        return services.AddSingleton<EventFeed>();
    }
}
