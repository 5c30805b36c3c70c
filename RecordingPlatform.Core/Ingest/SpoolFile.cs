namespace RecordingPlatform.Core.Ingest;

public enum SpoolFileState
{
    /// <summary>Watched until it stands still.</summary>
    Seen,
    /// <summary>A job takes it in.</summary>
    Fetching,
    Taken,
    /// <summary>Given up as it is: a header and nothing behind it, or nothing at all.</summary>
    Empty,
    /// <summary>Never read: it leads out of the spool, or its name cannot be one of ours.</summary>
    Refused,
}

/// <summary>A file seen where a source leaves its media. Unique by source and path, so that none is taken twice.</summary>
public sealed class SpoolFile
{
    public Guid Id { get; init; }
    public Guid SourceId { get; init; }
    /// <summary>Below the source's media location, with <c>/</c>.</summary>
    public required string Path { get; init; }
    public long SizeBytes { get; set; }
    /// <summary>As its report says; null when none does.</summary>
    public long? ReportedBytes { get; set; }
    public DateTimeOffset ModifiedAt { get; set; }
    public DateTimeOffset StillSince { get; set; }
    /// <summary>How many looks in a row found the same size and time.</summary>
    public int StillLooks { get; set; } = 1;
    public SpoolFileState State { get; set; }
    public string? Refusal { get; set; }
    public Guid? ConversationId { get; set; }
    public Guid? RecordingId { get; set; }
    public DateTimeOffset FirstSeenAt { get; init; }
    public DateTimeOffset UpdatedAt { get; set; }
}
