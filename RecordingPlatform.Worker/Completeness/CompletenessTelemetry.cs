using System.Diagnostics.Metrics;

namespace RecordingPlatform.Worker.Completeness;

/// <summary>How much did not come in time; the host adds <see cref="Name"/> to its meter providers. How much is missing now is the gauge recording.missing.</summary>
internal static class CompletenessTelemetry
{
    public const string Name = "RecordingPlatform.Completeness";

    static readonly Meter Meter = new(Name);
    static readonly Counter<long> Late = Meter.CreateCounter<long>("recording.expectations.late", "{recording}", "Recordings that were due and had not come, by source");

    public static void BecameLate(string source, int count) => Late.Add(count, new KeyValuePair<string, object?>("source", source));
}
