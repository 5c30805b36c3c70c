using Microsoft.AspNetCore.Components;
using RecordingPlatform.Web.ApiClient;
using RecordingPlatform.Web.Shell;

namespace RecordingPlatform.Web.History;

/// <summary>Conversations that the signed-in person may see, newest first, each with all its media, filtered by the address.</summary>
public sealed partial class HistoryPage
{
    // Lines are lower than the recordings' rows: again a screen and a half.
    const int PageSize = 30;

    [Inject] PlatformApi Api { get; set; } = null!;
    [Inject] Appearance Looks { get; set; } = null!;
    [Inject] TimeProvider Time { get; set; } = null!;

    [CascadingParameter] public required HttpContext Context { get; set; }

    /// <summary>The page refreshes itself after an event.</summary>
    [SupplyParameterFromQuery] public string? Live { get; set; }

    /// <summary>The conversation whose player is open: it stays, even when newer ones push it off the page.</summary>
    [SupplyParameterFromQuery] public string? Open { get; set; }

    HistoryQuery _query = null!;
    ConversationPage? _page;
    IReadOnlyList<Conversation> _shown = [];
    ApiProblem? _problem;
    IReadOnlyList<string> _sources = [];

    protected override async Task OnInitializedAsync()
    {
        _query = HistoryQuery.Parse(Context.Request.Query);
        if (Live is null)
            _sources = (await Api.ListSourcesAsync(Context.RequestAborted)).Value?.Sources ?? [];
        if (_query.IsBackwards)
            return;
        var answer = await Api.ListConversationsAsync(_query.ForApi(Looks), PageSize, live: Live is not null, Context.RequestAborted);
        (_page, _problem) = (answer.Value, answer.Problem);
        _shown = await WithOpenAsync(_page?.Conversations ?? []);
        // The way back ends on the newest page, which has an address of its own and is full.
        if (Live is null && _query.Before is not null && _page is { PreviousCursor: null })
            Context.Response.Redirect(_query.Newest);
    }

    async Task<IReadOnlyList<Conversation>> WithOpenAsync(IReadOnlyList<Conversation> page)
    {
        if (Live is null || !Guid.TryParse(Open, out var open) || page.Any(c => c.Id == open))
            return page;
        var kept = await Api.GetConversationAsync(open, live: true, Context.RequestAborted);
        return kept.Succeeded ? [.. page.Append(kept.Value).OrderByDescending(c => c.StartedAt ?? DateTimeOffset.MinValue)] : page;
    }

    // One that is filtered by may have no conversations any more.
    IEnumerable<string> Sources => _query.Source is { } source && !_sources.Contains(source) ? [.. _sources, source] : _sources;

    string? Count => _page is null ? null
        : _page.TotalIsLowerBound == true ? $"More than {Words.Count(_page.Total)}"
        : Words.Count(_page.Total);
}
