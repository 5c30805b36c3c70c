using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using RecordingPlatform.Web.ApiClient;
using RecordingPlatform.Web.Sessions;

namespace RecordingPlatform.Web.Completeness;

/// <summary>Has the platform look for a missing recording at once; the page that it leads back to says what came of it.</summary>
internal static class LookAgain
{
    public static string PathOf(Guid expectation) => $"{CompletenessQuery.Path}/{expectation}/look";

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost($"{CompletenessQuery.Path}/{{id:guid}}/look", HandleAsync);

    static async Task<RedirectHttpResult> HandleAsync(Guid id, [FromForm(Name = ReturnPath.Parameter)] string? back, PlatformApi api, CancellationToken ct)
    {
        var answer = await api.LookAgainAsync(id, ct);
        return TypedResults.Redirect(Told(back, id, answer.Succeeded ? "done=retry" : $"refused={Uri.EscapeDataString(answer.Problem.ToTell)}"));
    }

    /// <summary>The list as it was left, with what there is to tell, at the line that it is about.</summary>
    public static string Told(string? back, Guid expectation, string what) => $"{ReturnPath.Telling(back, CompletenessQuery.Path, what)}#x-{expectation}";
}
