using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Audit;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Events;

namespace RecordingPlatform.Core.Recordings;

/// <summary>What a person may write on a recording. A field that is not given stays; a given null clears it.</summary>
public sealed record RecordingChange
{
    public const int MaxTitleLength = 300;
    public const int MaxNotesLength = 20_000;

    public required bool TitleGiven { get; init; }
    public string? Title { get; init; }
    public required bool NotesGiven { get; init; }
    public string? Notes { get; init; }
}

public enum ChangeResult
{
    /// <summary>Also when everything was so already: then nothing is written.</summary>
    Changed,
    NotFound,
    /// <summary>Only a grant shows it to this caller, and a grant gives no right to edit.</summary>
    OnlyGranted,
    Deleted,
}

/// <summary>Writes title and notes, with audit row and event, in one transaction.</summary>
public sealed class RecordingChanges(RecordingDb db, AuditTrail audit)
{
    public async Task<ChangeResult> ApplyAsync(Guid recordingId, RecordingChange change, Caller caller, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        if (!await db.Recordings.VisibleTo(caller).AnyAsync(r => r.Id == recordingId, ct)
            || await db.LockForChangeAsync(recordingId, ct) is not { } recording)
            return ChangeResult.NotFound;
        if (!await db.Recordings.VisibleByRole(caller).AnyAsync(r => r.Id == recordingId, ct))
            return ChangeResult.OnlyGranted;
        if (recording.DeletedAt is not null)
            return ChangeResult.Deleted;
        var changed = new List<string>();
        if (change.TitleGiven && change.Title != recording.Title)
        {
            recording.Title = change.Title;
            changed.Add("title");
        }
        if (change.NotesGiven && change.Notes != recording.Notes)
        {
            recording.Notes = change.Notes;
            changed.Add("notes");
        }
        if (changed.Count == 0)
            return ChangeResult.Changed;
        recording.UpdatedAt = await db.NowAsync(ct);
        recording.RowVersion++;
        db.Events.Add(new EventRow { Kind = "recording.changed", RecordingId = recordingId, ConversationId = recording.ConversationId });
        // Which fields, never what they say: titles and notes name people, and the log is kept longer than they are.
        await audit.RecordAsync(AuditAction.RecordingChanged, caller, ct, AuditTarget.Of(recording), new { changed });
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        return ChangeResult.Changed;
    }
}
