using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using RecordingPlatform.Web.ApiClient;

namespace RecordingPlatform.Web.Recordings;

/// <summary>
/// The notes of a recording's page, read and written. With script each answers with the list as it is then; without, a post
/// leads back to the page.
/// </summary>
internal static class NoteEndpoints
{
    const string BadTime = "Write the time as 12:30, or leave it empty for the whole recording.";

    public static void Map(IEndpointRouteBuilder routes)
    {
        var notes = routes.MapGroup("/recordings/{id:guid}/notes");
        notes.MapGet("", ListAsync);
        notes.MapPost("", AddAsync);
        notes.MapPost("{note:guid}", ChangeAsync);
        notes.MapPost("{note:guid}/delete", DeleteAsync);
    }

    static async Task<IResult> ListAsync(Guid id, Guid? edit, Guid? remove, HttpContext context, PlatformApi api, CancellationToken ct)
    {
        var answer = await api.GetNotesAsync(id, live: true, ct);
        if (answer.Succeeded)
            return Entries(id, answer.Value, edit, remove);
        // Closed meanwhile, or gone: the whole page says so. An outage leaves what is shown.
        if (!answer.Problem.IsTemporary)
            context.Response.Headers["HX-Refresh"] = "true";
        return TypedResults.StatusCode(answer.Problem.Status);
    }

    static async Task<IResult> AddAsync(Guid id, [FromForm] string? text, [FromForm] string? at, HttpContext context, PlatformApi api, CancellationToken ct)
    {
        if (string.IsNullOrWhiteSpace(text))
            return Refused(context, id, "Write something first.");
        if (!TryPosition(at, out var seconds))
            return Refused(context, id, BadTime);
        var answer = await api.AddNoteAsync(id, text.Trim(), seconds, ct);
        return answer.Succeeded ? await DoneAsync(id, context, api, ct) : Refused(context, id, Why(answer.Problem));
    }

    static async Task<IResult> ChangeAsync(Guid id, Guid note, [FromForm] string? text, [FromForm] string? at, [FromForm] string? was, HttpContext context, PlatformApi api, CancellationToken ct)
    {
        if (string.IsNullOrWhiteSpace(text))
            return Refused(context, id, "Write something, or delete the note.");
        if (!TryPosition(at, out var seconds))
            return Refused(context, id, BadTime);
        // Shown in whole seconds: what nobody touched stays as exact as it is.
        var moved = (at ?? "").Trim() != (was ?? "");
        var answer = await api.ChangeNoteAsync(id, note, text.Trim(), moved, seconds, ct);
        return answer.Succeeded ? await DoneAsync(id, context, api, ct) : Refused(context, id, Why(answer.Problem));
    }

    static async Task<IResult> DeleteAsync(Guid id, Guid note, [FromForm] string? _, HttpContext context, PlatformApi api, CancellationToken ct)
    {
        var answer = await api.DeleteNoteAsync(id, note, ct);
        // Somebody else was quicker.
        return answer.Succeeded || answer.Problem.Code == "note_not_found" ? await DoneAsync(id, context, api, ct) : Refused(context, id, Why(answer.Problem));
    }

    static async Task<IResult> DoneAsync(Guid id, HttpContext context, PlatformApi api, CancellationToken ct)
    {
        if (!IsFragment(context))
            return TypedResults.LocalRedirect($"/recordings/{id}#notes");
        var answer = await api.GetNotesAsync(id, live: true, ct);
        return answer.Succeeded ? Entries(id, answer.Value, null, null) : TypedResults.StatusCode(answer.Problem.Status);
    }

    static IResult Refused(HttpContext context, Guid id, string why) => IsFragment(context)
        ? TypedResults.Text(System.Net.WebUtility.HtmlEncode(why), "text/html; charset=utf-8", statusCode: StatusCodes.Status422UnprocessableEntity)
        : new RazorComponentResult<RefusedNotePage>(new { RecordingId = id, Why = why }) { StatusCode = StatusCodes.Status422UnprocessableEntity };

    static RazorComponentResult<NoteEntries> Entries(Guid id, NoteList list, Guid? editing, Guid? deleting) =>
        new(new { RecordingId = id, List = list, Editing = editing, Deleting = deleting });

    internal static bool IsFragment(HttpContext context) => context.Request.Headers.ContainsKey("HX-Request");

    static bool TryPosition(string? at, out double? seconds)
    {
        seconds = string.IsNullOrWhiteSpace(at) ? null : Clock.Parse(at);
        return string.IsNullOrWhiteSpace(at) || seconds is not null;
    }

    static string Why(ApiProblem problem) => problem switch
    {
        { IsTemporary: true } => "The platform cannot be reached right now. Your text is still here; try again in a moment.",
        { Code: "time_outside" } => "That time lies outside of the recording.",
        { Code: "text_length" } => "A note has at most 2,000 characters.",
        { Code: "recording_deleted" } => "The recording was deleted meanwhile.",
        { Detail: { } detail } => detail,
        _ => $"The note was refused ({problem.Code}).",
    };
}
