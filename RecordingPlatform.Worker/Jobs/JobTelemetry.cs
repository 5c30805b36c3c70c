using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace RecordingPlatform.Worker.Jobs;

/// <summary>One span and two measurements a run; the host adds <see cref="Name"/> to its tracer and meter providers.</summary>
internal static class JobTelemetry
{
    public const string Name = "RecordingPlatform.Jobs";

    static readonly ActivitySource Source = new(Name);
    static readonly Meter Meter = new(Name);
    static readonly Histogram<double> Duration = Meter.CreateHistogram<double>("recording.job.duration", "s", "Run time of one claim, by kind and outcome");
    static readonly Histogram<double> Wait = Meter.CreateHistogram<double>("recording.job.wait", "s", "From due to claimed, by kind");

    public static Activity? Begin(JobClaim claim)
    {
        Wait.Record(claim.Waited.TotalSeconds, new KeyValuePair<string, object?>("kind", claim.Kind));
        return Source.StartActivity($"job {claim.Kind}", ActivityKind.Consumer)?
            .SetTag("job.id", claim.Id)
            .SetTag("job.fence", claim.Fence);
    }

    public static void Ended(Activity? activity, JobClaim claim, string outcome, TimeSpan took)
    {
        activity?.SetTag("job.outcome", outcome);
        if (outcome is "failed" or "overdue" or "unsettled")
            activity?.SetStatus(ActivityStatusCode.Error);
        Duration.Record(took.TotalSeconds, new("kind", claim.Kind), new("outcome", outcome));
    }
}
