using RecordingPlatform.Web.ApiClient;
using RecordingPlatform.Web.Shell;

namespace RecordingPlatform.Web.Sessions;

/// <summary>Ends the session at the API, so that a copied cookie is worth nothing either.</summary>
internal static class SignOut
{
    public const string Path = "/sign-out";

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost(Path, HandleAsync)
        .AllowAnonymous()
        .AddEndpointFilter<AntiforgeryFilter>();

    static async Task<IResult> HandleAsync(HttpContext context, PlatformApi api, CancellationToken ct)
    {
        var answer = await api.EndSessionAsync(ct);
        // Saying "signed out" while the session lives on would be a lie.
        if (!answer.Succeeded && answer.Problem.Status != StatusCodes.Status401Unauthorized)
            throw new ApiFailedException(answer.Problem);
        SessionCookie.Remove(context);
        return TypedResults.Redirect("/sign-in?signed-out=true");
    }
}
