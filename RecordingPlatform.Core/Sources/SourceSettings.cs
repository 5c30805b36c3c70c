using System.Text.Json;

namespace RecordingPlatform.Core.Sources;

/// <summary>What is set for a source beside its columns; JSON in <see cref="Source.Settings"/>. Nothing secret.</summary>
public sealed record SourceSettings
{
    /// <summary>Of the machine behind an SFTP location: its pinned host keys as in known_hosts, <c>ssh-ed25519 AAAA…</c>.</summary>
    public IReadOnlyList<string> HostKeys { get; init; } = [];

    public IReadOnlyList<SourceCamera> Cameras { get; init; } = [];

    /// <summary>Minutes after the end of a conversation by which its recording is due.</summary>
    public int DueAfterMinutes { get; init; } = 10;

    /// <summary>Days back that the sweep looks through for what was never reported.</summary>
    public int SweepDays { get; init; } = 3;

    /// <summary>Of an S3 location that is not Amazon's.</summary>
    public string? S3ServiceUrl { get; init; }

    public string? S3Region { get; init; }

    static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <exception cref="JsonException">The row holds something else.</exception>
    public static SourceSettings Read(string json) => JsonSerializer.Deserialize<SourceSettings>(json, Json) ?? new SourceSettings();

    public string Write() => JsonSerializer.Serialize(this, Json);
}

/// <summary>A camera whose clip goes with a call.</summary>
public sealed record SourceCamera
{
    /// <summary>What the call's report names: letters, digits and dashes.</summary>
    public required string Id { get; init; }

    /// <summary><c>rtsp://host/path</c> or <c>http(s)://host/path</c>, without a password.</summary>
    public required string Url { get; init; }
}

/// <summary>A source's credentials; sealed JSON in <see cref="Source.SealedSecrets"/>. Never sent to anybody, never logged.</summary>
public sealed record SourceSecrets
{
    /// <summary>Standard Webhooks secrets, <c>whsec_…</c>; two while one replaces the other.</summary>
    public IReadOnlyList<string> WebhookSecrets { get; init; } = [];

    /// <summary>OpenSSH or PEM text, without a passphrase.</summary>
    public string? SshPrivateKey { get; init; }

    public string? S3AccessKey { get; init; }

    public string? S3SecretKey { get; init; }

    /// <summary>By camera: <c>user:password</c>.</summary>
    public IReadOnlyDictionary<string, string> CameraCredentials { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static SourceSecrets Read(ReadOnlySpan<byte> json) => JsonSerializer.Deserialize<SourceSecrets>(json, Json) ?? new SourceSecrets();

    public byte[] Write() => JsonSerializer.SerializeToUtf8Bytes(this, Json);
}
