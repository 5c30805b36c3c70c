namespace RecordingPlatform.Core.Retention;

public enum PrivacyRequestKind { Access, Erasure, Restriction }

public enum PrivacyRequestState { Open, Scheduled, Done, Refused }

/// <summary>What a subject asked for, and what came of it.</summary>
public sealed class PrivacyRequest
{
    public Guid Id { get; init; }
    public Guid SubjectId { get; init; }
    public PrivacyRequestKind Kind { get; init; }
    public PrivacyRequestState State { get; set; }
    public Guid? RequestedBy { get; init; }
    public DateTimeOffset RequestedAt { get; init; }
    public DateTimeOffset DueAt { get; set; }
    public DateTimeOffset? FinishedAt { get; set; }
    public string? Answer { get; set; }
}
