namespace RecordingPlatform.Core.Objects;

public enum OwnerKind { Subject, Recording, SessionFile, Export, RawEvent }

public enum ObjectRole { Original, Playback, Waveform, Transcript, Redacted, Clip, Part, SessionFile, Export, RawEvent }

public enum ObjectState { Writing, Published }

public enum DeletionState { None, Marked, Deleting, Purged }

public enum Tier { Hot, Cool, Cold, Archive }

/// <summary>
/// One sealed object in the store. Inserted as writing before its first byte, published once the store has confirmed
/// the last; what stays writing is swept.
/// </summary>
public sealed class ObjectRow
{
    public Guid Id { get; init; }
    public OwnerKind OwnerKind { get; init; }
    public Guid OwnerId { get; init; }
    /// <summary>Set at publish: the recording's row may be written after the object's bytes.</summary>
    public Guid? RecordingId { get; set; }
    public ObjectRole Role { get; init; }
    /// <summary>Which of several of its role: high, low, a language, a channel; empty when there is one.</summary>
    public string Variant { get; init; } = "";
    public required string Name { get; init; }
    public ObjectState State { get; set; }
    public DateTimeOffset? WritingUntil { get; set; }
    /// <summary>Written into the object's prefix; the key's own row comes at publish.</summary>
    public Guid DataKeyId { get; init; }
    public string? MimeType { get; set; }
    public string? FileName { get; set; }
    public long? PlaintextLength { get; set; }
    public long? Segments { get; set; }
    public long? SealedLength { get; set; }
    /// <summary>Tells a wrong key from a foreign row when the header does not open (Sealing/FORMAT.md).</summary>
    public long? KeyCheck { get; set; }
    /// <summary>Of the plaintext.</summary>
    public byte[]? Sha256 { get; set; }
    public Guid? UploadSessionId { get; init; }
    public long? PartSequence { get; init; }
    public long? PartOffset { get; init; }
    public int? PartEpoch { get; init; }
    public Tier Tier { get; set; }
    public DateTimeOffset? RestoringSince { get; set; }
    public DateTimeOffset? RetainUntil { get; set; }
    public DateTimeOffset? RestrictedAt { get; set; }
    public DeletionState Deletion { get; set; }
    public string? DeletionReason { get; set; }
    public DateTimeOffset? MarkedAt { get; set; }
    public DateTimeOffset? PurgeAfter { get; set; }
    public DateTimeOffset? PurgedAt { get; set; }
    public DateTimeOffset? SupersededAt { get; set; }
    public string? VendorUri { get; set; }
    public DateTimeOffset? VendorDeletedAt { get; set; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? PublishedAt { get; set; }
}
