namespace RecordingPlatform.Core.Recordings;

/// <summary>The patient or customer a recording is about. Their media hang on their own keys.</summary>
public sealed class Subject
{
    public Guid Id { get; init; }
    public string? ExternalId { get; set; }
    public string? DisplayName { get; set; }
    public string? Email { get; set; }
    public string? Phone { get; set; }
    public DateOnly? BirthDate { get; set; }
    /// <summary>The account this person signs in with, if any.</summary>
    public Guid? UserId { get; set; }
    public DateTimeOffset? LastContactAt { get; set; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset UpdatedAt { get; set; }
    public DateTimeOffset? ErasedAt { get; set; }
}
