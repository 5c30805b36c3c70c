using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components;
using RecordingPlatform.Web.ApiClient;
using RecordingPlatform.Web.Sessions;
using RecordingPlatform.Web.Shell;

namespace RecordingPlatform.Web.Recordings;

/// <summary>Deletes the recordings ticked in the list for one reason: each is asked for on its own, and what stays says why.</summary>
[Authorize(Permission.RecordingsDelete)]
public sealed partial class DeleteSelectionPage
{
    public const string Path = "/recordings/delete";

    /// <summary>What one request of the list can name.</summary>
    const int Most = 100;

    [Inject] PlatformApi Api { get; set; } = null!;

    [CascadingParameter] public required HttpContext Context { get; set; }
    [SupplyParameterFromQuery(Name = "ids")] public string[] Asked { get; set; } = [];
    [SupplyParameterFromQuery(Name = ReturnPath.Parameter)] public string? AskedBack { get; set; }
    [SupplyParameterFromForm(FormName = "delete-selection", Name = "ids")] public List<string>? Sent { get; set; }
    [SupplyParameterFromForm(FormName = "delete-selection", Name = ReturnPath.Parameter)] public string? SentBack { get; set; }
    [SupplyParameterFromForm(FormName = "delete-selection", Name = "reason")] public string? Reason { get; set; }

    sealed record Outcome(Guid Id, string Title, string? Failure);

    IReadOnlyList<RecordingItem> _recordings = [];
    int _unseen;
    List<Outcome>? _outcomes;
    ApiProblem? _problem;
    string? _refusal;

    string Back => ReturnPath.Checked(SentBack ?? AskedBack, ListQuery.Path);
    int Failures => _outcomes!.Count(o => o.Failure is not null);
    string Title => _outcomes is not null ? "Deleting recordings" : _recordings.Count == 0 ? "Delete recordings" : $"Delete {Words.Plural(_recordings.Count, "recording")}?";

    string Summary => (_outcomes!.Count - Failures, Failures) switch
    {
        (var deleted, 0) => $"{Words.Plural(deleted, "recording")} deleted.",
        (0, _) => "Nothing was deleted.",
        var (deleted, kept) => $"{Words.Plural(deleted, "recording")} deleted, {Words.Count(kept)} kept.",
    };

    string AgainPath => $"{Path}?{string.Join('&', _outcomes!.Where(o => o.Failure is not null).Select(o => $"ids={o.Id}"))}&{ReturnPath.Parameter}={Uri.EscapeDataString(Back)}";

    protected override async Task OnInitializedAsync()
    {
        List<Guid> ids = [.. (Sent ?? [.. Asked]).Select(id => Guid.TryParse(id, out var parsed) ? parsed : (Guid?)null).OfType<Guid>().Distinct().Take(Most)];
        if (ids.Count == 0)
            return;
        var answer = await Api.ListRecordingsAsync(new RecordingFilter { Ids = ids }, Most, live: false, Context.RequestAborted);
        (_recordings, _problem) = (answer.Value?.Recordings ?? [], answer.Problem);
        _unseen = ids.Count - _recordings.Count;
    }

    async Task DeleteAsync()
    {
        if (_problem is not null || _recordings.Count == 0)
            return;
        if (string.IsNullOrWhiteSpace(Reason))
        {
            Context.Response.StatusCode = StatusCodes.Status400BadRequest;
            _refusal = "Say why, in a few words.";
            return;
        }
        var outcomes = new List<Outcome>();
        foreach (var recording in _recordings)
        {
            var answer = await Api.DeleteRecordingAsync(recording.Id, Reason.Trim(), Context.RequestAborted);
            outcomes.Add(new(recording.Id, Naming.Title(recording), answer.Succeeded ? null : answer.Problem switch
            {
                { IsTemporary: true } => "The platform could not be reached. It was not deleted; try again in a moment.",
                { Status: StatusCodes.Status403Forbidden } => "Your account may not delete this recording.",
                { Detail: { } detail } => detail,
                var other => $"The deletion was refused ({other.Code}).",
            }));
        }
        _outcomes = outcomes;
    }
}
