using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components;
using RecordingPlatform.Web.ApiClient;
using RecordingPlatform.Web.Sessions;

namespace RecordingPlatform.Web.Sources;

/// <summary>The sources that are connected, and how each is doing.</summary>
[Authorize(Permission.SourcesRead)]
public sealed partial class SourcesPage
{
    public const string Path = "/sources";

    [Inject] PlatformApi Api { get; set; } = null!;

    [CascadingParameter] public required HttpContext Context { get; set; }

    /// <summary>The page refreshes itself after an event.</summary>
    [SupplyParameterFromQuery] public string? Live { get; set; }

    IReadOnlyList<ConnectedSource>? _sources;
    ApiProblem? _problem;

    protected override async Task OnInitializedAsync()
    {
        var answer = await Api.ListConnectedSourcesAsync(Live is not null, Context.RequestAborted);
        // What reports by itself first: uploads need no setting up.
        _sources = answer.Value is null ? null : [.. answer.Value.Sources.OrderByDescending(s => s.WebhookUrl is not null).ThenBy(s => s.Name, StringComparer.Ordinal)];
        _problem = answer.Problem;
    }

    bool MayManage => Context.User.HasClaim(PortalSessionHandler.PermissionClaim, Permission.SourcesManage);
}
