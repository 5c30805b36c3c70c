using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;
using RecordingPlatform.Web.ApiClient;

namespace RecordingPlatform.Web.Sessions;

/// <summary>
/// Carries the first step of a two-step sign-in through the browser, sealed and for five minutes, so that neither a replica
/// has to remember it nor the person has to type the password twice.
/// </summary>
internal sealed class SignInStep(IDataProtectionProvider protection)
{
    // Long enough to fetch a phone from the next room.
    static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);

    readonly ITimeLimitedDataProtector _protector = protection.CreateProtector("sign-in-step").ToTimeLimitedDataProtector();

    public string Seal(Credentials credentials) => _protector.Protect(JsonSerializer.Serialize(credentials), Lifetime);

    /// <summary>The first step, or null when it is too old or not ours.</summary>
    public Credentials? Open(string? step)
    {
        if (string.IsNullOrEmpty(step))
            return null;
        try
        {
            return JsonSerializer.Deserialize<Credentials>(_protector.Unprotect(step));
        }
        catch (CryptographicException failure) when (ApiFailedException.Find(failure) is null)
        {
            return null;
        }
    }
}
