namespace RecordingPlatform.Core.Access;

/// <summary>Lets one user hear one recording that their role would not show them.</summary>
public sealed class Grant
{
    public Guid Id { get; init; }
    public Guid RecordingId { get; init; }
    public Guid UserId { get; init; }
    public bool Play { get; set; }
    public bool Download { get; set; }
    public DateTimeOffset? ExpiresAt { get; set; }
    public Guid? GrantedBy { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? RevokedAt { get; set; }
}
