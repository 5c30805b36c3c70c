using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components;
using RecordingPlatform.Web.ApiClient;
using RecordingPlatform.Web.Sessions;
using RecordingPlatform.Web.Shell;

namespace RecordingPlatform.Web.Jobs;

/// <summary>Jobs that the platform has given up, newest first: why each failed last, and a way to have it tried again.</summary>
[Authorize(Permission.JobsRead)]
public sealed partial class JobsPage
{
    public const string Path = "/jobs";

    const int PageSize = 25;

    [Inject] PlatformApi Api { get; set; } = null!;

    [CascadingParameter] public required HttpContext Context { get; set; }

    /// <summary>Where the page begins; none is the newest.</summary>
    [SupplyParameterFromQuery] public string? Cursor { get; set; }

    /// <summary>What the redirect behind a form has to tell: <c>requeued</c> or <c>superseded</c>.</summary>
    [SupplyParameterFromQuery] public string? Done { get; set; }

    /// <summary>Why another try was refused: the API's code.</summary>
    [SupplyParameterFromQuery] public string? Refused { get; set; }

    JobList? _list;
    ApiProblem? _problem;

    protected override async Task OnInitializedAsync()
    {
        var answer = await Api.ListDeadJobsAsync(Cursor, PageSize, Context.RequestAborted);
        (_list, _problem) = (answer.Value, answer.Problem);
    }

    bool MayRequeue => Context.User.HasClaim(PortalSessionHandler.PermissionClaim, Permission.JobsRequeue);

    string Here => At(Cursor);

    static string At(string? cursor) => QueryText.At(Path, QueryText.Of(("cursor", cursor)));

    string? Count => _list is not { Total: > 0 } list ? null
        : list.TotalIsLowerBound == true ? $"More than {Words.Count(list.Total)}"
        : Words.Count(list.Total);

    string? Told => Done switch
    {
        "requeued" => "It is queued again, with five new tries, and runs as soon as a worker is free.",
        "superseded" => "The same work is queued already. That job does it, and this one is closed.",
        _ => null,
    };

    string? Advice => Refused switch
    {
        null or "" => null,
        "job_not_dead" => "This job does not wait here any more: it was tried again already.",
        "job_not_found" => "This job is not there any more.",
        "forbidden" => "Your account does not have this right. Ask an administrator if you need it.",
        "unreachable" => "The platform cannot be reached right now. Nothing was changed; try again in a moment.",
        _ => "The platform refused to try this job again. Reload the page and look at it once more.",
    };
}
