namespace RecordingPlatform.Core.Recordings;

public enum ConsentPurpose { Recording, Transcription, Training, Research }

public enum ConsentState { Given, Refused, Withdrawn }

/// <summary>One decision; the newest for a person and purpose counts.</summary>
public sealed class Consent
{
    public Guid Id { get; init; }
    public Guid? SubjectId { get; init; }
    public Guid? ParticipantId { get; init; }
    public ConsentPurpose Purpose { get; init; }
    public ConsentState State { get; init; }
    public DateTimeOffset DecidedAt { get; init; }
    public string? Evidence { get; init; }
    public Guid? RecordedBy { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
}
