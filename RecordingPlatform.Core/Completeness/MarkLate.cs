using RecordingPlatform.Core.Jobs;

namespace RecordingPlatform.Core.Completeness;

/// <summary>Say of what is due and not there that it is late.</summary>
public sealed record MarkLate : IJobArguments
{
    public static string Kind => "expectations.late";
}
