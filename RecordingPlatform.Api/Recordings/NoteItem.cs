using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Api.Http;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Recordings;

namespace RecordingPlatform.Api.Recordings;

/// <summary>A note as its readers get it.</summary>
internal sealed record NoteItem
{
    public required Guid Id { get; init; }
    /// <summary>From the beginning of the recording; null when the note is about the whole.</summary>
    public double? AtSeconds { get; init; }
    public required string Text { get; init; }
    public Guid? AuthorId { get; init; }
    /// <summary>A person's or a key's; null once the account is gone.</summary>
    public string? AuthorName { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    /// <summary>Later than created_at once it was changed.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }
    /// <summary>What this caller may do with it: edit, delete.</summary>
    public required IReadOnlyList<string> Permissions { get; init; }

    public static async Task<IReadOnlyList<NoteItem>> OfAsync(RecordingDb db, IReadOnlyList<RecordingNote> notes, Caller caller, bool open, CancellationToken ct)
    {
        var users = notes.Select(n => n.AuthorUserId).OfType<Guid>().Distinct().ToList();
        var keys = notes.Select(n => n.AuthorKeyId).OfType<Guid>().Distinct().ToList();
        var names = users.Count == 0 ? [] : await db.Users.AsNoTracking().Where(u => users.Contains(u.Id)).ToDictionaryAsync(u => u.Id, u => u.DisplayName ?? u.Email, ct);
        if (keys.Count > 0)
        {
            foreach (var key in await db.ApiKeys.AsNoTracking().Where(k => keys.Contains(k.Id)).Select(k => new { k.Id, k.Name }).ToListAsync(ct))
                names[key.Id] = key.Name;
        }
        return [.. notes.Select(note => new NoteItem
        {
            Id = note.Id,
            AtSeconds = note.AtSeconds,
            Text = note.Text,
            AuthorId = note.AuthorUserId ?? note.AuthorKeyId,
            AuthorName = (note.AuthorUserId ?? note.AuthorKeyId) is { } author ? names.GetValueOrDefault(author) : null,
            CreatedAt = note.CreatedAt,
            UpdatedAt = note.UpdatedAt,
            Permissions = open ? [.. PermissionsOf(note, caller)] : [],
        })];
    }

    static IEnumerable<string> PermissionsOf(RecordingNote note, Caller caller)
    {
        var own = caller.May(Permission.NotesWrite) && RecordingNotes.IsOf(note, caller);
        if (own)
            yield return "edit";
        if (own || caller.May(Permission.NotesDelete))
            yield return "delete";
    }
}

/// <summary>What keeps a note from being written, as an answer.</summary>
internal static class NoteRefusals
{
    public static readonly Forbidden Closed = new("forbidden", "The notes of this recording are not open to you.");
    public static readonly Forbidden NotYours = new("not_your_note", "Only its author may change a note; taking it away also needs notes.delete.");
    public static readonly NotFound NoNote = new("note_not_found", "There is no such note on this recording.");
    public static readonly Conflict Deleted = new("recording_deleted", "The recording was deleted; nothing is written beside it any more.");
    public static readonly Conflict Full = new("notes_full", $"A recording holds at most {RecordingNote.MaxPerRecording} notes.");
    public static readonly BadRequest Outside = new("time_outside", "at_seconds lies outside of the recording, or its length is not known yet.");

    /// <summary>Null when it can be written.</summary>
    public static BadRequest? OfText(string text)
    {
        if (text.Trim().Length is 0 or > RecordingNote.MaxTextLength)
            return new("text_length", $"A note has 1 to {RecordingNote.MaxTextLength} characters.");
        // PostgreSQL's text cannot hold it, and nobody types it.
        return text.Contains('\0', StringComparison.Ordinal) ? new("text_invalid", "A note cannot hold a NUL character.") : null;
    }
}
