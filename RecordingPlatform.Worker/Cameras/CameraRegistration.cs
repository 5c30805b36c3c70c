using RecordingPlatform.Core.Ingest;
using RecordingPlatform.Worker.Jobs;

namespace RecordingPlatform.Worker.Cameras;

static class CameraRegistration
{
    /// <summary>Clips of cameras. Needs <c>AddMedia</c>, <c>AddJobs</c>, the intake and the object writer.</summary>
    public static IServiceCollection AddCameras(this IServiceCollection services)
    {
        services.AddOptions<CameraOptions>().BindConfiguration(CameraOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        // Its own log would hold the camera's address.
        services.AddHttpClient(HttpCapture.Client).ConfigurePrimaryHttpMessageHandler(HttpCapture.NewHandler).RemoveAllLoggers()
            .ConfigureHttpClient(client => client.Timeout = Timeout.InfiniteTimeSpan);
        services.AddSingleton<CameraCapture>();
        services.AddSingleton<ClipMaker>();
        services.AddJobHandler<CameraClip, CameraClipHandler>();
        services.AddJobHandler<SettleClips, SettleClipsHandler>();
        return services.AddRecurringJob(new SettleClips(), TimeSpan.FromSeconds(15));
    }
}
