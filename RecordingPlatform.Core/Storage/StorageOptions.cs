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

    public AzureStorageOptions Azure { get; set; } = new();

    public S3StorageOptions S3 { get; set; } = new();

    /// <summary>What the chosen provider calls the container, and the setting that says so.</summary>
    internal (string Key, string Name) ContainerOf(StoreContainer container) => (Provider, container) switch
    {
        ("azure", StoreContainer.Recordings) when Azure.Container is { } own => ("Storage:Azure:Container", own),
        ("azure", StoreContainer.Evidence) when Azure.EvidenceContainer is { } own => ("Storage:Azure:EvidenceContainer", own),
        ("s3", StoreContainer.Recordings) when S3.Bucket is { } own => ("Storage:S3:Bucket", own),
        ("s3", StoreContainer.Evidence) when S3.EvidenceBucket is { } own => ("Storage:S3:EvidenceBucket", own),
        (_, StoreContainer.Evidence) => ("Storage:EvidenceContainer", EvidenceContainer),
        _ => ("Storage:Container", Container),
    };
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

/// <summary>Section <c>Storage:Azure</c>, and <c>ConnectionStrings:blobs</c>.</summary>
public sealed class AzureStorageOptions
{
    /// <summary><c>ConnectionStrings:blobs</c>: the URL of the account's blob service (Entra ID), or a connection string with AccountKey.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>When it is not <c>Storage:Container</c>.</summary>
    public string? Container { get; set; }

    /// <summary>When it is not <c>Storage:EvidenceContainer</c>.</summary>
    public string? EvidenceContainer { get; set; }

    /// <summary>Of each try of a request, and of each wait for more bytes of a read.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromMinutes(1);
}

/// <summary>Section <c>Storage:S3</c>.</summary>
public sealed class S3StorageOptions
{
    /// <summary>Of an S3 that is not Amazon's.</summary>
    public string? ServiceUrl { get; set; }

    /// <summary>As <c>eu-central-1</c>; beside a <see cref="ServiceUrl"/>, what the signatures name.</summary>
    public string? Region { get; set; }

    /// <summary>When it is not <c>Storage:Container</c>. Buckets are not created: who owns one decides on its encryption, rules and lifecycle.</summary>
    public string? Bucket { get; set; }

    /// <summary>When it is not <c>Storage:EvidenceContainer</c>.</summary>
    public string? EvidenceBucket { get; set; }

    /// <summary>With <see cref="SecretKey"/>; without both the SDK looks where it always does: environment, profile, role.</summary>
    public string? AccessKey { get; set; }

    public string? SecretKey { get; set; }

    /// <summary>The bucket in the path instead of the host name, as most servers other than Amazon's want it.</summary>
    public bool ForcePathStyle { get; set; }

    /// <summary>Of each try of a request, and of each wait for more bytes of a read.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How many days Amazon keeps what it has restored readable; within them the object is moved to the tier it was restored to.</summary>
    public int RestoredDays { get; set; } = 7;
}
