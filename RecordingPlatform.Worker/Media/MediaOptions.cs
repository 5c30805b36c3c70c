using System.ComponentModel.DataAnnotations;

namespace RecordingPlatform.Worker.Media;

/// <summary>The media tools and what one file may cost. Section <c>Media</c>.</summary>
sealed class MediaOptions
{
    public const string Section = "Media";

    /// <summary>Name on the worker's PATH, or an absolute path.</summary>
    [Required]
    public string Ffmpeg { get; set; } = "ffmpeg";

    /// <inheritdoc cref="Ffmpeg"/>
    [Required]
    public string Ffprobe { get; set; } = "ffprobe";

    /// <summary>
    /// Address space of one child. Default 2 GiB: decoding 3840×2160 and encoding 1080p with one thread was measured to need
    /// between 500 and 800 MiB.
    /// </summary>
    [Range(256L << 20, long.MaxValue)]
    public long AddressSpaceBytes { get; set; } = 2L << 30;

    /// <summary>A file that declares to last longer is not processed. Default 24 h: a day is the longest shift.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "30.00:00:00")]
    public TimeSpan MaxDuration { get; set; } = TimeSpan.FromHours(24);

    /// <summary>A picture with more pixels is not decoded. Default 8192 × 4320.</summary>
    [Range(1, int.MaxValue)]
    public int MaxPixels { get; set; } = 8192 * 4320;
}
