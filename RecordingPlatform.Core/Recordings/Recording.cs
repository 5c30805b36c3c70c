using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Keys;
using RecordingPlatform.Core.Objects;
using RecordingPlatform.Core.Sources;

namespace RecordingPlatform.Core.Recordings;

/// <summary>How far a recording has come; the arrows are in STATES.md. Deletion is apart: <see cref="Recording.DeletedAt"/>.</summary>
public enum RecordingState { Receiving, Stored, Ready, Failed, Damaged, Absent }

/// <summary>One captured medium. Identified by (source, external id); its bytes are its objects.</summary>
public sealed class Recording
{
    public Guid Id { get; init; }
    public Guid ConversationId { get; init; }
    public Guid SourceId { get; init; }
    public required string ExternalId { get; init; }
    public RecordingState State { get; set; }
    public string? StateReason { get; set; }
    /// <summary>Set while the first processing runs: the state is still stored, the API says processing.</summary>
    public DateTimeOffset? ProcessingStartedAt { get; set; }
    public string? Title { get; set; }
    public string? Notes { get; set; }
    public Guid? SubjectId { get; set; }
    public Guid? AppointmentId { get; set; }
    public Guid? UploadedByUserId { get; init; }
    public Guid? UploadedByKeyId { get; init; }
    public DateTimeOffset RecordedAt { get; set; }
    public int ParticipantCount { get; set; }
    public string? MimeType { get; set; }
    public string? Container { get; set; }
    public long? SizeBytes { get; set; }
    public byte[]? ContentSha256 { get; set; }
    public TimeSpan? Duration { get; set; }
    public string? AudioCodec { get; set; }
    public int? Channels { get; set; }
    /// <summary>Hertz.</summary>
    public int? SampleRate { get; set; }
    public string? VideoCodec { get; set; }
    public int? Width { get; set; }
    public int? Height { get; set; }
    /// <summary>Integrated loudness, EBU R 128.</summary>
    public double? LoudnessLufs { get; set; }
    public double? TruePeakDbtp { get; set; }
    /// <summary>What the player adds to reach the target loudness.</summary>
    public double? GainDb { get; set; }
    public string? TranscriptionStatus { get; set; }
    public Guid? TranscriptionId { get; set; }
    /// <summary>1 public … 4 secret; 3, sensitive, unless somebody says otherwise.</summary>
    public short Classification { get; set; } = 3;
    public DateTimeOffset? RetainUntil { get; set; }
    public DateTimeOffset? RestrictedAt { get; set; }
    /// <summary>Set with the deletion mark of every object, in the same transaction.</summary>
    public DateTimeOffset? DeletedAt { get; set; }
    /// <summary>Rises with every change: the key of cached metadata.</summary>
    public long RowVersion { get; set; } = 1;
    /// <summary>The words that a search looks in; the database keeps them.</summary>
    public string? SearchText { get; private set; }
    /// <summary>The word of <see cref="RecordingStatus"/>; the database keeps it, and knows it only once the row is saved.</summary>
    public string Status { get; private set; } = "";
    /// <summary>The conversation's; the database keeps it.</summary>
    public ConversationKind ConversationKind { get; private set; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset UpdatedAt { get; set; }

    /// <summary>Whose key its objects hang on: the subject's, so that one shred closes all of theirs; its own while it has none.</summary>
    public KeyOwner KeyOwner => SubjectId is { } subject ? new(OwnerKind.Subject, subject) : new(OwnerKind.Recording, Id);

    public Conversation Conversation { get; init; } = null!;
    public Source Source { get; init; } = null!;
    public Subject? Subject { get; init; }
    public Appointment? Appointment { get; init; }
    public List<ObjectRow> Objects { get; } = [];
    public List<Grant> Grants { get; } = [];
}
