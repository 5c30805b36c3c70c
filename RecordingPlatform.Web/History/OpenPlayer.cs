using Microsoft.AspNetCore.Http.HttpResults;
using RecordingPlatform.Web.ApiClient;

namespace RecordingPlatform.Web.History;

/// <summary>The player that the history opens below a line.</summary>
internal static class OpenPlayer
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/history/{conversation:guid}/player/{recording:guid}", HandleAsync);

    static async Task<Results<RazorComponentResult<PlayerPanel>, StatusCodeHttpResult>> HandleAsync(Guid conversation, Guid recording, PlatformApi api, CancellationToken ct)
    {
        // Somebody asked for it by hand, as they would for its page.
        var answer = await api.GetRecordingAsync(recording, live: false, ct);
        return answer.Succeeded
            ? new RazorComponentResult<PlayerPanel>(new { Recording = answer.Value, Conversation = conversation })
            : TypedResults.StatusCode(answer.Problem.Status);
    }
}
