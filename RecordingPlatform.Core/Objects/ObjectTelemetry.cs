using System.Diagnostics.Metrics;
using RecordingPlatform.Core.Data;

namespace RecordingPlatform.Core.Objects;

/// <summary>What goes into and comes out of the store, by role: how much, and how long sealing and opening take.</summary>
internal static class ObjectTelemetry
{
    static readonly Meter Meter = new("RecordingPlatform.Objects");
    static readonly Counter<long> Sealed = Meter.CreateCounter<long>("recording.sealed.size", "By", "Plaintext bytes sealed and stored durably, by role; the originals are what was uploaded");
    static readonly Histogram<double> SealTime = Meter.CreateHistogram<double>("recording.seal.duration", "s", "From the first byte of an object to its durable end, by role");
    static readonly Counter<long> Opened = Meter.CreateCounter<long>("recording.opened.size", "By", "Plaintext bytes opened and sent on, by role; downloads, plays and processing");
    static readonly Histogram<double> OpenTime = Meter.CreateHistogram<double>("recording.open.duration", "s", "Unwrapping the key and checking the header, until the first byte can be read, by role");

    public static void WasSealed(ObjectRow row, long bytes, TimeSpan took)
    {
        var role = Role(row);
        Sealed.Add(bytes, role);
        SealTime.Record(took.TotalSeconds, role);
    }

    public static void WasOpened(ObjectRow row, TimeSpan took) => OpenTime.Record(took.TotalSeconds, Role(row));

    public static void WasRead(ObjectRow row, long bytes) => Opened.Add(bytes, Role(row));

    static KeyValuePair<string, object?> Role(ObjectRow row) => new("role", SnakeCase.Of(row.Role));
}
