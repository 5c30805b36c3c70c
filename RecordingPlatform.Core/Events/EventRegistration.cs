using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Redis;

namespace RecordingPlatform.Core.Events;

public static class EventRegistration
{
    /// <summary>Hints about one of <see cref="EventChannels"/> set the <see cref="Wake{TLoop}"/> of the loop that works on it. Needs the data source.</summary>
    public static IServiceCollection AddEventHints<TLoop>(this IServiceCollection services, string channel)
    {
        services.AddSingleton<Wake<TLoop>>();
        // Not AddHostedService, which takes the listener of a second loop for the first one's again.
        return services.AddSingleton<IHostedService>(provider => ActivatorUtilities.CreateInstance<EventHintListener>(provider, channel, provider.GetRequiredService<Wake<TLoop>>()));
    }

    /// <summary>Streams of events for callers of this process. Needs <c>AddRecordingDb</c> and <c>AddRedis</c>.</summary>
    public static IServiceCollection AddEventFeed(this IServiceCollection services)
    {
        services.AddSingleton<Wake<EventTail>>();
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<RedisClient>().IsConfigured
            ? ActivatorUtilities.CreateInstance<RedisHintListener>(provider)
            : ActivatorUtilities.CreateInstance<EventHintListener>(provider, EventChannels.Sequenced, provider.GetRequiredService<Wake<EventTail>>()));
        services.AddSingleton<EventTail>();
        services.AddHostedService(provider => provider.GetRequiredService<EventTail>());
        return services.AddSingleton<EventFeed>();
    }
}
