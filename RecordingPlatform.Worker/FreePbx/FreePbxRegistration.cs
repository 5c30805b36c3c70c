using RecordingPlatform.Core.FreePbx;
using RecordingPlatform.Core.Ingest;
using RecordingPlatform.Worker.Jobs;

namespace RecordingPlatform.Worker.FreePbx;

static class FreePbxRegistration
{
    /// <summary>Fetches recordings from PBXs. Needs <c>AddMedia</c>, <c>AddSpools</c>, <c>AddJobs</c> and <see cref="RecordingIntake"/>.</summary>
    public static IServiceCollection AddFreePbx(this IServiceCollection services)
    {
        services.AddSingleton<LegJoin>();
        services.AddSingleton<TwoLegs>();
        services.AddScoped<SpoolWatch>();
        services.AddJobHandler<FetchSpoolFile, FetchSpoolFileHandler>(JobLane.Fetch);
        services.AddJobHandler<SweepSpools, SweepSpoolsHandler>();
        // Most of its time it waits for the PBX.
        services.AddJobHandler<SweepSpool, SweepSpoolHandler>(JobLane.Wait);
        return services.AddRecurringJob(new SweepSpools(), SweepSpoolsHandler.Every);
    }
}
