using Microsoft.Extensions.Options;

namespace RecordingPlatform.Web.Shell;

/// <summary>
/// Puts the same strict headers on every answer, error pages and files included. No page may hold inline script or style.
/// </summary>
internal sealed class SecurityHeaders(RequestDelegate next, IOptions<PortalOptions> options, IHostEnvironment environment)
{
    // Two years: what browsers' preload lists ask for.
    const string StrictTransport = "max-age=63072000; includeSubDomains";

    readonly string _policy = Policy(options.Value.ApiOrigin);

    public Task InvokeAsync(HttpContext context)
    {
        // When the answer starts, because an error page begins by clearing the headers.
        context.Response.OnStarting(() =>
        {
            Write(context);
            return Task.CompletedTask;
        });
        return next(context);
    }

    void Write(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = _policy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()";
        if (!environment.IsDevelopment() && context.Request.IsHttps)
            headers.StrictTransportSecurity = StrictTransport;
        if (context.Response.ContentType?.StartsWith("text/html", StringComparison.Ordinal) == true)
            headers.CacheControl = "no-store";
    }

    public static string Policy(string api) =>
        $"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self' {api}; media-src {api}; " +
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
}
