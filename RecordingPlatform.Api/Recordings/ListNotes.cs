using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Api.Http;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Audit;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Recordings;

namespace RecordingPlatform.Api.Recordings;

/// <summary>What was written about a recording: first about the whole, then in the order of its time.</summary>
internal sealed class ListNotes : IEndpoint
{
    public sealed record Response
    {
        public required IReadOnlyList<NoteItem> Notes { get; init; }
        /// <summary>Whether this caller may add one.</summary>
        public required bool MayAdd { get; init; }
    }

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/api/v1/recordings/{recordingId:guid}/notes", HandleAsync).RequirePermission(Permission.NotesRead)
        .Answers(404, "recording_not_found")
        .Answers(410, "recording_deleted");

    static async Task<Results<Ok<Response>, Forbidden, NotFound, Gone>> HandleAsync(
        Guid recordingId, bool? live, RecordingDb db, RecordingNotes notes, ViewTrail views, Caller caller, CancellationToken ct)
    {
        var recording = await db.Recordings.AsNoTracking().VisibleTo(caller).SingleOrDefaultAsync(r => r.Id == recordingId, ct);
        if (recording is null)
            return NotFound.Recording;
        if (recording.DeletedAt is not null)
            return Gone.Recording;
        if (await notes.ReadAsync(recording, caller, ct) is not { } found)
            return NoteRefusals.Closed;
        await views.RecordAsync(AuditAction.NotesListed, caller, recordingId.ToString(), live == true, ct, AuditTarget.Of(recording), new { shown = found.Count });
        var writes = caller.May(Permission.NotesWrite) && await db.Recordings.VisibleByRole(caller).Where(RecordingNotes.OpenTo(caller)).AnyAsync(r => r.Id == recordingId, ct);
        return TypedResults.Ok(new Response { Notes = await NoteItem.OfAsync(db, found, caller, writes, ct), MayAdd = writes });
    }
}
