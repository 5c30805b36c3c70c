using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Threading.RateLimiting;
using Microsoft.Extensions.Options;
using RecordingPlatform.Core.Access;

namespace RecordingPlatform.Api.Http;

/// <summary>How much one caller may ask of one replica of the API. Section <c>RateLimits</c>.</summary>
internal sealed class RateLimitOptions
{
    public const string Section = "RateLimits";

    /// <summary>For each user or API key; also the most that may come at once.</summary>
    [Range(1, int.MaxValue)]
    public int RequestsPerMinute { get; set; } = 1200;

    /// <summary>For each address that sends no valid credential.</summary>
    [Range(1, int.MaxValue)]
    public int AnonymousPerMinute { get; set; } = 120;

    /// <summary>Sign-ins and refreshes, for each address.</summary>
    [Range(1, int.MaxValue)]
    public int SignInsPerMinute { get; set; } = 20;

    /// <summary>Sign-ins through the portal, which come from one address for everybody.</summary>
    [Range(1, int.MaxValue)]
    public int PortalSignInsPerMinute { get; set; } = 300;
}

/// <summary>Marks the routes where somebody proves who they are.</summary>
internal sealed record SignInRoute;

/// <summary>
/// A token bucket for each caller, or for each address that has no caller. Counted in memory by each replica on its own:
/// behind three replicas a caller gets at most three times as much. Media and health are exempt by DisableRateLimiting.
/// </summary>
internal static class RateLimits
{
    public static IServiceCollection AddRateLimits(this IServiceCollection services)
    {
        services.AddOptions<RateLimitOptions>().BindConfiguration(RateLimitOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddRateLimiter(limiter =>
        {
            limiter.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(PartitionOf, StringComparer.Ordinal);
            limiter.OnRejected = RefuseAsync;
        });
        return services;
    }

    static RateLimitPartition<string> PartitionOf(HttpContext http)
    {
        var limits = http.RequestServices.GetRequiredService<IOptions<RateLimitOptions>>().Value;
        var caller = http.Features.Get<Caller>();
        if (http.GetEndpoint()?.Metadata.GetMetadata<SignInRoute>() is not null)
        {
            return caller?.May(Permission.PortalServe) == true ? Bucket("portal sign-in", limits.PortalSignInsPerMinute)
                // Signed in already and asked for the password once more: through the portal everybody has one address.
                : caller?.UserId is { } user ? Bucket($"sign-in of {user}", limits.SignInsPerMinute)
                : Bucket($"sign-in {AddressOf(http)}", limits.SignInsPerMinute);
        }
        return caller?.ActorId is { } id ? Bucket($"caller {id}", limits.RequestsPerMinute) : Bucket($"address {AddressOf(http)}", limits.AnonymousPerMinute);
    }

    static RateLimitPartition<string> Bucket(string name, int perMinute) => RateLimitPartition.GetTokenBucketLimiter(name, _ => new TokenBucketRateLimiterOptions
    {
        TokenLimit = perMinute,
        TokensPerPeriod = 1,
        ReplenishmentPeriod = TimeSpan.FromMinutes(1) / perMinute,
        QueueLimit = 0,
    });

    // One subscriber has a whole /64 to draw IPv6 addresses from (RFC 6177).
    static string AddressOf(HttpContext http)
    {
        if (http.Connection.RemoteIpAddress is not { } address)
            return "unknown";
        if (address.AddressFamily != AddressFamily.InterNetworkV6 || address.IsIPv4MappedToIPv6)
            return address.ToString();
        var bytes = address.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new IPAddress(bytes).ToString();
    }

    static async ValueTask RefuseAsync(Microsoft.AspNetCore.RateLimiting.OnRejectedContext rejected, CancellationToken ct)
    {
        var wait = rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out var after) ? Math.Max(1, (int)Math.Ceiling(after.TotalSeconds)) : 1;
        await new OtherProblem(429, "rate_limited", $"Too many requests. Try again in {wait.ToString(CultureInfo.InvariantCulture)} s.") { RetryAfter = wait }.ExecuteAsync(rejected.HttpContext);
    }
}
