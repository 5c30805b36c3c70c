namespace RecordingPlatform.Core.Recordings;

public enum AppointmentStatus { Scheduled, Held, Cancelled }

/// <summary>A session that was agreed, under the clinic system's own id.</summary>
public sealed class Appointment
{
    public Guid Id { get; init; }
    public required string ExternalId { get; init; }
    public Guid? SubjectId { get; set; }
    public Guid? ClinicianId { get; set; }
    public string? RoomName { get; set; }
    public DateTimeOffset? StartsAt { get; set; }
    public DateTimeOffset? EndsAt { get; set; }
    public AppointmentStatus Status { get; set; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset UpdatedAt { get; set; }
}
