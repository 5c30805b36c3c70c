using System.Diagnostics.CodeAnalysis;

namespace RecordingPlatform.Core.Storage.Azure;

/// <summary>
/// <c>ConnectionStrings:blobs</c>: either the URL of the account's blob service, for Entra ID, or a storage connection string with
/// an account key.
/// </summary>
internal sealed class BlobConnection
{
    const string Key = "ConnectionStrings:blobs";

    BlobConnection(Uri endpoint, string? account, byte[]? accountKey)
    {
        Endpoint = endpoint;
        Account = account;
        AccountKey = accountKey;
    }

    public Uri Endpoint { get; }

    /// <summary>Null with Entra ID.</summary>
    public string? Account { get; }

    /// <summary>Null with Entra ID.</summary>
    public byte[]? AccountKey { get; }

    /// <param name="text">The setting; never repeated in an error, since it may hold a key.</param>
    /// <param name="connection">What it says.</param>
    /// <param name="error">What is wrong with it, beginning with its key.</param>
    public static bool TryParse(string? text, [NotNullWhen(true)] out BlobConnection? connection, [NotNullWhen(false)] out string? error)
    {
        connection = null;
        if (string.IsNullOrWhiteSpace(text))
            error = $"{Key} is missing; it must be the URL of the storage account's blob service (Entra ID), or a connection string with AccountName and AccountKey.";
        else if (Uri.TryCreate(text.Trim(), UriKind.Absolute, out var url) && url.Scheme is "http" or "https")
            error = Parse(url, out connection);
        else
            error = Parse(Fields(text), out connection);
        return error is null;
    }

    static string? Parse(Uri url, out BlobConnection? connection)
    {
        connection = null;
        if (url.Scheme != Uri.UriSchemeHttps)
            return $"{Key} is an http URL; Entra ID's tokens travel by https only.";
        if (url.Query.Length > 0 || url.UserInfo.Length > 0)
            return $"{Key} is a URL with a query or a user; shared access signatures are not supported: give the URL alone (Entra ID), or AccountName and AccountKey.";
        connection = new BlobConnection(url, account: null, accountKey: null);
        return null;
    }

    static string? Parse(Dictionary<string, string> fields, out BlobConnection? connection)
    {
        connection = null;
        if (!fields.TryGetValue("AccountName", out var account) && fields.TryGetValue("Endpoint", out var bare) && Uri.TryCreate(bare, UriKind.Absolute, out var service))
            return Parse(service, out connection);
        if (string.IsNullOrEmpty(account))
            return $"{Key} has no AccountName.";
        if (!fields.TryGetValue("AccountKey", out var encoded))
            return $"{Key} has no AccountKey; without one, give the URL of the account's blob service (Entra ID).";

        var key = new byte[encoded.Length];
        if (!Convert.TryFromBase64String(encoded, key, out var bytes) || bytes == 0)
            return $"{Key} has an AccountKey that is not base64.";

        var address = fields.GetValueOrDefault("BlobEndpoint")
            ?? $"{fields.GetValueOrDefault("DefaultEndpointsProtocol", "https")}://{account}.blob.{fields.GetValueOrDefault("EndpointSuffix", "core.windows.net")}";
        if (!Uri.TryCreate(address, UriKind.Absolute, out var endpoint) || endpoint.Scheme is not ("http" or "https"))
            return $"{Key} has a BlobEndpoint that is not an http or https URL.";

        connection = new BlobConnection(endpoint, account, key[..bytes]);
        return null;
    }

    static Dictionary<string, string> Fields(string text)
    {
        Dictionary<string, string> fields = new(StringComparer.OrdinalIgnoreCase);
        foreach (var field in text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            // A key ends in "=" itself.
            var parts = field.Split('=', 2, StringSplitOptions.TrimEntries);
            fields[parts[0]] = parts.Length == 2 ? parts[1] : "";
        }

        return fields;
    }
}
