using System.Net;
using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Audit;

namespace RecordingPlatform.Api.Http;

/// <summary>
/// Recognises bearer tokens, API keys, and the portal's key together with one of its sessions. Who is recognised becomes
/// the request's <see cref="Caller"/>.
/// </summary>
internal sealed class Authentication(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, Callers callers)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string SchemeName = "platform";
    public const string ApiKeyHeader = "X-Api-Key";
    public const string PortalSessionHeader = "X-Portal-Session";
    public const string PermissionClaim = "permission";
    const int LongestUserAgent = 200;

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (await Credential.FindAsync(Request, callers, Context.RequestAborted) is not { } caller)
            return AuthenticateResult.NoResult();
        if (Credential.IsFromPortal(Request, caller))
            Context.Features.Set(new PortalVisitor(Request.Headers[PortalVisitor.AddressHeader]));
        caller = caller with { Ip = AddressOf(Context), UserAgent = Short(Request.Headers.UserAgent) };
        Context.Features.Set(caller);
        var identity = new ClaimsIdentity(caller.Permissions.Select(p => new Claim(PermissionClaim, p)), SchemeName);
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), SchemeName));
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.Headers.WWWAuthenticate = "Bearer";
        return new Unauthorized("unauthenticated", "Sign in first (POST /api/v1/auth/login), or send an API key as X-Api-Key.").ExecuteAsync(Context);
    }

    protected override async Task HandleForbiddenAsync(AuthenticationProperties properties)
    {
        var needed = Context.GetEndpoint()?.Metadata.GetMetadata<PermissionNeeded>()?.Permission ?? "another right";
        var audit = Context.RequestServices.GetRequiredService<AuditTrail>();
        var db = Context.RequestServices.GetRequiredService<Core.Data.RecordingDb>();
        await audit.RecordAsync(AuditAction.AccessDenied, Context.Features.Get<Caller>()!, Context.RequestAborted,
            facts: new { permission = needed, route = (Context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText }, outcome: AuditOutcome.Denied);
        await db.SaveChangesAsync(Context.RequestAborted);
        await new Forbidden("forbidden", $"This needs the permission {needed}.").ExecuteAsync(Context);
    }

    /// <summary>Who an anonymous request comes from, as far as the audit log is concerned.</summary>
    public static Caller Anonymous(HttpContext context) => Caller.System with
    {
        Kind = ActorKind.Anonymous,
        Ip = AddressOf(context),
        UserAgent = Short(context.Request.Headers.UserAgent),
    };

    static string? AddressOf(HttpContext context) =>
        context.Features.Get<PortalVisitor>()?.Address is { } told && IPAddress.TryParse(told, out var address) ? address.ToString() : context.Connection.RemoteIpAddress?.ToString();

    // Enough to recognise a device by; the rest is noise somebody else controls.
    // Not through the middle of a character that takes two.
    static string? Short(string? userAgent) => string.IsNullOrEmpty(userAgent) ? null
        : userAgent.Length <= LongestUserAgent ? userAgent
        : userAgent[..(char.IsHighSurrogate(userAgent[LongestUserAgent - 1]) ? LongestUserAgent - 1 : LongestUserAgent)];
}

/// <summary>The browser behind the portal, by the portal's word: its key was checked. The user agent comes as its own header.</summary>
internal sealed record PortalVisitor(string? Address)
{
    public const string AddressHeader = "X-Portal-Client-Address";
}

/// <summary>The permission a route asks for: read by the authorization, the refusal, and the tests that walk every route.</summary>
internal sealed record PermissionNeeded(string Permission);

internal static class AuthorizationConventions
{
    public static RouteHandlerBuilder RequirePermission(this RouteHandlerBuilder route, string permission) => route
        .WithMetadata(new PermissionNeeded(permission))
        .RequireAuthorization(policy => policy.RequireClaim(Authentication.PermissionClaim, permission));
}
