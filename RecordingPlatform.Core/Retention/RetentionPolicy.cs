using RecordingPlatform.Core.Recordings;

namespace RecordingPlatform.Core.Retention;

/// <summary>How long something is kept. A null condition matches anything; the longest match wins.</summary>
public sealed class RetentionPolicy
{
    public Guid Id { get; init; }
    public required string Name { get; set; }
    public ConversationKind? ConversationKind { get; set; }
    public Objects.ObjectRole? ObjectRole { get; set; }
    public Guid? SourceId { get; set; }
    public int KeepDays { get; set; }
    public int? ArchiveAfterDays { get; set; }
    /// <summary>A legal minimum: outlasts withdrawn consent and erasure.</summary>
    public bool Statutory { get; set; }
    public bool Enabled { get; set; } = true;
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset UpdatedAt { get; set; }
}
