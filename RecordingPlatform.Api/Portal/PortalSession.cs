using RecordingPlatform.Api.Access;
using RecordingPlatform.Api.Http;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Events;

namespace RecordingPlatform.Api.Portal;

/// <summary>Signs somebody in at the portal: answers with the handle that becomes its cookie.</summary>
internal sealed class OpenPortalSession : IEndpoint
{
    public sealed record Response
    {
        public required string Handle { get; init; }
        public required DateTimeOffset ExpiresAt { get; init; }
    }

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/internal/portal/sessions", HandleAsync)
        .RequirePermission(Permission.PortalServe)
        .WithMetadata(new SignInRoute())
        .NotIdempotent("Signing in: the answer is a secret.")
        .ExcludeFromDescription();

    static async Task<Results<Ok<Response>, Unauthorized, OtherProblem>> HandleAsync(Login.Request request, Sessions sessions, HttpContext http, CancellationToken ct)
    {
        var anonymous = Authentication.Anonymous(http);
        switch (await sessions.CheckAsync(request.Email, request.Password, request.TwoFactorCode, anonymous, ct))
        {
            case SignInResult.SignedIn signedIn:
                var issued = await sessions.OpenAsync(signedIn.User, SessionKind.Portal, anonymous, ct);
                return TypedResults.Ok(new Response { Handle = issued.Token.Value, ExpiresAt = issued.Session.ExpiresAt });
            case SignInResult.CodeNeeded:
                return new Unauthorized("two_factor_required", "The account asks for a code.");
            case SignInResult.LockedOut locked:
                return new OtherProblem(429, "locked_out", "Too many wrong passwords.") { RetryAfter = (int)Math.Ceiling(locked.Left.TotalSeconds) };
            default:
                return new Unauthorized("invalid_credentials", "E-mail or password is wrong.");
        }
    }
}

/// <summary>Whose session it is; ends it on DELETE.</summary>
internal sealed class PortalSession : IEndpoint
{
    public sealed record Response
    {
        public required DateTimeOffset? ExpiresAt { get; init; }
        public required CallerResponse User { get; init; }
        /// <summary>Whatever is read after this is at least as new as this event.</summary>
        public required long? EventsPosition { get; init; }
    }

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/internal/portal/session", (Caller caller, EventTail tail) => TypedResults.Ok(new Response { ExpiresAt = caller.ExpiresAt, User = CallerResponse.Of(caller), EventsPosition = tail.Head }))
            .RequireAuthorization().ExcludeFromDescription();
        routes.MapDelete("/internal/portal/session", Logout.HandleAsync).RequireAuthorization().NotIdempotent("Ending a session twice is ending it once.").ExcludeFromDescription();
    }
}
