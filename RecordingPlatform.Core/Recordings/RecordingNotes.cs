using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Audit;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Events;

namespace RecordingPlatform.Core.Recordings;

public enum NoteOutcome
{
    /// <summary>Also when everything was so already: then nothing is written.</summary>
    Done,
    /// <summary>No such recording, or not visible to this caller.</summary>
    NoRecording,
    /// <summary>No such note on it, or not visible to this caller.</summary>
    NoNote,
    /// <summary>The recording is not theirs to hear, is shown to them by a grant alone, or is about them.</summary>
    Closed,
    NotTheirs,
    Deleted,
    OutsideRecording,
    Full,
}

/// <param name="Outcome">What came of it.</param>
/// <param name="Note">The note as it is now, when it was done and is still there.</param>
public readonly record struct NoteResult(NoteOutcome Outcome, RecordingNote? Note = null);

/// <summary>Which fields of a note change. One that is not given stays.</summary>
public sealed record NoteChange
{
    public string? Text { get; init; }
    public required bool AtGiven { get; init; }
    public double? AtSeconds { get; init; }
}

/// <summary>
/// Writes notes, each with audit row and event in one transaction. Notes tell what was said: whoever may not hear a recording
/// does not read them, and the person it is about sees none but their own (RIGHTS.md).
/// </summary>
public sealed class RecordingNotes(RecordingDb db, AuditTrail audit)
{
    /// <summary>The one kind of event for all changes of notes; listeners read what they may see.</summary>
    public const string Changed = "recording.notes_changed";

    /// <summary>The recordings whose notes by others the caller may know of, of those that they see.</summary>
    public static Expression<Func<Recording, bool>> OpenTo(Caller caller)
    {
        // Never the null of recordings that are about nobody, nor of keys.
        var user = caller.UserId ?? Guid.Empty;
        return r => r.Subject == null || r.Subject.UserId == null || r.Subject.UserId != user;
    }

    /// <summary>The notes of one recording that this caller may read, in the order of the recording; null when it is closed to them.</summary>
    public async Task<IReadOnlyList<RecordingNote>?> ReadAsync(Recording recording, Caller caller, CancellationToken ct)
    {
        if (!(await RecordingRights.OfAsync(db, caller, recording, ct)).Play)
        {
            await audit.RecordAsync(AuditAction.NotesListed, caller, ct, AuditTarget.Of(recording), outcome: AuditOutcome.Denied);
            await db.SaveChangesAsync(ct);
            return null;
        }
        return await Visible(recording.Id, caller).AsNoTracking().OrderBy(n => n.AtSeconds != null).ThenBy(n => n.AtSeconds).ThenBy(n => n.Id).ToListAsync(ct);
    }

    public async Task<NoteResult> AddAsync(Guid recordingId, string text, double? atSeconds, Caller caller, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var (found, recording) = await LockAsync(recordingId, caller, ct);
        if (found != NoteOutcome.Done)
            return await RefuseAsync(found, AuditAction.NoteAdded, recording, null, caller, ct);
        if (!Fits(atSeconds, recording))
            return new(NoteOutcome.OutsideRecording);
        if (await db.RecordingNotes.CountAsync(n => n.RecordingId == recordingId, ct) >= RecordingNote.MaxPerRecording)
            return new(NoteOutcome.Full);
        var now = await db.NowAsync(ct);
        var note = new RecordingNote
        {
            Id = Guid.CreateVersion7(),
            RecordingId = recordingId,
            AuthorUserId = caller.UserId,
            AuthorKeyId = caller.ApiKeyId,
            AtSeconds = Milliseconds(atSeconds),
            Text = text,
            CreatedAt = now,
            UpdatedAt = now,
        };
        db.RecordingNotes.Add(note);
        await SaveAsync(AuditAction.NoteAdded, recording, note, caller, ct);
        await transaction.CommitAsync(ct);
        return new(NoteOutcome.Done, note);
    }

    /// <summary>Nobody rewrites what somebody else wrote.</summary>
    public async Task<NoteResult> ChangeAsync(Guid recordingId, Guid noteId, NoteChange change, Caller caller, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var (found, recording) = await LockAsync(recordingId, caller, ct);
        if (found != NoteOutcome.Done)
            return await RefuseAsync(found, AuditAction.NoteChanged, recording, null, caller, ct);
        if (await Visible(recordingId, caller).SingleOrDefaultAsync(n => n.Id == noteId, ct) is not { } note)
            return new(NoteOutcome.NoNote);
        if (!IsOf(note, caller))
            return await RefuseAsync(NoteOutcome.NotTheirs, AuditAction.NoteChanged, recording, note, caller, ct);
        if (change.AtGiven && !Fits(change.AtSeconds, recording))
            return new(NoteOutcome.OutsideRecording);
        var (text, at) = (change.Text ?? note.Text, change.AtGiven ? Milliseconds(change.AtSeconds) : note.AtSeconds);
        if (text == note.Text && at == note.AtSeconds)
            return new(NoteOutcome.Done, note);
        (note.Text, note.AtSeconds, note.UpdatedAt) = (text, at, await db.NowAsync(ct));
        await SaveAsync(AuditAction.NoteChanged, recording, note, caller, ct);
        await transaction.CommitAsync(ct);
        return new(NoteOutcome.Done, note);
    }

