using RecordingPlatform.Api.Http;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Audit;
using RecordingPlatform.Core.Data;

namespace RecordingPlatform.Api.Access;

/// <summary>Signs a person in with e-mail, password and, where they set one up, a second factor.</summary>
internal sealed class Login : IEndpoint
{
    public sealed record Request
    {
        public required string Email { get; init; }
        public required string Password { get; init; }
        public string? TwoFactorCode { get; init; }
    }

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/api/v1/auth/login", HandleAsync).AllowAnonymous("Whoever signs in has no credential yet.").WithMetadata(new SignInRoute())
        .NotIdempotent("There is no caller yet to keep an answer for, and the answer is a secret.")
        .Answers(400, "bad_request")
        .Answers(401, "invalid_credentials", "two_factor_required")
        .Answers(429, "locked_out");

    static async Task<Results<Ok<TokenResponse>, Unauthorized, OtherProblem>> HandleAsync(Request request, Sessions sessions, HttpContext http, CancellationToken ct)
    {
        var anonymous = Authentication.Anonymous(http);
        return await sessions.CheckAsync(request.Email, request.Password, request.TwoFactorCode, anonymous, ct) switch
        {
            SignInResult.SignedIn signedIn => TypedResults.Ok(TokenResponse.Of(await sessions.OpenAsync(signedIn.User, SessionKind.Bearer, anonymous, ct))),
            SignInResult.CodeNeeded => new Unauthorized("two_factor_required", "Send two_factor_code as well: the six digits of the authenticator."),
            SignInResult.LockedOut locked => new OtherProblem(429, "locked_out", "Too many wrong passwords. Wait a few minutes, then try again.") { RetryAfter = (int)Math.Ceiling(locked.Left.TotalSeconds) },
            _ => new Unauthorized("invalid_credentials", "E-mail or password is wrong."),
        };
    }
}

/// <summary>Trades a refresh token for new tokens. Each can be used once; one that comes back ends its session.</summary>
internal sealed class Refresh : IEndpoint
{
    public sealed record Request
    {
        public required string RefreshToken { get; init; }
    }

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/api/v1/auth/refresh", HandleAsync).AllowAnonymous("The refresh token is the credential.").WithMetadata(new SignInRoute())
        .NotIdempotent("Repeating it is what tells a copied token; the answer is a secret.")
        .Answers(400, "bad_request")
        .Answers(401, "invalid_refresh_token");

    static async Task<Results<Ok<TokenResponse>, Unauthorized>> HandleAsync(Request request, Sessions sessions, HttpContext http, CancellationToken ct) =>
        await sessions.RefreshAsync(request.RefreshToken, Authentication.Anonymous(http), ct) is { } issued
            ? TypedResults.Ok(TokenResponse.Of(issued))
            : new Unauthorized("invalid_refresh_token", "The refresh token is unknown, expired or was used before. Sign in again.");
}

/// <summary>Ends the session of the token that is sent.</summary>
internal sealed class Logout : IEndpoint
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/api/v1/auth/logout", HandleAsync).RequireAuthorization().Answers(403, "no_sessions");

    public static async Task<Results<NoContent, Forbidden>> HandleAsync(Sessions sessions, RecordingDb db, AuditTrail audit, Caller caller, CancellationToken ct)
    {
        if (caller.SessionId is null)
            return await OwnSessions.KeysHaveNoneAsync(db, audit, caller, ct);
        await sessions.CloseAsync(caller, ct);
        return TypedResults.NoContent();
    }
}

internal sealed record TokenResponse
{
    public required string AccessToken { get; init; }
    public required string TokenType { get; init; }
    /// <summary>Seconds.</summary>
    public required int ExpiresIn { get; init; }
    public required string RefreshToken { get; init; }

    public static TokenResponse Of(IssuedTokens issued) => new()
    {
        AccessToken = issued.Token.Value,
        TokenType = "Bearer",
        ExpiresIn = issued.ExpiresInSeconds,
        RefreshToken = issued.RefreshToken!.Value.Value,
    };
}
