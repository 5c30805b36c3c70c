using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using RecordingPlatform.Web.ApiClient;
using RecordingPlatform.Web.Shell;

namespace RecordingPlatform.Web.Recordings;

/// <summary>Gives the browser an address to which it may send one file, straight to the API.</summary>
internal static class UploadTicket
{
    public sealed record Response(Uri Url, DateTimeOffset ExpiresAt);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/upload/ticket", HandleAsync)
        .RequireAuthorization(Permission.RecordingsUpload)
        .AddEndpointFilter<AntiforgeryFilter>();

    static async Task<Results<Ok<Response>, ProblemHttpResult>> HandleAsync(PlatformApi api, IOptions<PortalOptions> options, CancellationToken ct)
    {
        var answer = await api.CreateUploadTicketAsync(ct);
        return answer.Succeeded
            ? TypedResults.Ok(new Response(new($"{options.Value.ApiOrigin}/api/v1/recordings?ticket={Uri.EscapeDataString(answer.Value.Value)}"), answer.Value.ExpiresAt))
            : TypedResults.Problem(answer.Problem.Detail, statusCode: answer.Problem.Status, extensions: new Dictionary<string, object?> { ["code"] = answer.Problem.Code });
    }
}
