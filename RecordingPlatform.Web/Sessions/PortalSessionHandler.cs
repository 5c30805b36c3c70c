using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.StaticAssets;
using Microsoft.Extensions.Options;
using RecordingPlatform.Web.ApiClient;
using RecordingPlatform.Web.Live;

namespace RecordingPlatform.Web.Sessions;

/// <summary>
/// Asks the API, once for each page, whose session the cookie names: a session that was revoked ends with the next click, on
/// every replica. Without an answer nobody is signed out: the error page says that the platform cannot be reached.
/// </summary>
internal sealed class PortalSessionHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, PlatformApi api)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string SchemeName = "portal";

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (SessionCookie.HandleOf(Context) is null || IsStaticFile || IsDrawingAnError)
            return AuthenticateResult.NoResult();
        var answer = await api.GetSessionAsync(Context.RequestAborted);
        if (answer.Succeeded)
        {
            LivePosition.Set(Context, answer.Value.EventsPosition);
            return AuthenticateResult.Success(new(PrincipalOf(answer.Value.User), Scheme.Name));
        }
        if (answer.Problem.Status != StatusCodes.Status401Unauthorized)
            throw new ApiFailedException(answer.Problem);
        SessionCookie.Remove(Context);
        return AuthenticateResult.NoResult();
    }

    bool IsStaticFile => Context.GetEndpoint()?.Metadata.GetMetadata<StaticAssetDescriptor>() is not null;

    // The error may be that the session could not be looked up.
    bool IsDrawingAnError => Context.Features.Get<IExceptionHandlerFeature>() is not null;

    ClaimsPrincipal PrincipalOf(PortalUser user) => new(new ClaimsIdentity(
    [
        new(ClaimTypes.NameIdentifier, user.Id.ToString()),
        new(ClaimTypes.Email, user.Email ?? ""),
        new(ClaimTypes.Name, (string.IsNullOrWhiteSpace(user.DisplayName) ? user.Email : user.DisplayName) ?? ""),
        .. user.Permissions.Select(p => new Claim(PermissionClaim, p)),
        .. user.Roles.Select(r => new Claim(ClaimTypes.Role, r)),
    ], Scheme.Name));

    public const string PermissionClaim = "permission";

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        var fragment = Request.Headers.ContainsKey("HX-Request");
        if (fragment || !HttpMethods.IsGet(Request.Method) || !AcceptsHtml)
        {
            // Scripts follow this themselves: a redirect would put the sign-in page where a fragment or JSON belongs.
            Response.StatusCode = StatusCodes.Status401Unauthorized;
            if (fragment)
                Response.Headers["HX-Redirect"] = ReturnPath.SignIn(PageBehind(Request.Headers["HX-Current-URL"]));
            return Task.CompletedTask;
        }
        Response.Redirect(ReturnPath.SignIn(Request.Path + Request.QueryString));
        return Task.CompletedTask;
    }

    bool AcceptsHtml => Request.Headers.Accept.ToString() is var accept && (accept.Length == 0 || accept.Contains("text/html") || accept.Contains("*/*"));

    static string PageBehind(string? address) => Uri.TryCreate(address, UriKind.Absolute, out var page) ? page.PathAndQuery : ReturnPath.Home;
}
