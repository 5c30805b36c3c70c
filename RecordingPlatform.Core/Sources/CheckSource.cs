using RecordingPlatform.Core.Jobs;

namespace RecordingPlatform.Core.Sources;

/// <summary>Find out, for somebody who waits, whether a source's reports and media reach us.</summary>
public sealed record CheckSource : IJobArguments
{
    public static string Kind => "source.check";

    public required Guid SourceId { get; init; }

    /// <summary>The row that the findings go to.</summary>
    public required Guid CheckId { get; init; }

    /// <summary>What is not found out by then is not waited for any more.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromMinutes(1);
}
