using System.ComponentModel.DataAnnotations;

namespace RecordingPlatform.Worker.Cameras;

/// <summary>How clips of cameras are taken. Section <c>Cameras</c>.</summary>
sealed record CameraOptions
{
    public const string Section = "Cameras";

    /// <summary>How much of a camera goes with a call.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:00:10")]
    public TimeSpan Clip { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>From the first packet to the last. Default 15 s: the clip, and up to ten seconds until a camera sends a whole picture.</summary>
    [Range(typeof(TimeSpan), "00:00:02", "00:00:30")]
    public TimeSpan Within { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>What a camera may send. Default 64 MiB: five seconds at 100 Mbit/s.</summary>
    [Range(1L << 20, 1L << 30)]
    public long MaxBytes { get; set; } = 64L << 20;

    /// <summary>Also cameras on this machine itself: for tests. Otherwise a mistyped address would let reports read the machine's own services.</summary>
    public bool AllowLoopback { get; set; }
}
