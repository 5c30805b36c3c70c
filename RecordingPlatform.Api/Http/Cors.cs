namespace RecordingPlatform.Api.Http;

/// <summary>Only the portal's pages may call from a browser, and only what a browser must do itself: send files and play media.</summary>
internal static class Cors
{
    public const string Portal = "portal";

    public static IServiceCollection AddPortalCors(this IServiceCollection services, string? portalOrigin) =>
        services.AddCors(cors => cors.AddPolicy(Portal, policy =>
        {
            if (portalOrigin is not null)
                policy.WithOrigins(portalOrigin.TrimEnd('/'));
            policy.WithMethods("GET", "HEAD", "POST")
                .WithHeaders("Content-Type", "Range", IdempotentWrites.Header)
                .WithExposedHeaders("Location", "Upload-Offset", "Upload-Length", "Tus-Resumable", "Content-Range", "Retry-After");
        }));
}
