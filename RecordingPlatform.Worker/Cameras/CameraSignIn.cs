using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;

namespace RecordingPlatform.Worker.Cameras;

/// <summary>Answers a camera's challenges: Digest (RFC 7616, without -sess) where it is offered, else Basic (RFC 7617).</summary>
sealed class CameraSignIn
{
    readonly string _user;
    readonly string _password;
    readonly string _clientNonce = RandomNumberGenerator.GetHexString(16, lowercase: true);
    Dictionary<string, string>? _digest;
    bool _basic;
    int _uses;

    CameraSignIn(string user, string password) => (_user, _password) = (user, password);

    /// <param name="credentials"><c>user:password</c>; null where none are stored.</param>
    public static CameraSignIn? From(string? credentials) =>
        credentials?.Split(':', 2) is [var user, var password] ? new CameraSignIn(user, password) : null;

    /// <summary>Takes the best challenge that it can answer; false when there is none.</summary>
    public bool Take(IEnumerable<AuthenticationHeaderValue> challenges)
    {
        _uses = 0;
        _digest = null;
        _basic = false;
        foreach (var challenge in challenges)
        {
            if (challenge.Scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase))
                _basic = true;
            else if (challenge.Scheme.Equals("Digest", StringComparison.OrdinalIgnoreCase) && Parameters(challenge.Parameter ?? "") is var parameters
                && IsAnswerable(parameters) && (_digest is null || Algorithm(parameters) == "SHA-256"))
            {
                _digest = parameters;
            }
        }
        return _basic || _digest is not null;
    }

    /// <summary>The value of the Authorization header; null before a challenge was taken.</summary>
    public string? Authorize(string method, string uri) =>
        _digest is { } digest ? Digest(digest, method, uri)
        : _basic ? "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{_user}:{_password}"))
        : null;

    string Digest(Dictionary<string, string> challenge, string method, string uri)
    {
        var (realm, nonce, algorithm) = (challenge.GetValueOrDefault("realm", ""), challenge["nonce"], Algorithm(challenge));
        string Hash(string text) => Hashed(algorithm, text);
        var (who, what) = (Hash($"{_user}:{realm}:{_password}"), Hash($"{method}:{uri}"));
        var count = (++_uses).ToString("x8", CultureInfo.InvariantCulture);
        var quality = challenge.ContainsKey("qop");
        var response = quality ? Hash($"{who}:{nonce}:{count}:{_clientNonce}:auth:{what}") : Hash($"{who}:{nonce}:{what}");
        return $"Digest username={Quoted(_user)}, realm={Quoted(realm)}, nonce={Quoted(nonce)}, uri={Quoted(uri)}, response=\"{response}\""
            + (challenge.ContainsKey("algorithm") ? $", algorithm={algorithm}" : "")
            + (challenge.TryGetValue("opaque", out var opaque) ? $", opaque={Quoted(opaque)}" : "")
            + (quality ? $", qop=auth, nc={count}, cnonce=\"{_clientNonce}\"" : "");
    }

    static bool IsAnswerable(Dictionary<string, string> challenge) =>
        challenge.ContainsKey("nonce") && Algorithm(challenge) is "MD5" or "SHA-256"
        && (!challenge.TryGetValue("qop", out var offered) || offered.Split(',', StringSplitOptions.TrimEntries).Contains("auth", StringComparer.OrdinalIgnoreCase));

    static string Algorithm(Dictionary<string, string> challenge) => challenge.GetValueOrDefault("algorithm", "MD5").ToUpperInvariant();

#pragma warning disable CA5351 // RFC 7616's older algorithm: most cameras know no other.
    static string Hashed(string algorithm, string text) =>
        Convert.ToHexStringLower(algorithm == "SHA-256" ? SHA256.HashData(Encoding.UTF8.GetBytes(text)) : MD5.HashData(Encoding.UTF8.GetBytes(text)));
#pragma warning restore CA5351

    static string Quoted(string text) => $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

    // name=token or name="quoted", divided by commas.
    static Dictionary<string, string> Parameters(string text)
    {
        var found = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var at = 0;
        while (at < text.Length && text.IndexOf('=', at) is >= 0 and var equals)
        {
            var name = text[at..equals].Trim(' ', ',', '\t');
            var value = new StringBuilder();
            at = equals + 1;
            if (at < text.Length && text[at] == '"')
            {
                for (at++; at < text.Length && text[at] != '"'; at++)
                    value.Append(text[at] == '\\' && at + 1 < text.Length ? text[++at] : text[at]);
                at++;
            }
            else
            {
                for (; at < text.Length && text[at] != ','; at++)
                    value.Append(text[at]);
            }
            found[name] = value.ToString().Trim();
        }
        return found;
    }
}
