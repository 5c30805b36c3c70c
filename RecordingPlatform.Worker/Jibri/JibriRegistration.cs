using RecordingPlatform.Core.Jibri;
using RecordingPlatform.Worker.Jobs;

namespace RecordingPlatform.Worker.Jibri;

static class JibriRegistration
{
    /// <summary>Fetches recordings of meetings. Needs <c>AddSpools</c>, <c>AddJobs</c> and the intake.</summary>
    public static IServiceCollection AddJibri(this IServiceCollection services)
    {
        services.AddScoped<MeetingWatch>();
        services.AddJobHandler<FetchMeetingFile, FetchMeetingFileHandler>(JobLane.Fetch);
        services.AddJobHandler<SweepMeetings, SweepMeetingsHandler>();
        // Most of its time it waits for the mount or the bucket.
        services.AddJobHandler<SweepMeetingSource, SweepMeetingSourceHandler>(JobLane.Wait);
        return services.AddRecurringJob(new SweepMeetings(), SweepMeetingsHandler.Every);
    }
}
