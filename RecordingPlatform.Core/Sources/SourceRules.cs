using System.Text.RegularExpressions;
using RecordingPlatform.Core.Ingest;
using RecordingPlatform.Core.Operations;

namespace RecordingPlatform.Core.Sources;

/// <param name="Code">Stable.</param>
/// <param name="Detail">What to write instead; nothing of a secret.</param>
public sealed record SourceRefusal(string Code, string Detail);

/// <summary>What may be set for a source. Whatever passes here can be used by those who connect.</summary>
public static partial class SourceRules
{
    public const int MostCameras = 50;
    const int MostHostKeys = 20;
    const int LongestAddress = 500;

    /// <summary>The kinds that an administrator can set up: those that something here connects to.</summary>
    public static readonly IReadOnlyList<SourceKind> Creatable = [SourceKind.Freepbx, SourceKind.Jibri];

    /// <summary>Every code that <see cref="Check(SourceKind, SourceChange)"/> refuses with.</summary>
    public static readonly IReadOnlyList<string> Codes =
    [
        "time_zone_unknown", "public_base_url_invalid", "media_location_invalid", "media_location_unsuitable", "host_key_invalid", "camera_id_invalid", "camera_url_invalid",
        "cameras_too_many", "due_after_minutes_invalid", "sweep_days_invalid", "s3_service_url_invalid", "s3_region_invalid", "source_always_on",
    ];

    /// <summary>Every code that <see cref="Check(SourceSecrets)"/> and <see cref="SourceSetup"/> refuse secrets with.</summary>
    public static readonly IReadOnlyList<string> SecretCodes =
        ["webhook_secret_invalid", "ssh_private_key_invalid", "s3_keys_incomplete", "s3_keys_invalid", "camera_unknown", "camera_credentials_invalid"];

    public static bool IsName(string name) => Name().IsMatch(name);

    public static SourceRefusal? Check(SourceKind kind, SourceChange change)
    {
        if (kind == SourceKind.Upload && change.Enabled == false)
            return new("source_always_on", "Uploads have no switch: whoever may not upload any longer loses the role, or the key its scope.");
        if (change.TimeZone is { } zone && OverviewDays.ZoneNamed(zone) is not { HasIanaId: true })
            return new("time_zone_unknown", "time_zone is a zone by its IANA name, such as Europe/Copenhagen or UTC.");
        if (change.PublicBaseUrl is { } url && !IsAddress(url, "http", "https"))
            return new("public_base_url_invalid", "public_base_url is where the source reaches this platform, such as https://recordings.example.com: http or https, without a password, ? or #.");
        return (change.MediaLocation is { } location ? CheckLocation(kind, location) : null) ?? (change.Settings is { } settings ? Check(settings) : null);
    }

    static SourceRefusal? CheckLocation(SourceKind kind, string text)
    {
        if (text.Length > LongestAddress)
            return new("media_location_invalid", $"A media location has at most {LongestAddress} characters.");
        if (!MediaLocation.TryParse(text, out var location, out var problem))
            return new("media_location_invalid", problem);
        var (suits, how) = kind switch
        {
            SourceKind.Freepbx => (location is MediaLocation.Sftp or MediaLocation.Folder, "A PBX's recordings are reached over SFTP (sftp://user@host/var/spool/asterisk/monitor) or as a folder that is mounted on the workers."),
            SourceKind.Jibri => (location is MediaLocation.Folder or MediaLocation.Bucket, "Jibri's recordings are reached as a folder that is mounted on the workers, or in a bucket (s3://bucket/prefix)."),
            _ => (false, "A source of this kind leaves its media nowhere to be fetched from."),
        };
        return suits ? null : new("media_location_unsuitable", how);
    }

