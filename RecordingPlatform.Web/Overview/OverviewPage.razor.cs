using System.Security.Claims;
using Microsoft.AspNetCore.Components;
using RecordingPlatform.Web.ApiClient;
using RecordingPlatform.Web.Recordings;
using RecordingPlatform.Web.Sessions;
using RecordingPlatform.Web.Shell;

namespace RecordingPlatform.Web.Overview;

/// <summary>
/// How things stand, where signing in leads. Patients have a handful of recordings and nothing to operate: they are led to
/// their list. Each half is drawn without the other when one cannot be had.
/// </summary>
public sealed partial class OverviewPage
{
    public const string Path = "/";

    // As many as end above the fold's second screen.
    const int Recent = 6;

    [Inject] PlatformApi Api { get; set; } = null!;
    [Inject] Appearance Looks { get; set; } = null!;

    [CascadingParameter] public required HttpContext Context { get; set; }

    /// <summary>The page refreshes itself after an event.</summary>
    [SupplyParameterFromQuery] public string? Live { get; set; }

    PlatformOverview? _overview;
    ApiProblem? _overviewProblem;
    IReadOnlyList<RecordingItem>? _recent;
    ApiProblem? _recentProblem;

    DateOnly Today => Looks.DayOf(_overview!.At);

    protected override async Task OnInitializedAsync()
    {
        if (IsPatient(Context.User))
        {
            Context.Response.Redirect(ListQuery.Path);
            return;
        }
        var overview = Api.GetOverviewAsync(Looks.Zone.Id, Live is not null, Context.RequestAborted);
        var recent = Api.ListRecordingsAsync(new RecordingFilter(), Recent, Live is not null, Context.RequestAborted);
        (_overview, _overviewProblem) = ((await overview).Value, (await overview).Problem);
        (_recent, _recentProblem) = ((await recent).Value?.Recordings, (await recent).Problem);
        // A refresh that half succeeds would take away what is shown: htmx leaves it for a failure.
        if ((Live is not null ? _overviewProblem ?? _recentProblem : _recentProblem is null ? null : _overviewProblem) is { } problem)
            Context.Response.StatusCode = problem.Status;
    }

    bool May(string permission) => Context.User.HasClaim(PortalSessionHandler.PermissionClaim, permission);

    /// <summary>Whether this person sees recordings as a patient only.</summary>
    internal static bool IsPatient(ClaimsPrincipal user) =>
        user.FindAll(ClaimTypes.Role).Select(r => r.Value).ToList() is ["patient"];
}
