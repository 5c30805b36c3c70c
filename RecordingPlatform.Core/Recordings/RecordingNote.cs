namespace RecordingPlatform.Core.Recordings;

/// <summary>What somebody wrote about a recording, or about one moment of it.</summary>
public sealed class RecordingNote
{
    public const int MaxTextLength = 2000;

    /// <summary>More than anybody reads beside one recording.</summary>
    public const int MaxPerRecording = 1000;

    public Guid Id { get; init; }
    public Guid RecordingId { get; init; }
    public Guid? AuthorUserId { get; init; }
    public Guid? AuthorKeyId { get; init; }
    /// <summary>From the beginning, to the millisecond; null when it is about the whole.</summary>
    public double? AtSeconds { get; set; }
    public required string Text { get; set; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset UpdatedAt { get; set; }
}
