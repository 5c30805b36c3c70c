using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace RecordingPlatform.Core.Ingest;

public enum WebhookVerdict
{
    Genuine,
    /// <summary>One of the three headers is not there, or holds what it cannot.</summary>
    Malformed,
    /// <summary>No secret of ours makes this signature of this body.</summary>
    Forged,
    /// <summary>Genuine, but sent too long ago or ahead: a capture that is played again, or a clock that is wrong.</summary>
    OutOfTime,
}

/// <summary>
/// Standard Webhooks 1.0.0: <c>webhook-id</c>, <c>webhook-timestamp</c>, and <c>webhook-signature</c> with one or several
/// <c>v1,base64(HMAC-SHA256(secret, id.timestamp.body))</c>.
/// </summary>
public static class StandardWebhook
{
    public const string IdHeader = "webhook-id";
    public const string TimestampHeader = "webhook-timestamp";
    public const string SignatureHeader = "webhook-signature";

    public const string SecretPrefix = "whsec_";

    /// <summary>How far the sender's clock may be off, either way.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    const string Scheme = "v1,";

    // No sender needs more, and each costs a comparison with each secret.
    const int MostSignatures = 8;

    /// <summary>The key bytes of <c>whsec_…</c>: base64 of 24 to 64 bytes. Null when it is no such secret.</summary>
    public static byte[]? KeyOf(string secret)
    {
        if (!secret.StartsWith(SecretPrefix, StringComparison.Ordinal))
            return null;
        var buffer = new byte[96];
        return Convert.TryFromBase64String(secret[SecretPrefix.Length..], buffer, out var length) && length is >= 24 and <= 64 ? buffer[..length] : null;
    }

    /// <summary>A new secret of 32 random bytes.</summary>
    public static string NewSecret() => SecretPrefix + Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    /// <summary>One signature, as it stands in the header.</summary>
    public static string Sign(ReadOnlySpan<byte> key, string id, long timestamp, ReadOnlySpan<byte> body) => Scheme + Convert.ToBase64String(Mac(key, id, timestamp, body));

    /// <summary>Whether one of the keys signed this body, and in time.</summary>
    /// <param name="keys">Of secrets in force; two while one replaces the other.</param>
    /// <param name="id">The header's value, or null.</param>
    /// <param name="timestamp">The header's value, in seconds since 1970, or null.</param>
    /// <param name="signatures">The header's value, separated by blanks, or null.</param>
    /// <param name="body">As it came.</param>
    /// <param name="now">By our clock.</param>
    /// <param name="skew">How far the sender's clock is behind ours; set when the headers could be read.</param>
    public static WebhookVerdict Verify(IEnumerable<ReadOnlyMemory<byte>> keys, string? id, string? timestamp, string? signatures, ReadOnlySpan<byte> body, DateTimeOffset now, out TimeSpan skew)
    {
        skew = TimeSpan.Zero;
        if (id is not { Length: > 0 and <= 256 } || string.IsNullOrEmpty(signatures)
            || !long.TryParse(timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) || seconds > DateTimeOffset.MaxValue.ToUnixTimeSeconds())
            return WebhookVerdict.Malformed;
        skew = now - DateTimeOffset.FromUnixTimeSeconds(seconds);
        var given = new List<byte[]>(MostSignatures);
        foreach (var one in signatures.Split(' ', MostSignatures + 1, StringSplitOptions.RemoveEmptyEntries).Take(MostSignatures))
        {
            var mac = new byte[SHA256.HashSizeInBytes + 4];
            if (one.StartsWith(Scheme, StringComparison.Ordinal) && Convert.TryFromBase64String(one[Scheme.Length..], mac, out var length) && length == SHA256.HashSizeInBytes)
                given.Add(mac[..length]);
        }
        if (given.Count == 0)
            return WebhookVerdict.Malformed;
        foreach (var key in keys)
        {
            var wanted = Mac(key.Span, id, seconds, body);
            if (given.Exists(mac => CryptographicOperations.FixedTimeEquals(mac, wanted)))
                return skew.Duration() <= Tolerance ? WebhookVerdict.Genuine : WebhookVerdict.OutOfTime;
        }
        return WebhookVerdict.Forged;
    }

    static byte[] Mac(ReadOnlySpan<byte> key, string id, long timestamp, ReadOnlySpan<byte> body)
    {
        using var mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        mac.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{id}.{timestamp}.")));
        mac.AppendData(body);
        return mac.GetHashAndReset();
    }
}
