using System.Buffers.Text;
using System.Security.Cryptography;

namespace RecordingPlatform.Core.Access;

/// <summary>
/// An opaque secret of 256 random bits, handed out once and kept as SHA-256. The prefix says what was leaked when one
/// turns up where it should not.
/// </summary>
public readonly record struct SecretToken(string Value)
{
    public const string Access = "rpa_";
    public const string Refresh = "rpr_";
    public const string Portal = "rpp_";
    public const string ApiKey = "rpk_";
    public const string UploadTicket = "rpu_";

    public static SecretToken Create(string prefix)
    {
        Span<byte> secret = stackalloc byte[32];
        RandomNumberGenerator.Fill(secret);
        return new(prefix + Base64Url.EncodeToString(secret));
    }

    public byte[] Hash() => HashOf(Value);

    /// <summary>SHA-256 of the UTF-8 text. No salt: the input has 256 bits of its own.</summary>
    public static byte[] HashOf(string token) => SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(token));
}
