using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using RecordingPlatform.Web.ApiClient;

namespace RecordingPlatform.Web.Sources;

/// <summary>Presses the test button; the source's page shows what was found, or follows until it is.</summary>
internal static class TestSource
{
    public static string PathOf(Guid source) => $"{SourcesPage.Path}/{source}/test";

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost($"{SourcesPage.Path}/{{id:guid}}/test", HandleAsync).RequireAuthorization(Permission.SourcesManage);

    static async Task<RedirectHttpResult> HandleAsync(Guid id, [FromForm] string? _, PlatformApi api, CancellationToken ct)
    {
        var answer = await api.TestSourceAsync(id, ct);
        return TypedResults.Redirect(answer.Succeeded
            ? $"{SourcePage.PathOf(id)}?test={answer.Value.Id}#test"
            : $"{SourcePage.PathOf(id)}?failed={Uri.EscapeDataString(answer.Problem.ToTell)}#test");
    }
}
