using System.Text.Json.Nodes;

namespace RecordingPlatform.Web.ApiClient;

internal sealed partial class PlatformApi
{
    /// <summary>First those about the whole, then by their time; 403 and 410 where they are closed.</summary>
    public Task<Answer<NoteList>> GetNotesAsync(Guid recording, bool live, CancellationToken ct) =>
        GetAsync<NoteList>(WithQuery($"api/v1/recordings/{recording}/notes", Live(live)), ct);

    /// <param name="recording">What it is about.</param>
    /// <param name="text">What was written.</param>
    /// <param name="at">Seconds from the beginning; null for the whole.</param>
    /// <param name="ct">Cancels.</param>
    public Task<Answer<Note>> AddNoteAsync(Guid recording, string text, double? at, CancellationToken ct) =>
        PostAsync<Note>($"api/v1/recordings/{recording}/notes", new { text, at_seconds = at }, ct);

    /// <param name="recording">What it is about.</param>
    /// <param name="note">Which.</param>
    /// <param name="text">What it says from now on.</param>
    /// <param name="moved">Whether the time changes too.</param>
    /// <param name="at">The new time; null for the whole.</param>
    /// <param name="ct">Cancels.</param>
    public Task<Answer<Note>> ChangeNoteAsync(Guid recording, Guid note, string text, bool moved, double? at, CancellationToken ct)
    {
        var change = new JsonObject { ["text"] = text };
        // Absent and null are two things here.
        if (moved)
            change["at_seconds"] = at;
        return SendAsync<Note>(new(HttpMethod.Patch, $"api/v1/recordings/{recording}/notes/{note}") { Content = JsonContent.Create(change) }, ct);
    }

    public Task<Answer<Done>> DeleteNoteAsync(Guid recording, Guid note, CancellationToken ct) =>
        SendAsync<Done>(new(HttpMethod.Delete, $"api/v1/recordings/{recording}/notes/{note}"), ct);

    /// <summary>Null takes the title away.</summary>
    public Task<Answer<RecordingDetails>> ChangeTitleAsync(Guid recording, string? title, CancellationToken ct) =>
        SendAsync<RecordingDetails>(new(HttpMethod.Patch, $"api/v1/recordings/{recording}") { Content = JsonContent.Create(new JsonObject { ["title"] = title }) }, ct);
}

public sealed record NoteList
{
    public required IReadOnlyList<Note> Notes { get; init; }
    public bool MayAdd { get; init; }
}

public sealed record Note
{
    public required Guid Id { get; init; }
    public double? AtSeconds { get; init; }
    public required string Text { get; init; }
    public string? AuthorName { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset UpdatedAt { get; init; }
    /// <summary>edit, delete.</summary>
    public IReadOnlyList<string> Permissions { get; init; } = [];
}