    /// <summary>One's own, or anybody's with the permission for it.</summary>
    public async Task<NoteResult> RemoveAsync(Guid recordingId, Guid noteId, Caller caller, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var (found, recording) = await LockAsync(recordingId, caller, ct);
        if (found != NoteOutcome.Done)
            return await RefuseAsync(found, AuditAction.NoteDeleted, recording, null, caller, ct);
        if (await Visible(recordingId, caller).SingleOrDefaultAsync(n => n.Id == noteId, ct) is not { } note)
            return new(NoteOutcome.NoNote);
        if (!IsOf(note, caller) && !caller.May(Permission.NotesDelete))
            return await RefuseAsync(NoteOutcome.NotTheirs, AuditAction.NoteDeleted, recording, note, caller, ct);
        db.RecordingNotes.Remove(note);
        await SaveAsync(AuditAction.NoteDeleted, recording, note, caller, ct);
        await transaction.CommitAsync(ct);
        return new(NoteOutcome.Done);
    }

    public static bool IsOf(RecordingNote note, Caller caller) =>
        caller.UserId is { } user ? note.AuthorUserId == user : caller.ApiKeyId is { } key && note.AuthorKeyId == key;

    IQueryable<RecordingNote> Visible(Guid recordingId, Caller caller)
    {
        var (user, key) = (caller.UserId, caller.ApiKeyId);
        return db.RecordingNotes.Where(n => n.RecordingId == recordingId
            && (db.Recordings.Where(OpenTo(caller)).Any(r => r.Id == recordingId) || (user != null && n.AuthorUserId == user) || (key != null && n.AuthorKeyId == key)));
    }

    /// <summary>The recording under its lock, and whether the caller may write beside it. Without a recording there is none for them.</summary>
    async Task<(NoteOutcome Found, Recording Recording)> LockAsync(Guid recordingId, Caller caller, CancellationToken ct)
    {
        if (!await db.Recordings.VisibleTo(caller).AnyAsync(r => r.Id == recordingId, ct) || await db.LockForChangeAsync(recordingId, ct) is not { } recording)
            return (NoteOutcome.NoRecording, null!);
        if (!await db.Recordings.VisibleByRole(caller).Where(OpenTo(caller)).AnyAsync(r => r.Id == recordingId, ct)
            || !(await RecordingRights.OfAsync(db, caller, recording, ct)).Play)
            return (NoteOutcome.Closed, recording);
        return (recording.DeletedAt is null ? NoteOutcome.Done : NoteOutcome.Deleted, recording);
    }

    static bool Fits(double? atSeconds, Recording recording) =>
        atSeconds is not { } at || (at >= 0 && recording.Duration is { } length && at <= length.TotalSeconds);

    static double? Milliseconds(double? seconds) => seconds is { } value ? Math.Round(value, 3) : null;

    // Who tried what is not theirs is on record; the transaction holds nothing else.
    async Task<NoteResult> RefuseAsync(NoteOutcome outcome, AuditAction action, Recording recording, RecordingNote? note, Caller caller, CancellationToken ct)
    {
        if (outcome is NoteOutcome.Closed or NoteOutcome.NotTheirs)
        {
            await audit.RecordAsync(action, caller, ct, AuditTarget.Of(recording) with { Kind = note is null ? null : "note", Id = note?.Id }, outcome: AuditOutcome.Denied);
            await db.SaveChangesAsync(ct);
            await db.Database.CurrentTransaction!.CommitAsync(ct);
        }
        return new(outcome);
    }

    async Task SaveAsync(AuditAction action, Recording recording, RecordingNote note, Caller caller, CancellationToken ct)
    {
        db.Events.Add(new EventRow { Kind = Changed, RecordingId = recording.Id, ConversationId = recording.ConversationId });
        // Never what it says: the log is kept longer than the note.
        await audit.RecordAsync(action, caller, ct, AuditTarget.Of(recording) with { Kind = "note", Id = note.Id }, new { at_seconds = note.AtSeconds });
        await db.SaveChangesAsync(ct);
    }
}
