using RecordingPlatform.Core.Jobs;

namespace RecordingPlatform.Core.Ingest;

/// <summary>Take the clip of a camera that goes with a call.</summary>
public sealed record CameraClip : IJobArguments
{
    public static string Kind => "camera.clip";

    public required Guid SourceId { get; init; }
    public required Guid ConversationId { get; init; }
    /// <summary>The id of a camera of the source.</summary>
    public required string Camera { get; init; }

    /// <summary>The expectation that the clip settles, and part of the recording's external id.</summary>
    public static string ExpectationOf(string camera) => $"camera:{camera}";

    public static string KeyOf(Guid conversationId, string camera) => $"camera:{conversationId}:{camera}";
}
