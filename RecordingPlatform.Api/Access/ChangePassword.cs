using RecordingPlatform.Api.Http;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Audit;
using RecordingPlatform.Core.Data;

namespace RecordingPlatform.Api.Access;

/// <summary>Replaces the caller's own password and signs out every other device of theirs.</summary>
internal sealed class ChangePassword : IEndpoint
{
    public sealed record Request
    {
        public required string CurrentPassword { get; init; }
        /// <summary>At least 12 characters, and not the e-mail address.</summary>
        public required string NewPassword { get; init; }
    }

    public sealed record Response
    {
        /// <summary>How many other devices were signed out.</summary>
        public required int SessionsEnded { get; init; }
    }

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/api/v1/me/password", HandleAsync)
        .RequireAuthorization()
        .WithMetadata(new SignInRoute())
        .NotIdempotent("What is kept of a request would help to guess the password; a repeated change is refused, because the old one is no longer right.")
        .Answers(400, "bad_request")
        .Answers(403, "current_password_wrong", "no_password")
        .Answers(422, "password_too_short", "password_too_long", "password_unchanged", "password_is_email")
        .Answers(429, "locked_out");

    static async Task<Results<Ok<Response>, Forbidden, Unprocessable, OtherProblem>> HandleAsync(
        Request request, PasswordChange passwords, RecordingDb db, AuditTrail audit, Caller caller, CancellationToken ct)
    {
        if (caller.UserId is null)
        {
            await audit.RecordAsync(AuditAction.AccessDenied, caller, ct, facts: new { code = "no_password" }, outcome: AuditOutcome.Denied);
            await db.SaveChangesAsync(ct);
            return new Forbidden("no_password", "An API key has no password: only people sign in.");
        }
        return await passwords.ChangeAsync(caller, request.CurrentPassword, request.NewPassword, ct) switch
        {
            PasswordChangeResult.Changed changed => TypedResults.Ok(new Response { SessionsEnded = changed.SessionsEnded }),
            PasswordChangeResult.CurrentIsWrong => new Forbidden("current_password_wrong", "The current password is not right."),
            PasswordChangeResult.LockedOut locked => new OtherProblem(429, "locked_out", "Too many wrong passwords. Wait a few minutes, then try again.") { RetryAfter = (int)Math.Ceiling(locked.Left.TotalSeconds) },
            PasswordChangeResult.Refused refused => new Unprocessable(refused.Code, refused.Detail),
            _ => throw new InvalidOperationException("A password change ends changed or refused."),
        };
    }
}
