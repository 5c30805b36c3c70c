namespace RecordingPlatform.Tests.Faults;

internal static class Quick
{
    /// <summary>A dead worker's jobs are taken over after seconds.</summary>
    public static IReadOnlyDictionary<string, string> Leases { get; } = new Dictionary<string, string>
    {
        ["Jobs__Lease"] = "00:00:03",
        ["Jobs__Poll"] = "00:00:01",
    };
}
