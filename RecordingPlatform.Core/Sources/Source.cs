namespace RecordingPlatform.Core.Sources;

public enum SourceKind { Upload, Live, Jibri, TwilioVoice, TwilioVideo, TwilioMedia, Freepbx, Acs, Livekit, Zoom }

/// <summary>Where recordings come from. (source, external id) identifies a recording.</summary>
public sealed class Source
{
    /// <summary>What people upload by hand; made by the first migration.</summary>
    public static readonly Guid UploadId = new("0190a000-0000-7000-8000-000000000001");

    public Guid Id { get; init; }
    public required string Name { get; set; }
    public SourceKind Kind { get; init; }
    public bool Enabled { get; set; } = true;
    /// <summary>IANA name: the zone of the source's file names and folders.</summary>
    public string TimeZone { get; set; } = "UTC";
    public string? PublicBaseUrl { get; set; }
    public string? MediaLocation { get; set; }
    public bool NoiseReduction { get; set; }
    public string Settings { get; set; } = "{}";
    public byte[]? SealedSecrets { get; set; }
    public Guid? SecretsMasterKeyId { get; set; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset UpdatedAt { get; set; }
}
