using System.ComponentModel.DataAnnotations;

namespace RecordingPlatform.Core.Retention;

/// <summary>Section <c>Retention</c>.</summary>
public sealed class RetentionOptions
{
    public const string Section = "Retention";

    /// <summary>How long a deletion can be taken back.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "365.00:00:00")]
    public TimeSpan DeletionGrace { get; set; } = TimeSpan.FromDays(7);
}
