using Microsoft.AspNetCore.Components;
using RecordingPlatform.Web.ApiClient;
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
    [SupplyParameterFromQuery(Name = "q")] public string? Text { get; set; }
    [SupplyParameterFromQuery] public string? Status { get; set; }
    [SupplyParameterFromQuery] public string? From { get; set; }
    [SupplyParameterFromQuery] public string? To { get; set; }
    [SupplyParameterFromQuery] public string? Cursor { get; set; }

    /// <summary>The list refreshes itself after an event.</summary>
    [SupplyParameterFromQuery] public string? Live { get; set; }

    ListQuery _query = null!;
    RecordingPage? _page;
    ApiProblem? _problem;

    protected override async Task OnInitializedAsync()
    {
        _query = ListQuery.Parse(Text, Status, From, To, Cursor);
        if (_query.IsBackwards)
            return;
        var answer = await Api.ListRecordingsAsync(_query.ForApi(Looks), PageSize, live: Live is not null, Context.RequestAborted);
        (_page, _problem) = (answer.Value, answer.Problem);
    }

    string? Count => _page is null ? null
        : _page.TotalIsLowerBound == true ? $"More than {Words.Count(_page.Total)}"
        : Words.Count(_page.Total);
}
