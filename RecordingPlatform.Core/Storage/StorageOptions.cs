namespace RecordingPlatform.Core.Storage;

/// <summary>Section <c>Storage</c>.</summary>
public sealed class StorageOptions
{
    public const string Section = "Storage";

    /// <summary><c>disk</c>, <c>azure</c> or <c>s3</c>.</summary>
    public string Provider { get; set; } = "disk";

    /// <summary>The container of sealed objects.</summary>
    public string Container { get; set; } = "recordings";

    /// <summary>The container of audit anchors: another one, so that a right to one is no right to the other.</summary>
    public string EvidenceContainer { get; set; } = "evidence";

    public DiskStorageOptions Disk { get; set; } = new();
}

/// <summary>Section <c>Storage:Disk</c>.</summary>
public sealed class DiskStorageOptions
{
    /// <summary>Absolute. Each container is a folder in it. All replicas share it.</summary>
    public string Path { get; set; } = "";

    /// <summary>How long a restore from the archive tier takes.</summary>
    public TimeSpan RestoreDelay { get; set; } = TimeSpan.Zero;

    /// <summary>How long nothing has touched a dead writer's uploads before they are removed.</summary>
    public TimeSpan SweepAfter { get; set; } = TimeSpan.FromHours(1);
}
