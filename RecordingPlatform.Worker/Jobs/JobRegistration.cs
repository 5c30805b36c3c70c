using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Jobs;

namespace RecordingPlatform.Worker.Jobs;

internal static class JobRegistration
{
    /// <summary>Runs jobs in this process. Needs <c>AddRecordingDb</c>.</summary>
    public static IServiceCollection AddJobs(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<JobSettings>().Bind(configuration.GetSection(JobSettings.Section)).ValidateOnStart();
        services.AddSingleton<IValidateOptions<JobSettings>, JobSettingsRules>();
        // Otherwise the host would leave while jobs drain, and each would count as a failure.
        services.AddOptions<HostOptions>().Configure<IOptions<JobSettings>>((host, jobs) =>
        {
            var needed = jobs.Value.Drain + JobLoop.StopsWithin + TimeSpan.FromSeconds(1);
            if (host.ShutdownTimeout < needed)
                host.ShutdownTimeout = needed;
        });
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<JobKinds>();
        services.AddSingleton<JobTable>();
        services.AddSingleton<Leases>();
        services.AddSingleton<Wake<JobLoop>>();
        services.AddSingleton<JobHints>();
        services.AddSingleton<JobUpkeep>();
        services.AddSingleton<JobRunner>();
        services.AddHostedService<JobLoop>();
        services.AddJobHandler<PruneJobs, PruneJobsHandler>();
        return services.AddRecurringJob(new PruneJobs(), TimeSpan.FromHours(1));
    }

    /// <summary>Runs jobs of one kind with a handler made for each run, in a scope of its own.</summary>
    /// <param name="services">Also need what the handler asks for.</param>
    /// <param name="lane">Whose slots it takes.</param>
    public static IServiceCollection AddJobHandler<T, THandler>(this IServiceCollection services, JobLane lane = JobLane.Work)
        where T : IJobArguments
        where THandler : class, IJobHandler<T>
    {
        services.TryAddScoped<THandler>();
        return services.AddSingleton(new JobKind(T.Kind, (provider, json, context, ct) =>
            provider.GetRequiredService<THandler>().RunAsync(JobArguments.Read<T>(json), context, ct), lane));
    }

    /// <summary>Keeps one run queued at all times: the first is due at once, each further one when the last is done.</summary>
    /// <param name="services">Also need the handler of <typeparamref name="T"/>.</param>
    /// <param name="arguments">What each run gets.</param>
    /// <param name="every">From due time to due time.</param>
    /// <param name="priority">Lower runs first.</param>
    public static IServiceCollection AddRecurringJob<T>(this IServiceCollection services, T arguments, TimeSpan every, short priority = JobOptions.LowPriority)
        where T : IJobArguments
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(every, TimeSpan.Zero);
        return services.AddSingleton(new RecurringJob(T.Kind, priority, new Recurrence(every, JobArguments.Write(arguments))));
    }
}
