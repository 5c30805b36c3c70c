using Microsoft.Extensions.DependencyInjection;

namespace RecordingPlatform.Core.Events;

public static class EventRegistration
{
    /// <summary>Hints about one of <see cref="EventChannels"/>, for the one loop of this process that works on it. Needs the data source.</summary>
    public static IServiceCollection AddEventHints(this IServiceCollection services, string channel)
    {
        services.AddSingleton<EventHints>();
        return services.AddHostedService(provider => ActivatorUtilities.CreateInstance<EventHintListener>(provider, channel));
    }

    /// <summary>Streams of events for callers of this process. Needs <c>AddRecordingDb</c>.</summary>
    public static IServiceCollection AddEventFeed(this IServiceCollection services)
    {
        services.AddEventHints(EventChannels.Sequenced);
        services.AddSingleton<EventTail>();
        services.AddHostedService(provider => provider.GetRequiredService<EventTail>());
        return services.AddSingleton<EventFeed>();
    }
}
