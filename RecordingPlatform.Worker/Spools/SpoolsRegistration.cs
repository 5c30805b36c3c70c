using RecordingPlatform.Core.Ingest;
using RecordingPlatform.Worker.Jobs;

namespace RecordingPlatform.Worker.Spools;

static class SpoolsRegistration
{
    /// <summary>Reaches the folders, machines and buckets where sources leave their media. Needs <c>AddSftp</c> and <c>AddJobs</c>; its watch, also <c>AddFreePbx</c> and <c>AddJibri</c>.</summary>
    public static IServiceCollection AddSpools(this IServiceCollection services)
    {
        services.AddSingleton<OpenSpools>();
        services.AddScoped<SpoolTrouble>();
        return services.AddJobHandler<WatchSource, WatchSourceHandler>(JobLane.Wait);
    }
}
