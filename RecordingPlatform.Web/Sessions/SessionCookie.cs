namespace RecordingPlatform.Web.Sessions;

/// <summary>The portal's cookie: an opaque handle that only the API can resolve, out of reach of scripts and of other sites' posts.</summary>
internal static class SessionCookie
{
    public const string Name = "portal-session";

    /// <summary>The handle, or null when there is none that could stand in a header.</summary>
    public static string? HandleOf(HttpContext? context) =>
        context?.Request.Cookies[Name] is { Length: > 0 } handle && handle.All(c => c is > ' ' and < '\x7f') ? handle : null;

    public static void Set(HttpContext context, string handle, DateTimeOffset expiresAt) =>
        context.Response.Cookies.Append(Name, handle, Options(context, expiresAt));

    public static void Remove(HttpContext context) => context.Response.Cookies.Delete(Name, Options(context, null));

    static CookieOptions Options(HttpContext context, DateTimeOffset? expiresAt) => new()
    {
        HttpOnly = true,
        SameSite = SameSiteMode.Lax,
        Secure = context.Request.IsHttps,
        IsEssential = true,
        Path = "/",
        Expires = expiresAt,
    };
}
