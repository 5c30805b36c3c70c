namespace RecordingPlatform.Core.Media;

/// <summary>
/// Why a file cannot be played although it was received whole. The file is kept, marked and can be downloaded.
/// </summary>
/// <param name="Kind">For code and filters.</param>
/// <param name="Reason">One sentence for the person who looks at the recording. Holds nothing of the file's own text.</param>
public sealed record MediaDamage(MediaDamageKind Kind, string Reason);

/// <summary>Stored: never renumber.</summary>
public enum MediaDamageKind
{
    /// <summary>The content is not what its first bytes promise.</summary>
    Unreadable = 1,

    /// <summary>The container is sound but holds neither audio nor video.</summary>
    NoStreams = 2,

    /// <summary>A header and nothing, or nothing that lasts, behind it.</summary>
    Empty = 3,

    /// <summary>Ends before its header says.</summary>
    Truncated = 4,

    /// <summary>The streams are there but cannot be decoded.</summary>
    Undecodable = 5,

    /// <summary>A codec or a shape that the platform does not accept, though a player might.</summary>
    Unsupported = 6,

    /// <summary>Decoding it would take more time, memory or room than a recording may.</summary>
    BeyondLimits = 7,
}
