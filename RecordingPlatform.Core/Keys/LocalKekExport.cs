using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace RecordingPlatform.Core.Keys;

/// <summary>The export of FORMAT.md: every version as passphrase-protected PKCS#8. A changed or mislabelled entry is refused by its id.</summary>
internal static class LocalKekExport
{
    const string Format = "recording-platform-kek-export/1";
    const int MinPassphraseLength = 12;

    // OWASP's 2023 number for PBKDF2-HMAC-SHA-256.
    static readonly PbeParameters Protection = new(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 600_000);
    static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true, RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true };

    public static string Write(IEnumerable<LocalKekEntry> entries, string passphrase)
    {
        if (passphrase.Length < MinPassphraseLength)
            throw new LocalKekException(LocalKekFault.Passphrase, $"An export needs a passphrase of at least {MinPassphraseLength} characters.");
        return JsonSerializer.Serialize(new Export(Format,
            [.. entries.Select(e => new ExportedKey(e.Id, e.CreatedAt, e.Key.ExportEncryptedPkcs8PrivateKeyPem(passphrase, Protection)))]), Json);
    }

    public static IReadOnlyList<LocalKekEntry> Read(string export, string passphrase)
    {
        Export content;
        try
        {
            content = JsonSerializer.Deserialize<Export>(export, Json) ?? throw new JsonException("It is null.");
        }
        catch (JsonException e)
        {
            throw new LocalKekException(LocalKekFault.Malformed, "The export is damaged: it is not the JSON that was exported.", e);
        }
        return content.Format == Format
            ? [.. content.Keys.Select(key => ReadKey(key, passphrase))]
            : throw new LocalKekException(LocalKekFault.Malformed, $"The export is not of the format {Format}.");
    }

    static LocalKekEntry ReadKey(ExportedKey exported, string passphrase)
    {
        var key = RSA.Create();
        try
        {
            key.ImportFromEncryptedPem(exported.EncryptedPrivateKey, passphrase);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new LocalKekException(LocalKekFault.Passphrase, $"The key {exported.Id} of the export does not open: another passphrase, or a damaged export.", e);
        }
        return LocalKekEntry.Checked(exported.Id, exported.CreatedAt, key, "the export");
    }

    sealed record Export(string Format, ExportedKey[] Keys);

    sealed record ExportedKey(
        string Id,
        [property: JsonRequired] DateTimeOffset CreatedAt,
        string EncryptedPrivateKey);
}
