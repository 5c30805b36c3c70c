using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using RecordingPlatform.Web.ApiClient;

namespace RecordingPlatform.Web.Recordings;

/// <summary>The title of a recording's page, as a heading or as the form that changes it.</summary>
internal static class TitleEndpoints
{
    const int MaxLength = 300;

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/recordings/{id:guid}/title", ShowAsync);
        routes.MapPost("/recordings/{id:guid}/title", ChangeAsync);
    }

    static async Task<IResult> ShowAsync(Guid id, bool? edit, PlatformApi api, CancellationToken ct)
    {
        var answer = await api.GetRecordingAsync(id, live: true, ct);
        return answer.Succeeded
            ? new RazorComponentResult<RecordingTitle>(new { Recording = answer.Value, Editing = edit == true, JustSaved = edit != true })
            : TypedResults.StatusCode(answer.Problem.Status);
    }

    static async Task<IResult> ChangeAsync(Guid id, [FromForm] string? title, HttpContext context, PlatformApi api, CancellationToken ct)
    {
        var wanted = string.IsNullOrWhiteSpace(title) ? null : title.Trim();
        var refusal = "";
        if (wanted?.Length > MaxLength)
        {
            refusal = "A title has at most 300 characters.";
        }
        else
        {
            var answer = await api.ChangeTitleAsync(id, wanted, ct);
            if (answer.Succeeded)
            {
                return NoteEndpoints.IsFragment(context)
                    ? new RazorComponentResult<RecordingTitle>(new { Recording = answer.Value, JustSaved = true })
                    : TypedResults.LocalRedirect($"/recordings/{id}");
            }
            refusal = answer.Problem switch
            {
                { IsTemporary: true } => "The platform cannot be reached right now. Nothing was changed; try again in a moment.",
                { Status: StatusCodes.Status403Forbidden } => "Your account may not rename this recording.",
                { Detail: { } detail } => detail,
                var other => $"The title was refused ({other.Code}).",
            };
        }
        var current = await api.GetRecordingAsync(id, live: true, ct);
        if (!current.Succeeded)
            return TypedResults.StatusCode(current.Problem.Status);
        return NoteEndpoints.IsFragment(context)
            ? new RazorComponentResult<RecordingTitle>(new { Recording = current.Value, Editing = true, Typed = title, Refusal = refusal }) { StatusCode = StatusCodes.Status422UnprocessableEntity }
            : TypedResults.LocalRedirect($"/recordings/{id}?edit=title");
    }
}
