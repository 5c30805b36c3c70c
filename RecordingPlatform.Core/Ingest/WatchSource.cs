using RecordingPlatform.Core.Jobs;

namespace RecordingPlatform.Core.Ingest;

/// <summary>Looks for media that a source leaves somewhere, for as long as anything is expected of it.</summary>
public sealed record WatchSource : IJobArguments
{
    public static string Kind => "source.watch";

    public required Guid SourceId { get; init; }

    public static string KeyOf(Guid sourceId) => $"watch:{sourceId}";
}
