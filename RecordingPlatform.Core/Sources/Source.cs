using System.Security.Cryptography;
using RecordingPlatform.Core.Keys;

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

    /// <summary>Its credentials; none when it has none.</summary>
    /// <exception cref="KeyUnavailableException">They cannot be opened now.</exception>
    public async Task<SourceSecrets> OpenSecretsAsync(EnvelopeKeys keys, CancellationToken ct)
    {
        if (SealedSecrets is null || SecretsMasterKeyId is not { } master)
            return new SourceSecrets();
        var json = await keys.UnsealAsync(Table, Id, master, SealedSecrets, ct);
        try
        {
            return SourceSecrets.Read(json);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(json);
        }
    }

    /// <summary>Seals its credentials anew; saved with the row.</summary>
    /// <exception cref="KekDeniedException">The KEK denies.</exception>
    public async Task SealSecretsAsync(EnvelopeKeys keys, SourceSecrets secrets, CancellationToken ct)
    {
        var json = secrets.Write();
        try
        {
            var wrapped = await keys.SealAsync(Table, Id, json, ct);
            (SealedSecrets, SecretsMasterKeyId) = (wrapped.Bytes, wrapped.MasterKeyId);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(json);
        }
    }

    const string Table = "sources";
}
