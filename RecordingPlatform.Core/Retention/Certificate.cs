namespace RecordingPlatform.Core.Retention;

/// <summary>Proof of a destruction: what, by which rule, and when the last backup forgets it. Never changed.</summary>
public sealed class Certificate
{
    public Guid Id { get; init; }
    public Guid? RecordingId { get; init; }
    public Guid? SubjectId { get; init; }
    public required string ReasonCode { get; init; }
    public required byte[] Document { get; init; }
    public long? AuditId { get; init; }
    public DateTimeOffset IssuedAt { get; init; }
    public DateTimeOffset FinalAt { get; init; }
}
