using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Azure.Core;
using Azure.Core.Pipeline;

namespace RecordingPlatform.Core.Storage.Azure;

/// <summary>
/// Signs a request with the account key. It stands after the retry policy, so that each try has a date and a signature of its own:
/// the service refuses dates older than 15 minutes.
/// </summary>
/// <remarks>The format: Microsoft, "Authorize with Shared Key", Blob service, version 2015-02-21 and later.</remarks>
internal sealed class SharedKeyPolicy(string account, byte[] key, TimeProvider clock) : HttpPipelineSynchronousPolicy
{
    public override void OnSendingRequest(HttpMessage message)
    {
        var request = message.Request;
        request.Headers.SetValue("x-ms-date", clock.GetUtcNow().ToString("R", CultureInfo.InvariantCulture));
        var signature = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(StringToSign(request)));
        request.Headers.SetValue("Authorization", $"SharedKey {account}:{Convert.ToBase64String(signature)}");
    }

    string StringToSign(Request request) => new StringBuilder()
        .Append(request.Method.Method).Append('\n')
        .Append(Header(request, "Content-Encoding")).Append('\n')
        .Append(Header(request, "Content-Language")).Append('\n')
        .Append(ContentLength(request)).Append('\n')
        .Append(Header(request, "Content-MD5")).Append('\n')
        .Append(Header(request, "Content-Type")).Append('\n')
        .Append('\n') // Date: x-ms-date stands in its place
        .Append(Header(request, "If-Modified-Since")).Append('\n')
        .Append(Header(request, "If-Match")).Append('\n')
        .Append(Header(request, "If-None-Match")).Append('\n')
        .Append(Header(request, "If-Unmodified-Since")).Append('\n')
        .Append(Header(request, "Range")).Append('\n')
        .Append(CanonicalHeaders(request))
        .Append(CanonicalResource(request.Uri.ToUri()))
        .ToString();

    static string Header(Request request, string name) => request.Headers.TryGetValue(name, out var value) ? value : "";

    // From the content, since the transport adds the header only after this. Zero is signed as nothing.
    static string ContentLength(Request request) => request.Content is { } content && content.TryComputeLength(out var length) && length > 0
        ? length.ToString(CultureInfo.InvariantCulture)
        : "";

    static string CanonicalHeaders(Request request) => string.Concat(request.Headers
        .Select(header => (Name: header.Name.ToLowerInvariant(), header.Value))
        .Where(header => header.Name.StartsWith("x-ms-", StringComparison.Ordinal))
        .OrderBy(header => header.Name, StringComparer.Ordinal)
        .Select(header => $"{header.Name}:{header.Value}\n"));

    string CanonicalResource(Uri uri) => $"/{account}{uri.AbsolutePath}" + string.Concat(uri.Query
        .Split(['?', '&'], StringSplitOptions.RemoveEmptyEntries)
        .Select(parameter => parameter.Split('=', 2))
        .Select(parameter => (Name: parameter[0].ToLowerInvariant(), Value: Uri.UnescapeDataString(parameter.ElementAtOrDefault(1) ?? "")))
        .OrderBy(parameter => parameter.Name, StringComparer.Ordinal)
        .Select(parameter => $"\n{parameter.Name}:{parameter.Value}"));
}
