using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components;
using RecordingPlatform.Web.ApiClient;
using RecordingPlatform.Web.Sessions;
using RecordingPlatform.Web.Shell;

namespace RecordingPlatform.Web.Completeness;

/// <summary>Which recordings should exist, which do, and what is done about those that do not.</summary>
[Authorize(Permission.CompletenessRead)]
public sealed partial class CompletenessPage
{
    const int PageSize = 25;

    [Inject] PlatformApi Api { get; set; } = null!;
    [Inject] Appearance Looks { get; set; } = null!;
    [Inject] TimeProvider Time { get; set; } = null!;

    [CascadingParameter] public required HttpContext Context { get; set; }

    /// <summary>The page refreshes itself after an event.</summary>
    [SupplyParameterFromQuery] public string? Live { get; set; }

    /// <summary>What the redirect behind a form has to tell: <c>retry</c> or <c>absent</c>.</summary>
    [SupplyParameterFromQuery] public string? Done { get; set; }

    /// <summary>Why a look was refused: the API's code.</summary>
    [SupplyParameterFromQuery] public string? Refused { get; set; }

    CompletenessQuery _query = null!;
    CompletenessReport? _report;
    ApiProblem? _problem;
    IReadOnlyList<string> _sources = [];

    DateOnly Today => Looks.DayOf(Time.GetUtcNow());

    protected override async Task OnInitializedAsync()
    {
        _query = CompletenessQuery.Parse(Context.Request.Query);
        if (Live is null)
            _sources = (await Api.ListSourcesAsync(Context.RequestAborted)).Value?.Sources ?? [];
        if (_query.IsBackwards)
            return;
        var answer = await Api.GetCompletenessAsync(_query.ForApi(Looks, Today), PageSize, Looks.Zone.Id, live: Live is not null, Context.RequestAborted);
        (_report, _problem) = (answer.Value, answer.Problem);
    }

    bool MayManage => Context.User.HasClaim(PortalSessionHandler.PermissionClaim, Permission.CompletenessManage);

    // A source may have had nothing but what is missing, and one that is filtered by may have nothing any more.
    IEnumerable<string> Sources => _sources.Concat(_report?.Days.Select(d => d.Source) ?? []).Concat(_query.Source is { } source ? [source] : []).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);

    string? Told => Done switch
    {
        "retry" => "The platform looks for it now, and goes on for 24 hours.",
        "absent" => "It is marked as absent. It comes back by itself if the recording arrives after all.",
        _ => null,
    };

    string? Advice => Refused switch
    {
        null or "" => null,
        "expectation_received" => "There is nothing to look for: the recording has arrived meanwhile.",
        "source_cannot_look" => "This source sends its recordings itself, so there is no place where the platform could look.",
        "expectation_not_found" => "It is not there any more, or is not visible to you.",
        "forbidden" => "Your account does not have this right. Ask an administrator if you need it.",
        _ => "The platform cannot be reached right now. Nothing was changed; try again in a moment.",
    };
}
