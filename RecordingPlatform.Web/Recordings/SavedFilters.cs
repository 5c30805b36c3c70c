using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using RecordingPlatform.Web.ApiClient;

namespace RecordingPlatform.Web.Recordings;

/// <summary>Forgets one of the reader's filters; one that is gone already is no failure.</summary>
internal static class SavedFilters
{
    public const string DeletePath = "/recordings/filters/delete";

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost(DeletePath, DeleteAsync);

    static async Task<RedirectHttpResult> DeleteAsync([FromForm] Guid id, PlatformApi api, CancellationToken ct)
    {
        var answer = await api.DeleteFilterAsync(id, ct);
        if (!answer.Succeeded && answer.Problem.Status != StatusCodes.Status404NotFound)
            throw new ApiFailedException(answer.Problem);
        return TypedResults.Redirect(ListQuery.Path);
    }
}
