using System.ComponentModel.DataAnnotations;

namespace RecordingPlatform.Api.Recordings;

/// <summary>Section <c>Ingest</c>.</summary>
internal sealed class IngestOptions
{
    public const string Section = "Ingest";

    /// <summary>The largest file a multipart upload may carry, in bytes.</summary>
    [Range(1, long.MaxValue)]
    public long MaxFileBytes { get; set; } = 104_857_600;

    /// <summary>The largest file that a source's machine may push, in bytes: a long meeting in high quality is some GiB.</summary>
    [Range(1, long.MaxValue)]
    public long MaxPushBytes { get; set; } = 50L << 30;
}
