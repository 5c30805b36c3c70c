namespace RecordingPlatform.Core.Recordings;

/// <summary>That a user held or joined a session of which there is a recording. The database keeps it, with what lists go by.</summary>
public sealed class Attendance
{
    public Guid UserId { get; private set; }
    public Guid RecordingId { get; private set; }
    public DateTimeOffset RecordedAt { get; private set; }
    public string Status { get; private set; } = "";
    public bool HasVideo { get; private set; }
}
