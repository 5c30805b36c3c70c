using RecordingPlatform.Core.Jobs;

namespace RecordingPlatform.Core.Processing;

/// <summary>Probe a stored original and make what the player needs.</summary>
public sealed record ProcessRecording : IJobArguments
{
    public static string Kind => "process_recording";

    public required Guid RecordingId { get; init; }
}

/// <summary>Remove objects whose writers died.</summary>
public sealed record SweepObjects : IJobArguments
{
    public static string Kind => "sweep_objects";
}

/// <summary>Mark recordings whose processing was given up.</summary>
public sealed record FailRecordings : IJobArguments
{
    public static string Kind => "fail_recordings";
}
