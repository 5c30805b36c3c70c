using Microsoft.AspNetCore.Components;
using RecordingPlatform.Web.ApiClient;
using RecordingPlatform.Web.Sessions;
using RecordingPlatform.Web.Shell;

namespace RecordingPlatform.Web.Recordings;

/// <summary>The recordings that the signed-in person may see, newest first, filtered by the address.</summary>
public sealed partial class RecordingsPage
{
    // A screen and a half at 1440 × 900: scrolling reaches the end, and a page stays one quick answer.
    const int PageSize = 25;

    [Inject] PlatformApi Api { get; set; } = null!;
    [Inject] Appearance Looks { get; set; } = null!;

    [CascadingParameter] public required HttpContext Context { get; set; }

    /// <summary>The list refreshes itself after an event.</summary>
    [SupplyParameterFromQuery] public string? Live { get; set; }

    [SupplyParameterFromForm(FormName = "save-filter", Name = "name")] public string? Name { get; set; }

    ListQuery _query = null!;
    RecordingPage? _page;
    ApiProblem? _problem;
    IReadOnlyList<string> _sources = [];
    IReadOnlyList<SavedFilter>? _filters;
    string? _refusal;

    protected override async Task OnInitializedAsync()
    {
        _query = ListQuery.Parse(Context.Request.Query);
        // A refresh replaces the list alone.
        if (Live is null)
            await ReadChoicesAsync();
        if (_query.IsBackwards)
            return;
        var answer = await Api.ListRecordingsAsync(_query.ForApi(Looks), PageSize, live: Live is not null, Context.RequestAborted);
        (_page, _problem) = (answer.Value, answer.Problem);
        // The way back ends on the newest page, which has an address of its own and is full.
        if (Live is null && _query.Before is not null && _page is { PreviousCursor: null })
            Context.Response.Redirect(_query.Newest);
    }

    // The list is of use without them.
    async Task ReadChoicesAsync()
    {
        var (sources, filters) = (Api.ListSourcesAsync(Context.RequestAborted), Api.ListFiltersAsync(Context.RequestAborted));
        _sources = (await sources).Value?.Sources ?? [];
        _filters = (await filters).Value?.Filters;
    }

    async Task SaveFilterAsync()
    {
        var answer = await Api.SaveFilterAsync(Name?.Trim() ?? "", _query.Filters, Context.RequestAborted);
        if (answer.Succeeded)
        {
            Context.Response.Redirect(_query.Newest);
            return;
        }
        Context.Response.StatusCode = answer.Problem.Status;
        _refusal = answer.Problem switch
        {
            { IsTemporary: true } => "The platform cannot be reached right now. Try again in a moment.",
            { Detail: { } detail } => detail,
            var other => $"The filter was refused ({other.Code}).",
        };
    }

    bool May(string permission) => Context.User.HasClaim(PortalSessionHandler.PermissionClaim, permission);

    bool MaySelect => May(Permission.RecordingsDownload) || May(Permission.RecordingsDelete);

    // One that is filtered by may have no recordings any more.
    IEnumerable<string> Sources => _query.Source is { } source && !_sources.Contains(source) ? [.. _sources, source] : _sources;

    // Filters without a field, so that using another one keeps them.
    IEnumerable<(string Name, string Value)> Carried =>
        new (string Name, string? Value)[] { ("call_id", _query.CallId), ("meeting_id", _query.MeetingId), ("subject_id", _query.SubjectId) }
            .Where(f => f.Value is not null).Select(f => (f.Name, f.Value!));

    string? Count => _page is null ? null
        : _page.TotalIsLowerBound == true ? $"More than {Words.Count(_page.Total)}"
        : Words.Count(_page.Total);
}
