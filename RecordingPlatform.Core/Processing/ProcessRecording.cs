using RecordingPlatform.Core.Jobs;

namespace RecordingPlatform.Core.Processing;

/// <summary>Probe a stored original and make what the player needs.</summary>
public sealed record ProcessRecording : IJobArguments
{
    public static string Kind => "process_recording";

    public required Guid RecordingId { get; init; }

    /// <summary>Of one recording at most one run is queued and one is under way.</summary>
    public static string KeyOf(Guid recordingId) => $"process:{recordingId}";
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
