using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Audit;
using RecordingPlatform.Core.Completeness;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Events;
using RecordingPlatform.Core.Ingest;
using RecordingPlatform.Core.Keys;
using RecordingPlatform.Core.Objects;
using RecordingPlatform.Core.Operations;
using RecordingPlatform.Core.Processing;
using RecordingPlatform.Core.Redis;
using RecordingPlatform.Core.Sources;
using RecordingPlatform.Core.Storage;
using RecordingPlatform.ServiceDefaults;
using RecordingPlatform.Worker.Cameras;
using RecordingPlatform.Worker.Completeness;
using RecordingPlatform.Worker.Events;
using RecordingPlatform.Worker.FreePbx;
using RecordingPlatform.Worker.Ingest;
using RecordingPlatform.Worker.Jibri;
using RecordingPlatform.ServiceDefaults.Metrics;
using RecordingPlatform.Worker.Jobs;
using RecordingPlatform.Worker.Media;
using RecordingPlatform.Worker.Processing;
using RecordingPlatform.Worker.Sftp;
using RecordingPlatform.Worker.Sources;
using RecordingPlatform.Worker.Spools;

namespace RecordingPlatform.Worker;

/// <summary>The process that runs jobs.</summary>
internal static class WorkerHost
{
    public static async Task<int> RunAsync(CancellationToken ct)
    {
        var builder = WebApplication.CreateBuilder();
        builder.AddServiceDefaults();
        var services = builder.Services;
        services.AddRecordingDb(builder.Configuration.GetRequiredConnectionString(DatabaseSetup.ConnectionName));
        services.AddEnvelopeKeys(builder.Configuration);
        services.AddObjectStore(builder.Configuration);
        services.AddRedis(builder.Configuration);
        services.AddHostedService<DatabaseGuard>();
        services.AddSingleton<ObjectSweeper>();
        services.AddSingleton<ObjectWriter>();
        services.AddSingleton<ObjectReader>();
        services.AddScoped<AuditTrail>();
        services.AddMedia();
        services.AddSftp();
        services.AddJobs(builder.Configuration);
        services.AddJobHandler<ProcessRecording, ProcessRecordingHandler>();
        services.AddJobHandler<SweepObjects, SweepObjectsHandler>();
        services.AddJobHandler<FailRecordings, FailRecordingsHandler>();
        services.AddJobHandler<PruneIdempotencyKeys, PruneIdempotencyKeysHandler>();
        services.AddRecurringJob(new PruneIdempotencyKeys(), TimeSpan.FromHours(1));
        services.AddRecurringJob(new SweepObjects(), TimeSpan.FromMinutes(1));
        services.AddRecurringJob(new FailRecordings(), TimeSpan.FromSeconds(15));
        services.AddJobHandler<MarkLate, MarkLateHandler>();
        services.AddRecurringJob(new MarkLate(), TimeSpan.FromSeconds(15));
        services.AddSingleton<CameraCheck>();
        services.AddJobHandler<CheckSource, CheckSourceHandler>(JobLane.Wait);
        services.AddScoped<RecordingIntake>();
        services.AddScoped<EventApplier>();
        services.AddEventHints<IngestLoop>(RawEventInbox.HintChannel);
        services.AddHostedService<IngestLoop>();
        services.AddJobHandler<KeepRawEvents, KeepRawEventsHandler>();
        services.AddRecurringJob(new KeepRawEvents(), TimeSpan.FromMinutes(1));
        services.AddSpools();
        services.AddFreePbx();
        services.AddJibri();
        services.AddCameras();
        services.AddEventHints<SequencerLoop>(EventChannels.Written);
        services.AddSingleton<EventSequencer>();
        services.AddHostedService<SequencerLoop>();
        services.AddHostedService<ReportStanding>();
        services.AddSingleton<PlatformGauges>();
        services.AddScoped<Callers>();
        await using var app = builder.Build();
        app.MapServiceDefaults();
        app.MapMetrics(MayReadMetricsAsync, app.Services.GetRequiredService<PlatformGauges>().RefreshAsync);
        await app.RunAsync(ct);
        return 0;
    }

    // The worker signs nobody in: of the credentials there are, it knows the one that a scraper brings.
    static async ValueTask<bool> MayReadMetricsAsync(HttpContext http) =>
        http.Request.Headers["X-Api-Key"] is [{ Length: > 0 } key]
        && await http.RequestServices.GetRequiredService<Callers>().ByApiKeyAsync(key, http.RequestAborted) is { } caller
        && caller.May(Permission.OpsRead);
}
