using RecordingPlatform.Api.Http;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Recordings;

namespace RecordingPlatform.Api.Recordings;

/// <summary>The names of the sources that the caller's recordings come from: what lists can be narrowed to.</summary>
internal sealed class ListSources : IEndpoint
{
    public sealed record Response
    {
        public required IReadOnlyList<string> Sources { get; init; }
    }

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/api/v1/recordings/sources", HandleAsync).RequirePermission(Permission.RecordingsRead);

    static async Task<Ok<Response>> HandleAsync(RecordingTally tally, Caller caller, CancellationToken ct) =>
        TypedResults.Ok(new Response { Sources = await tally.SourcesAsync(caller, ct) });
}
