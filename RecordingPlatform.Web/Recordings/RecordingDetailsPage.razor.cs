using Microsoft.AspNetCore.Components;
using RecordingPlatform.Web.ApiClient;

namespace RecordingPlatform.Web.Recordings;

/// <summary>One recording: what it is, how it sounds, and what may be done with it.</summary>
public sealed partial class RecordingDetailsPage
{
    [Inject] PlatformApi Api { get; set; } = null!;

    [CascadingParameter] public required HttpContext Context { get; set; }
    [Parameter] public Guid Id { get; set; }

    /// <summary>Asks for the deletion dialog without script.</summary>
    [SupplyParameterFromQuery] public string? Delete { get; set; }

    /// <summary>Opens a form without script: <c>title</c>, or the id of a note.</summary>
    [SupplyParameterFromQuery] public string? Edit { get; set; }

    /// <summary>The id of a note, to be asked about without script.</summary>
    [SupplyParameterFromQuery] public string? Remove { get; set; }

    [SupplyParameterFromForm(FormName = "delete", Name = "reason")] public string? Reason { get; set; }

    RecordingDetails? _recording;
    ApiProblem? _problem;
    string? _refusal;

    protected override async Task OnInitializedAsync()
    {
        var answer = await Api.GetRecordingAsync(Id, live: false, Context.RequestAborted);
        (_recording, _problem) = (answer.Value, answer.Problem);
        // The error page for this status is drawn in place of this one.
        if (_problem is { Status: StatusCodes.Status404NotFound })
            Context.Response.StatusCode = StatusCodes.Status404NotFound;
    }

    async Task DeleteAsync()
    {
        if (string.IsNullOrWhiteSpace(Reason))
        {
            Refuse(StatusCodes.Status400BadRequest, "Say why, in a few words.");
            return;
        }
        var answer = await Api.DeleteRecordingAsync(Id, Reason.Trim(), Context.RequestAborted);
        if (answer.Succeeded)
            Context.Response.Redirect($"/recordings/{Id}");
        else
            Refuse(answer.Problem.Status, answer.Problem switch
            {
                { IsTemporary: true } => "The platform cannot be reached right now. Nothing was deleted; try again in a moment.",
                { Status: StatusCodes.Status403Forbidden } => "Your account may not delete this recording.",
                { Detail: { } detail } => detail,
                var other => $"The deletion was refused ({other.Code}).",
            });
    }

    void Refuse(int status, string why)
    {
        Context.Response.StatusCode = status;
        _refusal = why;
    }

    static Guid? NoteId(string? text) => Guid.TryParse(text, out var id) ? id : null;

    bool May(string permission) => _recording?.Permissions.Contains(permission) == true;
}
