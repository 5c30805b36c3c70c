using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace RecordingPlatform.Tests.Storage.S3Stub;

/// <summary>
/// Signature version 4 from the receiving side, after Amazon's "Authenticating Requests (AWS Signature Version 4)" and "Signature
/// Calculations for the Authorization Header: Transferring Payload in Multiple Chunks".
/// </summary>
sealed class StubSignature(string accessKey, string secretKey, string region, TimeProvider clock)
{
    const string Streaming = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";

    static readonly TimeSpan AllowedSkew = TimeSpan.FromMinutes(15);

    /// <summary>Checks the request and returns its content, without the framing of signed chunks.</summary>
    public async Task<byte[]> VerifyAsync(HttpContext http)
    {
        var headers = http.Request.Headers;
        var fields = Fields(headers.Authorization.ToString());
        var scope = fields["Credential"].Split('/', 2)[1];
        var date = headers["x-amz-date"].ToString();
        Check(fields, scope, date);

        var signed = fields["SignedHeaders"].Split(';');
        if (!signed.Contains("host") || headers.Keys.Select(name => name.ToLowerInvariant()).Any(name => name.StartsWith("x-amz-", StringComparison.Ordinal) && !signed.Contains(name)))
            throw new StubError(403, "AccessDenied", "There were headers present in the request which were not signed");

        var payload = headers["x-amz-content-sha256"].ToString();
        var canonical = string.Join('\n',
            http.Request.Method, Path(http), Query(http),
            string.Concat(signed.Select(name => $"{name}:{Squeezed(headers[name].ToString())}\n")), fields["SignedHeaders"], payload);
        var key = SigningKey(scope);
        var expected = Sign(key, $"AWS4-HMAC-SHA256\n{date}\n{scope}\n{Hash(Encoding.UTF8.GetBytes(canonical))}");
        if (!CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(expected), Encoding.ASCII.GetBytes(fields["Signature"])))
            throw new StubError(403, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided.");

        using var copy = new MemoryStream();
        await http.Request.Body.CopyToAsync(copy);
        var body = copy.ToArray();
        if (payload == Streaming)
            return Unframed(body, key, date, scope, expected, long.Parse(headers["x-amz-decoded-content-length"].ToString(), CultureInfo.InvariantCulture));
        if (payload.StartsWith("STREAMING-", StringComparison.Ordinal))
            throw new StubError(501, "NotImplemented", $"The stub does not know {payload}.");
        if (payload != Hash(body))
            throw new StubError(400, "XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed.");
        return body;
    }

    void Check(Dictionary<string, string> fields, string scope, string date)
    {
        if (fields["Credential"].Split('/')[0] != accessKey)
            throw new StubError(403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.");
        if (!DateTimeOffset.TryParseExact(date, "yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at))
            throw new StubError(403, "AccessDenied", "AWS authentication requires a valid Date or x-amz-date header");
        if ((clock.GetUtcNow() - at).Duration() > AllowedSkew)
            throw new StubError(403, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large.");
        if (scope != $"{date[..8]}/{region}/s3/aws4_request")
            throw new StubError(400, "AuthorizationHeaderMalformed", $"The authorization header is malformed; expecting '{region}'");
    }

    static Dictionary<string, string> Fields(string authorization)
    {
        const string Scheme = "AWS4-HMAC-SHA256 ";
        if (!authorization.StartsWith(Scheme, StringComparison.Ordinal))
            throw new StubError(403, "AccessDenied", "Access Denied");
        var fields = authorization[Scheme.Length..].Split(',', StringSplitOptions.TrimEntries).Select(field => field.Split('=', 2)).ToDictionary(field => field[0], field => field[1]);
        return fields.Keys.ToHashSet().SetEquals(["Credential", "SignedHeaders", "Signature"])
            ? fields
            : throw new StubError(400, "AuthorizationHeaderMalformed");
    }

    /// <summary>Each chunk is <c>size-in-hex;chunk-signature=…</c>, its bytes, and a line end; the last is empty. Each signs the one before.</summary>
    static byte[] Unframed(byte[] body, byte[] key, string date, string scope, string seed, long decodedLength)
    {
        using var content = new MemoryStream();
        var previous = seed;
        for (var at = 0; ;)
        {
            var line = body.AsSpan(at).IndexOf("\r\n"u8);
            if (line < 0)
                throw new StubError(400, "IncompleteBody");
            var header = Encoding.ASCII.GetString(body, at, line).Split(";chunk-signature=");
            var size = int.Parse(header[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            at += line + 2;
            if (at + size + 2 > body.Length)
                throw new StubError(400, "IncompleteBody");
            var chunk = body.AsSpan(at, size);
            var signature = Sign(key, $"AWS4-HMAC-SHA256-PAYLOAD\n{date}\n{scope}\n{previous}\n{Hash([])}\n{Hash(chunk)}");
            if (header.ElementAtOrDefault(1) != signature)
                throw new StubError(403, "SignatureDoesNotMatch", "A chunk's signature does not match.");
            content.Write(chunk);
            at += size + 2;
            previous = signature;
            if (size > 0)
                continue;
            return content.Length == decodedLength ? content.ToArray() : throw new StubError(400, "IncompleteBody");
        }
    }

    byte[] SigningKey(string scope) => scope.Split('/').Aggregate(
        Encoding.UTF8.GetBytes($"AWS4{secretKey}"), (key, part) => HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(part)));

    static string Path(HttpContext http) => http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.Split('?')[0];

    static string Query(HttpContext http) => string.Join('&', http.Request.Query
        .SelectMany(parameter => parameter.Value.Select(value => (Name: Uri.EscapeDataString(parameter.Key), Value: Uri.EscapeDataString(value ?? ""))))
        .OrderBy(parameter => parameter.Name, StringComparer.Ordinal)
        .Select(parameter => $"{parameter.Name}={parameter.Value}"));

    static string Squeezed(string value) => string.Join(' ', value.Split(' ', StringSplitOptions.RemoveEmptyEntries));

    static string Sign(byte[] key, string text) => Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text)));

    static string Hash(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
