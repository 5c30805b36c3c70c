using System.ComponentModel.DataAnnotations;

namespace RecordingPlatform.Worker.Media;

/// <summary>Where plaintext may lie while a job works on it. Section <c>Workdir</c>.</summary>
sealed class WorkdirOptions
{
    public const string Section = "Workdir";

    /// <summary>A memory file system (tmpfs): what is there never reaches a disk. Not used when it is none.</summary>
    [Required]
    public string Memory { get; set; } = "/dev/shm";

    /// <summary>For what does not fit in memory. Should be on an encrypted disk: freed blocks are not overwritten.</summary>
    [Required]
    public string Folder { get; set; } = "/var/tmp";

    /// <summary>
    /// Bytes this worker may reserve in memory at a time, all jobs together. Default 1 GiB: four calls of 100 MiB with their
    /// renditions. In a container this counts against its memory limit.
    /// </summary>
    [Range(0, long.MaxValue)]
    public long MemoryBytes { get; set; } = 1L << 30;
}
