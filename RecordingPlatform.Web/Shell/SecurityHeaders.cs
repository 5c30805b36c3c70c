using System.Security.Cryptography;
using Microsoft.Extensions.Options;

namespace RecordingPlatform.Web.Shell;

/// <summary>
/// Puts the same strict headers on every answer, error pages and files included. No page may hold inline script; inline style
/// only where a page asked for a nonce.
/// </summary>
internal sealed class SecurityHeaders(RequestDelegate next, IOptions<PortalOptions> options, IHostEnvironment environment)
{
    // Two years: what browsers' preload lists ask for.
    const string StrictTransport = "max-age=63072000; includeSubDomains";

    readonly string _api = options.Value.ApiOrigin;

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
        headers.ContentSecurityPolicy = Policy(_api, StyleNonce.IfUsed(context));
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

    public static string Policy(string api, string? styleNonce = null) =>
        "default-src 'none'; script-src 'self'; " +
        (styleNonce is null ? "style-src 'self'; " : $"style-src 'self' 'nonce-{styleNonce}'; ") +
        $"img-src 'self' data:; font-src 'self'; connect-src 'self' {api}; media-src {api}; " +
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
}

/// <summary>Allows one page its generated style sheet: the waveform draws in a shadow root that brings its own.</summary>
internal static class StyleNonce
{
    static readonly object Key = new();

    public static string For(HttpContext context) =>
        (string)(context.Items[Key] ??= Convert.ToBase64String(RandomNumberGenerator.GetBytes(16)));

    public static string? IfUsed(HttpContext context) => (string?)context.Items[Key];
}
