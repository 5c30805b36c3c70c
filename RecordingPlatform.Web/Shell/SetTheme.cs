using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using RecordingPlatform.Web.Sessions;

namespace RecordingPlatform.Web.Shell;

/// <summary>Keeps the chosen theme where scripts do not run; where they do, theme.js sets the same cookie without leaving the page.</summary>
internal static class SetTheme
{
    public const string Path = "/theme";

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost(Path, Handle)
        .AllowAnonymous();

    static RedirectHttpResult Handle(HttpContext context, [FromForm] string theme, [FromForm(Name = ReturnPath.Parameter)] string? back)
    {
        // Readable by scripts on purpose: it holds a preference and theme.js writes it too.
        var options = new CookieOptions { Path = "/", SameSite = SameSiteMode.Lax, Secure = context.Request.IsHttps, MaxAge = TimeSpan.FromDays(365) };
        if (theme is "light" or "dark")
            context.Response.Cookies.Append(Appearance.ThemeCookie, theme, options);
        else
            context.Response.Cookies.Delete(Appearance.ThemeCookie, options);
        return TypedResults.Redirect(ReturnPath.Checked(back));
    }
}
