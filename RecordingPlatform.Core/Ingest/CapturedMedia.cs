using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Media;
using RecordingPlatform.Core.Recordings;

namespace RecordingPlatform.Core.Ingest;

/// <summary>What a connector knows of a file that it brings, whole, from its source.</summary>
public sealed record CapturedMedia
{
    public required Guid SourceId { get; init; }

    /// <summary>The source's own name of the medium: with the source it says which recording this is.</summary>
    public required string ExternalId { get; init; }

    public required Guid ConversationId { get; init; }

    public required ExpectedMedium Medium { get; init; }

    /// <summary>Which expectation of that medium it settles; empty where there can be one only.</summary>
    public string ExpectationId { get; init; } = "";

    public string? FileName { get; init; }

    public required DateTimeOffset RecordedAt { get; init; }

    /// <summary>Null when the content is no media that anything here reads: it is kept, and damaged.</summary>
    public MediaType? Type { get; init; }

    /// <summary>Why it cannot be played, where the connector knows already; nothing is processed then.</summary>
    public string? DamagedBecause { get; init; }

    /// <summary>Why it does not count as the recording that was expected, although it is kept: an empty file.</summary>
    public string? AbsentBecause { get; init; }

    /// <summary>Who stands in the audit log for it: the platform itself where it fetches.</summary>
    public Caller BroughtBy { get; init; } = Caller.System;
}
