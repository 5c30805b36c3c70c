using System.ComponentModel.DataAnnotations;

namespace RecordingPlatform.Core.Access;

/// <summary>How long credentials live. Section <c>Access</c>.</summary>
public sealed class AccessOptions
{
    public const string Section = "Access";

    [Range(typeof(TimeSpan), "00:00:05", "1.00:00:00")]
    public TimeSpan AccessTokenLifetime { get; set; } = TimeSpan.FromMinutes(15);

    [Range(typeof(TimeSpan), "00:01:00", "90.00:00:00")]
    public TimeSpan RefreshTokenLifetime { get; set; } = TimeSpan.FromDays(14);

    [Range(typeof(TimeSpan), "00:01:00", "7.00:00:00")]
    public TimeSpan PortalSessionLifetime { get; set; } = TimeSpan.FromHours(12);

    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan PlaybackTicketLifetime { get; set; } = TimeSpan.FromMinutes(15);

    [Range(typeof(TimeSpan), "00:00:05", "1.00:00:00")]
    public TimeSpan UploadTicketLifetime { get; set; } = TimeSpan.FromHours(1);
}
