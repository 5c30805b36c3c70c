using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using RecordingPlatform.Web.ApiClient;
using RecordingPlatform.Web.Sessions;

namespace RecordingPlatform.Web.Jobs;

/// <summary>Gives a failed job its tries back; the list that it leads back to says what came of it.</summary>
internal static class TryAgain
{
    public static string PathOf(Guid job) => $"{JobsPage.Path}/{job}/requeue";

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost($"{JobsPage.Path}/{{id:guid}}/requeue", HandleAsync).RequireAuthorization(Permission.JobsRequeue);

    static async Task<RedirectHttpResult> HandleAsync(Guid id, [FromForm(Name = ReturnPath.Parameter)] string? back, PlatformApi api, CancellationToken ct)
    {
        var answer = await api.RequeueJobAsync(id, ct);
        var told = answer.Succeeded
            ? $"done={(answer.Value.State == "cancelled" ? "superseded" : "requeued")}"
            : $"refused={Uri.EscapeDataString(answer.Problem.ToTell)}";
        return TypedResults.Redirect(ReturnPath.Telling(back, JobsPage.Path, told));
    }
}
