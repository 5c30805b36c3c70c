using System.Runtime.Versioning;
using System.Security.Cryptography;

namespace RecordingPlatform.Tests.Fixtures;

/// <summary>
/// Microsoft's emulator of Azure Blob Storage. It keeps everything in memory: on disk it saves its records only every five
/// seconds.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class Azurite() : NpmServer("RecordingPlatform.AppHost/azurite", "azurite/dist/src/blob/main.js")
{
    public const string Account = "recordings";

    readonly string _key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(64));

    protected override string[] Arguments => ["--blobHost", "127.0.0.1", "--blobPort", $"{Port}", "--inMemoryPersistence", "--silent", "--disableTelemetry"];

    protected override IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string> { ["AZURITE_ACCOUNTS"] = $"{Account}:{_key}" };

    public async Task<Uri> AddressAsync()
    {
        await StartedAsync();
        return new Uri($"http://127.0.0.1:{Port}/{Account}");
    }

    /// <summary>As Aspire writes it.</summary>
    /// <param name="through">Another address that leads there; null for its own.</param>
    /// <param name="key">Another key than its own.</param>
    public async Task<string> ConnectionStringAsync(Uri? through = null, string? key = null)
    {
        var address = await AddressAsync();
        return $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={key ?? _key};BlobEndpoint={(through is null ? address : new Uri(through, address.AbsolutePath))};";
    }
}