    static SourceRefusal? Check(SourceSettings settings)
    {
        if (settings.HostKeys is not { Count: <= MostHostKeys } keys || keys.Any(key => key is null || SshPublicKey.Normalize(key) is null))
            return new("host_key_invalid", $"host_keys are at most {MostHostKeys} keys as in a .pub file, like 'ssh-ed25519 AAAA…', without a name in front. On the other machine they are /etc/ssh/ssh_host_*_key.pub.");
        if (settings.Cameras is not { Count: <= MostCameras } cameras)
            return new("cameras_too_many", $"A source has at most {MostCameras} cameras.");
        if (cameras.Any(c => c?.Id is null || !CameraId().IsMatch(c.Id)) || cameras.DistinctBy(c => c.Id, StringComparer.Ordinal).Count() < cameras.Count)
            return new("camera_id_invalid", "A camera's id has 1 to 63 letters, digits and dashes, and each camera its own.");
        if (cameras.Any(c => c.Url is null || !IsAddress(c.Url, "rtsp", "http", "https")))
            return new("camera_url_invalid", "A camera's url is rtsp, http or https, such as rtsp://host/stream, without a password: store that with the source's secrets.");
        if (settings.DueAfterMinutes is < 1 or > 7 * 24 * 60)
            return new("due_after_minutes_invalid", "due_after_minutes is a whole number from 1 to 10080 (a week).");
        if (settings.SweepDays is < 0 or > 365)
            return new("sweep_days_invalid", "sweep_days is a whole number from 0 to 365.");
        if (settings.S3ServiceUrl is { } service && !IsAddress(service, "http", "https"))
            return new("s3_service_url_invalid", "s3_service_url is the address of an S3 that is not Amazon's, such as https://minio.example.com: http or https, without a password, ? or #.");
        return settings.S3Region is { } region && !Region().IsMatch(region) ? new("s3_region_invalid", "s3_region is a region's name, such as eu-central-1.") : null;
    }

    public static SourceRefusal? Check(SourceSecrets secrets)
    {
        if (secrets.WebhookSecrets.Any(secret => StandardWebhook.KeyOf(secret) is null))
            return new("webhook_secret_invalid", "webhook_secret is whsec_ with the base64 of 24 to 64 random bytes, or \"generate\".");
        if (secrets.S3AccessKey is null != secrets.S3SecretKey is null)
            return new("s3_keys_incomplete", "s3_access_key and s3_secret_key belong together: send both, or null for both.");
        if (secrets is { S3AccessKey: { } access, S3SecretKey: { } secretKey } && (!IsWord(access, 256) || !IsWord(secretKey, 512)))
            return new("s3_keys_invalid", "An access key has 1 to 256 visible ASCII characters, a secret key 1 to 512.");
        return secrets.CameraCredentials.Values.All(IsCredential) ? null : new("camera_credentials_invalid", "camera_credentials are \"user:password\" for each camera's id, at most 500 characters; null clears one.");
    }

    static bool IsCredential(string text) => text.Length <= 500 && text.IndexOf(':', StringComparison.Ordinal) > 0 && !text.Any(char.IsControl);

    static bool IsWord(string text, int most) => text.Length is > 0 && text.Length <= most && text.All(c => c is > ' ' and <= '~');

    static bool IsAddress(string text, params ReadOnlySpan<string> schemes) =>
        text.Length <= LongestAddress && !text.Any(c => c is <= ' ' or '\x7f') && Uri.TryCreate(text, UriKind.Absolute, out var address)
            && schemes.Contains(address.Scheme) && address.Host.Length > 0 && address.UserInfo.Length == 0 && address.Fragment.Length == 0
            // A camera's stream may be named by its query; whoever appends a path may not have one.
            && (address.Query.Length == 0 || schemes.Contains("rtsp"));

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9-]{0,62}\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)] private static partial Regex Name();

    [GeneratedRegex(@"\A[A-Za-z0-9-]{1,63}\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)] private static partial Regex CameraId();

    [GeneratedRegex(@"\A[a-z0-9-]{1,40}\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)] private static partial Regex Region();
}
