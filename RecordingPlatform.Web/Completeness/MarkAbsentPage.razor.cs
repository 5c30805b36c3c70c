using Microsoft.AspNetCore.Components;
using RecordingPlatform.Web.ApiClient;
using RecordingPlatform.Web.Sessions;

namespace RecordingPlatform.Web.Completeness;

/// <summary>Says that there is no recording, and why. The form of a line in the list, and a page without script.</summary>
public sealed partial class MarkAbsentPage
{
    [Inject] PlatformApi Api { get; set; } = null!;

    [CascadingParameter] public required HttpContext Context { get; set; }
    [Parameter] public Guid Id { get; set; }
    [SupplyParameterFromQuery(Name = ReturnPath.Parameter)] public string? AskedBack { get; set; }
    [SupplyParameterFromForm(FormName = "absent", Name = "reason")] public string? Reason { get; set; }

    string? _refusal;

    string Back => ReturnPath.Checked(AskedBack, CompletenessQuery.Path);
    string Here => PathOf(Id, Back);

    public static string PathOf(Guid expectation, string back) =>
        $"{CompletenessQuery.Path}/{expectation}/absent{(back == CompletenessQuery.Path ? null : $"?{ReturnPath.Parameter}={Uri.EscapeDataString(back)}")}";

    async Task MarkAsync()
    {
        if (string.IsNullOrWhiteSpace(Reason))
        {
            Refuse(StatusCodes.Status400BadRequest, "Say why, in a few words.");
            return;
        }
        var answer = await Api.MarkAbsentAsync(Id, Reason.Trim(), Context.RequestAborted);
        if (answer.Succeeded)
        {
            Context.Response.Redirect(LookAgain.Told(Back, Id, "done=absent"));
            return;
        }
        Refuse(answer.Problem.Status == StatusCodes.Status404NotFound ? StatusCodes.Status410Gone : answer.Problem.Status, answer.Problem switch
        {
            { IsTemporary: true } => "The platform cannot be reached right now. Nothing was changed; try again in a moment.",
            { Code: "expectation_received" } => "The recording has arrived meanwhile.",
            { Code: "expectation_not_found" } => "It is not there any more, or is not visible to you.",
            { Status: StatusCodes.Status403Forbidden } => "Your account may not do this.",
            { Detail: { } detail } => detail,
            var other => $"This was refused ({other.Code}).",
        });
    }

    void Refuse(int status, string why)
    {
        Context.Response.StatusCode = status;
        _refusal = why;
    }
}
