using System.Text.Json;
using System.Text.RegularExpressions;

namespace RecordingPlatform.Core.Ingest;

/// <summary>
/// Takes credentials out of JSON that a source reports: whoever starts a recording may hang <c>upload_credentials</c> on it, a
/// meeting's address may carry the token that opened it, and a camera's its password. No report is kept, logged or passed on
/// before.
/// </summary>
public static class Credentials
{
    static readonly JsonDocumentOptions Documents = new() { MaxDepth = 64 };

    // By what their names hold, without case and marks between words.
    static readonly string[] s_secret = ["credential", "token", "secret", "password", "passwd", "pwd", "passphrase", "apikey", "accesskey", "privatekey", "authorization", "bearer", "jwt", "cookie"];

    static readonly Regex s_mark = Of(@"[^\p{L}\p{N}]");

    // RFC 7519: three parts of base64url, the first one a JSON object.
    static readonly Regex s_signedToken = Of(@"eyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]*");
    static readonly Regex s_bearerToken = Of(@"\b(?:bearer|basic)\s+[A-Za-z0-9+/=._~-]{8,}");
    // RFC 3261 lets a phone's address hold a password, between its colon and its @.
    static readonly Regex s_phone = Of(@"(?<user>\bsips?:[^\s:@]+):[^\s@]*@");
    static readonly Regex s_address = Of(@"(?<scheme>\b[A-Za-z][A-Za-z0-9+.-]{0,30}://)(?:[^\s/?#]*@)?(?<place>[^\s?#]*)(?:[?#]\S*)?");

    /// <summary>The same JSON without members that are named like a credential, and without texts that look like one.</summary>
    /// <exception cref="JsonException">It is no JSON, or nested deeper than 64 levels.</exception>
    public static byte[] StripCredentials(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = Documents.MaxDepth });
        using var document = JsonDocument.ParseValue(ref reader);
        using var kept = new MemoryStream();
        using (var writer = new Utf8JsonWriter(kept))
            Write(document.RootElement, writer);
        return kept.ToArray();
    }

    static void Write(JsonElement value, Utf8JsonWriter writer)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                // What is no text cannot be looked through, so it is not kept.
                foreach (var member in value.EnumerateObject().Where(member => JsonText.Read(() => member.Name) is { } name && !IsSecret(name)))
                {
                    writer.WritePropertyName(member.Name);
                    Write(member.Value, writer);
                }
                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var one in value.EnumerateArray())
                    Write(one, writer);
                writer.WriteEndArray();
                break;
            case JsonValueKind.String:
                writer.WriteStringValue(JsonText.Read(value.GetString) is { } text ? Cleaned(text) : "");
                break;
            default:
                value.WriteTo(writer);
                break;
        }
    }

    static bool IsSecret(string name)
    {
        var bare = s_mark.Replace(name, "").ToLowerInvariant();
        return s_secret.Any(word => bare.Contains(word, StringComparison.Ordinal));
    }

    static string Cleaned(string text)
    {
        var cleaned = s_signedToken.Replace(text, "");
        cleaned = s_bearerToken.Replace(cleaned, "");
        cleaned = s_phone.Replace(cleaned, "${user}@");
        // An address keeps what it leads to: user, query and fragment may each open it.
        return s_address.Replace(cleaned, "${scheme}${place}");
    }

    // What comes in from outside costs no more than its length.
    static Regex Of(string pattern) => new(pattern, RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase | RegexOptions.NonBacktracking);
}
